"""The form of a new batch: options from parameters, words at their fields, nothing lost."""

import re
from enum import Enum
from typing import Any, Literal

import pytest
from asgiref.sync import sync_to_async
from django import forms
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.test import AsyncClient, Client
from pydantic import BaseModel, Field

from adminapp.console.options import OptionsForm
from batches.models import Batch, Domain
from batches.operation import Context, Operation, Result, operations
from tests.integration.running import create
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db

LIMITS = {
    "concurrency": 20,
    "max_attempts": 3,
    "backoff_seconds": 2,
    "timeout_seconds": 60,
    "priority": 0,
    "canary_size": 0,
    "canary_percent": 5,
}


class Depth(Enum):
    SHALLOW = 1
    DEEP = 2


class EveryKind(BaseModel):
    needed: str = Field(title="What for", description="In one word.", max_length=5)
    count: int = Field(3, gt=0, le=9)
    share: float = Field(0.5, ge=0, lt=1)
    polite: bool = True
    size: Literal[1, 2] = 1
    depth: Depth = Depth.DEEP
    most: int | None = Field(None, ge=10)
    way: Literal["up", "down"] | None = None
    sure: bool | None = None


class Everything(Operation[EveryKind]):
    slug = "everything"
    title = "Everything"
    description = "A parameter of each kind."
    params = EveryKind

    async def run(self, target: str, params: EveryKind, context: Context) -> Result:
        return Result()


@pytest.fixture(autouse=True)
def one_more_operation(settings: LazySettings, more_operations: None) -> None:
    settings.OPERATIONS = [*settings.OPERATIONS, f"{__name__}.Everything"]
    operations.cache_clear()


def post(client: Client, **fields: Any) -> HttpResponse:
    entered = {"operation": "checksum", "text": "a\nb", **LIMITS, **fields}
    response: HttpResponse = client.post("/batches/new/", entered)  # type: ignore[assignment]
    return response


def marked(response: HttpResponse) -> dict[str, str]:
    """The names of the marked fields, with the words at each."""
    assert response.status_code == 422
    fields = re.findall(
        r'<div class="field wrong">(.*?)\n</div>', response.content.decode(), re.DOTALL
    )
    names = [re.search(r' name="([^"]+)"', field) for field in fields]
    words = [re.findall(r'class="error">([^<]*)<', field) for field in fields]
    return {name[1]: " ".join(said) for name, said in zip(names, words, strict=True) if name}


def everything(**entered: str) -> OptionsForm:
    data = {f"everything-{name}": value for name, value in entered.items()}
    return OptionsForm(Everything(), data, chosen=True)


def test_every_kind_of_parameter_has_a_field_that_fits() -> None:
    fields = OptionsForm(Everything(), None, chosen=False).fields
    kinds = {name: type(field) for name, field in fields.items()}
    assert kinds == {
        "needed": forms.CharField,
        "count": forms.IntegerField,
        "share": forms.FloatField,
        "polite": forms.BooleanField,
        "size": forms.TypedChoiceField,
        "depth": forms.TypedChoiceField,
        "most": forms.IntegerField,
        "way": forms.TypedChoiceField,
        "sure": forms.TypedChoiceField,
    }
    assert (fields["needed"].label, fields["needed"].help_text) == ("What for", "In one word.")
    assert [name for name, field in fields.items() if field.required] == ["needed"]


def test_what_is_entered_is_what_the_operation_is_given() -> None:
    form = everything(
        needed="tea", count="9", share="0.25", size="2", depth="1", way="up", sure="False"
    )
    assert form.is_valid(), form.errors
    params = EveryKind.model_validate(form.params())
    assert params.model_dump() == {
        "needed": "tea", "count": 9, "share": 0.25, "polite": False, "size": 2,
        "depth": Depth.SHALLOW, "most": None, "way": "up", "sure": False,
    }  # fmt: skip


def test_what_is_left_empty_has_its_default() -> None:
    form = everything(needed="tea", polite="on")
    assert form.is_valid(), form.errors
    assert EveryKind.model_validate(form.params()) == EveryKind(needed="tea")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", "0"),
        ("count", "10"),
        ("share", "1.5"),
        ("size", "3"),
        ("most", "9"),
        ("needed", ""),
    ],
)
def test_out_of_range_is_marked_at_the_field(field: str, value: str) -> None:
    entered = {f"everything-{name}": text for name, text in {"needed": "tea", field: value}.items()}
    response = post(signed_in("operator"), operation="everything", **entered)
    assert list(marked(response)) == [f"everything-{field}"]
    assert not Batch.objects.exists()


def test_what_only_the_operation_can_check_is_marked_too() -> None:
    response = post(
        signed_in("operator"), operation="everything", **{"everything-needed": "coffee"}
    )
    assert marked(response) == {"everything-needed": "String should have at most 5 characters."}


def test_options_of_another_operation_do_not_refuse_the_form() -> None:
    client = signed_in("operator")
    assert post(client, **{"page_scan-max_redirects": "999"}).status_code == 302
    response = post(client, text="", **{"page_scan-max_redirects": "999"})
    assert list(marked(response)) == ["text"]
    # Whoever goes back to that operation finds what they had entered.
    assert 'name="page_scan-max_redirects" value="999"' in response.content.decode()


def test_all_that_is_wrong_is_said_at_once() -> None:
    response = post(signed_in("operator"), text="", concurrency=0, **{"checksum-delay_ms": -1})
    assert set(marked(response)) == {"text", "concurrency", "checksum-delay_ms"}
    assert re.search(r'<details class="card" open>\s*<summary>Limits', response.content.decode())


