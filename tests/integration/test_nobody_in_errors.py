"""What went wrong is told without the address of anybody: it is not looked for there when somebody asks not to be listed."""

from typing import Any

import pytest
from django.conf import LazySettings
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from batches.models import Attempt, Domain, FailureGroup, Item, Scan
from dbcompat import loop
from dbcompat.sessions import get_background_session
from tests.integration.running import counts, finished, started
from tests.sites import Said, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

MODELS: tuple[Any, ...] = Attempt, Domain, FailureGroup, Scan, Item


@pytest.mark.parametrize("operation", ["page_scan", "email_scan", "sitemap_scan"])
@pytest.mark.parametrize("to", ["mailto:jo@vogt.de", "http://[jo%40vogt.de", "foo:jo [at] vogt.de"])
def test_nobody_is_named_where_a_redirect_leads_to(
    settings: LazySettings, operation: str, to: str
) -> None:
    with site(settings, {"/": Said("", 302, {"Location": to})}) as web:
        batch = finished(started(operation, [web.base]))
    assert counts(batch) == {"failed": 1}
    error = batch.items.get().error
    assert error.startswith("Redirected to an address that can't be followed: ")
    assert "\u2026" in error
    assert Attempt.objects.get().message == error
    assert "Traceback" in Attempt.objects.get().trace
    told = str([list(model.objects.values()) for model in MODELS])
    assert "vogt" not in told


async def failed() -> None:
    async with get_background_session() as session:
        await session.execute(text("SELECT 1 / 0 WHERE :who <> ''"), {"who": "jo@vogt.de"})


def test_nobody_is_named_by_an_error_of_the_database() -> None:
    with pytest.raises(DBAPIError, match="division by zero") as error:
        loop.run(failed, timeout=10)
    assert "vogt" not in str(error.value)
