"""What the API says while a batch runs, and that every address it gives leads somewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from adminapp.api import schemas
from tests.callers import Api
from tests.integration.running import counts, create, started, until
from tests.people import user
from tests.sites import Said, site


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("operation", ["page_scan", "email_scan"])
def test_a_batch_that_is_half_done_is_told_as_it_is(settings: LazySettings, operation: str) -> None:
    api = Api("viewer")
    with site(settings, {"/": "<title>One</title>", "/late": Said(seconds=25)}) as shop:
        batch = started(operation, [f"{shop.base}/", f"{shop.base}/late", f"{shop.base}/none"])
        until(lambda: set(counts(batch)) == {"succeeded", "pending", "failed"}, "two of three")
        said = [api("GET", f"/batches/{batch.pk}{path}") for path in ("", "/items", "/items/1")]
        _, listed = api("GET", "/batches?state=running")
    assert [status for status, _ in said] == [200, 200, 200]
    batch_said, items, late = (found for _, found in said)
    assert schemas.Batch.model_validate(batch_said).state == "running"
    assert batch_said["finished_at"] is None
    page = schemas.ItemPage.model_validate(items)
    assert [item.state for item in page.items] == ["succeeded", "pending", "failed"]
    assert [type(item.result) for item in page.items] == [dict, type(None), type(None)]
    assert schemas.ItemDetail.model_validate(late).attempts_made == []
    assert [row.id for row in schemas.BatchPage.model_validate(listed).batches] == [batch.pk]


def addresses(found: Any) -> Iterator[str]:
    """Of the API itself, wherever in an answer."""
    if isinstance(found, str) and found.startswith(("/", "http://testserver")):
        yield found
    for part in (
        found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    ):
        yield from addresses(part)


@pytest.mark.django_db
def test_every_address_that_is_given_leads_somewhere() -> None:
    api = Api("staff")
    asked = {"operation": "checksum", "targets": ["a", "b", "a", ""], "start": True}
    response = api.client.post(
        "/api/v1/batches", asked, content_type="application/json", headers=api.headers
    )
    given = [*addresses(response.json()), *filter(None, [response.headers.get("Location")])]
    assert response.json()["preflight"]["rejects_url"] in given
    for address in given:
        assert api.client.get(address, headers=api.headers).status_code == 200, address


@pytest.mark.django_db
def test_every_question_in_the_schema_is_answered() -> None:
    api = Api("admin")
    batch = create("checksum", 3, user=user("admin"))
    known = {"batch_id": str(batch.pk), "seq": "0"}
    paths = Client().get("/api/v1/openapi.json").json()["paths"]
    asked = [path.format(**known) for path, verbs in paths.items() if "get" in verbs
             and {name["name"] for name in verbs["get"].get("parameters", ()) if name["in"] == "path"}
             <= known.keys()]  # fmt: skip
    assert f"/api/v1/batches/{batch.pk}/items/0" in asked
    for path in asked:
        assert api.client.get(path, headers=api.headers).status_code == 200, path