def test_a_list_without_a_usable_line_is_shown_line_by_line() -> None:
    response = post(signed_in("operator"), operation="page_scan", text="not a site\n\n???")
    assert "None of the 2 lines can be used" in marked(response)["text"]
    html = response.content.decode()
    assert "Lines that were left out" in html
    assert ">\nnot a site\n\n???</textarea>" in html


def test_a_column_is_chosen_by_name_or_number() -> None:
    client = signed_in("operator")
    for column in ("Home page", "2"):
        upload = SimpleUploadedFile("firms.csv", b"Name;Home page\nAda;one\nBob;two\n")
        assert post(client, text="", file=upload, column=column).status_code == 302
    upload = SimpleUploadedFile("firms.csv", b"Name;Home page\nAda;one\n")
    assert "“Name”, “Home page”" in marked(post(client, text="", file=upload))["column"]


def test_a_name_in_the_file_is_not_markup() -> None:
    upload = SimpleUploadedFile("x.csv", b"<b>a</b>;<i>b</i>\n1;2\n")
    response = post(signed_in("operator"), text="", file=upload, column="<script>")
    assert "<script>" not in response.content.decode().split("</head>")[1].replace(
        "<script src", ""
    )
    assert "<b>a" not in response.content.decode()


def test_the_sample_sites_are_one_click(settings: LazySettings) -> None:
    client = signed_in("operator")
    assert client.post("/batches/new/", {"demo": "1"}).status_code == 422
    settings.DEMO_TARGETS = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]
    assert client.post("/batches/new/", {"demo": "1"}).status_code == 302
    assert Batch.objects.get().state == "queued"


def test_who_scans_without_an_address_to_write_to_is_told(settings: LazySettings) -> None:
    client = signed_in("operator")
    told = "set CONSOLE_CONTACT_URL"
    page = client.get("/batches/new/").content.decode()
    fieldsets = re.findall(r'data-options="(\w+)">(.*?)</fieldset>', page, re.DOTALL)
    assert {slug for slug, shown in fieldsets if told in shown} == {
        slug for slug, operation in operations().items() if operation.noun == "site"
    }
    assert "checksum" in dict(fieldsets)
    settings.CONSOLE_CONTACT_URL = "https://example.com/who"
    assert told not in client.get("/batches/new/").content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_viewers_are_told_that_they_may_not(method: str) -> None:
    response = getattr(signed_in("viewer"), method)("/batches/new/")
    assert response.status_code == 403
    assert "Your role may not create and start batches." in response.content.decode()


@pytest.mark.django_db(transaction=True)
async def test_rejects_stream_as_csv() -> None:
    batch = await sync_to_async(create)("checksum", ["a", "a", "=1+1", "=1+1"])
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(user)("viewer"))
    response = await client.get(f"/batches/{batch.pk}/rejects.csv")
    assert response.streaming
    body = b"".join([part async for part in response.streaming_content]).decode()  # type: ignore[attr-defined]
    assert body.splitlines() == [
        "line,kind,text,reason",
        "2,duplicate,a,the same as line 1",
        "4,duplicate,'=1+1,the same as line 3",
    ]
    # That of the thread in which Django's synchronous code has run.
    await sync_to_async(connections.close_all)()


@pytest.fixture
def sites() -> None:
    for name, verdict in (("a.de", "selected"), ("b.de", "selected"), ("c.de", "new")):
        Domain.objects.create(name=name, verdict=verdict)


@pytest.mark.usefixtures("sites")
def test_a_batch_of_what_a_list_shows_with_options_of_its_own() -> None:
    client = signed_in("operator")
    html = client.get("/batches/new/?of=domains&verdict=selected&operation=email_scan")
    page = html.content.decode()
    assert "2 domains" in page
    assert 'value="email_scan" id="id_operation_2" checked' in page.replace(" required", "")
    assert 'value="checksum"' not in page
    assert "<textarea" not in page
    hidden = dict(re.findall(r'<input type="hidden" name="(of|verdict)" value="([^"]*)">', page))
    given = {
        **LIMITS,
        **hidden,
        "operation": "email_scan",
        "email_scan-max_pages": 3,
        "name": "Ours",
    }
    given |= {
        "email_scan-kinds": "role",
        "email_scan-timeout_seconds": 9,
        "email_scan-site_seconds": 40,
    }
    assert client.post("/batches/new/", given).status_code == 302
    batch = Batch.objects.get()
    assert (batch.name, batch.state, batch.total) == ("Ours", "draft", 2)
    assert (batch.params["max_pages"], batch.params["kinds"]) == (3, "role")
    assert sorted(batch.items.values_list("target", flat=True)) == ["a.de", "b.de"]


@pytest.mark.usefixtures("sites")
def test_a_list_that_shows_nothing_is_refused_with_what_was_entered() -> None:
    client = signed_in("operator")
    given = {**LIMITS, "operation": "sitemap_scan", "of": "domains", "verdict": "archived"}
    given |= {"sitemap_scan-max_files": 7, "sitemap_scan-max_urls": 5, "sitemap_scan-max_depth": 1}
    given |= {"sitemap_scan-timeout_seconds": 9, "sitemap_scan-site_seconds": 40}
    response = client.post("/batches/new/", given)
    assert response.status_code == 422
    page = response.content.decode()
    assert "No domain matches: there is nothing to start." in page
    assert 'name="sitemap_scan-max_files" value="7"' in page
    assert not Batch.objects.exists()


def test_only_who_may_judge_starts_with_what_was_found() -> None:
    person = user("operator")
    person.groups.clear()
    person.user_permissions.add(Permission.objects.get(codename="add_batch"))
    client = Client()
    client.force_login(person)
    assert client.get("/batches/new/").status_code == 200
    assert client.get("/batches/new/?of=domains").status_code == 403
    assert client.post("/batches/new/", {"of": "domains"}).status_code == 403
