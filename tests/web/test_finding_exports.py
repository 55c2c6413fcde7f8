"""What was found, as files."""

import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from batches.models import (
    Batch,
    Domain,
)
from tests.finds import DETAILS, KINDS, sitemap_of, two_sites
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found() -> None:
    two_sites()


async def downloaded(path: str) -> bytes:
    """In whole, as a viewer's browser gets it."""
    cookies = await sync_to_async(lambda: signed_in("viewer").cookies)()
    client = AsyncClient()
    client.cookies = cookies
    response: Any = await client.get(path)
    body = b"".join([part async for part in response])
    # Those of the thread in which Django's synchronous code has run.
    await sync_to_async(connections.close_all)()
    return body


@pytest.mark.django_db(transaction=True)
class TestExports:
    async def test_csv_and_ndjson_hold_what_matches(self) -> None:
        await Domain.objects.filter(name="a.de").aupdate(
            verdict_by=await sync_to_async(user)("operator")
        )
        body = await downloaded("/domains/export/?technology=WordPress&sort=scanned")
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        assert [row["name"] for row in rows] == ["a.de", "b.de"]
        assert rows[0]["emails"] == '["info@a.de"]'
        assert [row["verdict_by"] for row in rows] == ["operator", ""]
        lines = (await downloaded("/contacts/export/?format=ndjson")).splitlines()
        assert {json.loads(line)["address"] for line in lines} == {"info@a.de", "info@b.de"}

    async def test_a_formula_is_text_in_a_spreadsheet(self) -> None:
        await Domain.objects.filter(name="a.de").aupdate(title="=cmd|'/c calc'!A1")
        assert b"'=cmd|" in await downloaded("/domains/export/?q=a.de")

    @pytest.mark.parametrize("kind", KINDS)
    async def test_parquet_has_types(self, kind: str) -> None:
        body = await downloaded(f"/{kind}/export/?format=parquet")
        table = pq.read_table(io.BytesIO(body))
        assert table.num_rows == (3 if kind == "domains" else 2)
        assert str(table.schema.field("first_seen_at").type) == "timestamp[us, tz=UTC]"

    async def test_parquet_of_nothing_still_names_its_columns(self) -> None:
        body = await downloaded("/domains/export/?format=parquet&q=zzz")
        table = pq.read_table(io.BytesIO(body))
        assert table.num_rows == 0
        assert "name" in table.column_names

    async def test_a_batch_is_had_as_parquet(self) -> None:
        batch = await Batch.objects.acreate(name="B", operation="page_scan", total=1)
        values = {"line": 1, "target": "a.de", "state": "succeeded", "result": {"title": "T"}}
        await batch.items.acreate(seq=0, **values)
        body = await downloaded(f"/batches/{batch.pk}/export/?format=parquet")
        (row,) = pq.read_table(io.BytesIO(body)).to_pylist()
        assert (row["seq"], row["target"], row["result"]) == (0, "a.de", '{"title": "T"}')

    async def test_the_pages_of_a_sitemap(self) -> None:
        path = f"{await sync_to_async(sitemap_of)(DETAILS, 'product')}export/"
        lines = [
            json.loads(line) for line in (await downloaded(f"{path}?format=ndjson")).splitlines()
        ]
        assert {line["url"]: line["details"] for line in lines} == {
            "https://a.de/1": None,
            "https://a.de/2": DETAILS,
        }
        rows = list(
            csv.DictReader(io.StringIO((await downloaded(f"{path}?type=product")).decode()))
        )
        assert [(row["url"], json.loads(row["details"])) for row in rows] == [
            ("https://a.de/2", DETAILS)
        ]
        table = pq.read_table(io.BytesIO(await downloaded(f"{path}?format=parquet")))
        assert table.num_rows == 2
        assert {"url", "page_type", "details", "lastmod"} <= set(table.column_names)
        assert not {"digest", "sitemap_id", "pk"} & set(table.column_names)
