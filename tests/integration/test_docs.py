"""What the docs say works is run here, word for word."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import RequestFactory
from sqlalchemy import text

from batches import lifecycle
from batches.findings import KINDS
from batches.models import Verdict
from batches.operation import operations
from dbcompat import loop
from dbcompat.loop import AtomicHandoff
from dbcompat.sessions import get_background_session
from tests.integration.running import create, finished, until

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


def code_of(document: str) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / document).read_text(), re.DOTALL)
    return str(code)


def run(code: str) -> ModuleType:
    module = ModuleType("documented")
    sys.modules["documented"] = module
    exec(compile(code, "documented", "exec"), module.__dict__)
    return module


def test_the_operation_of_the_docs_runs(settings: LazySettings) -> None:
    code = code_of("operations.md")
    body = code.split("\n\n\n", 1)[1].split("class Shout(", 1)[1].strip().splitlines()
    assert len([line for line in body if line.strip()]) <= 10
    run(code)
    settings.OPERATIONS = [*settings.OPERATIONS, "documented.Shout"]
    operations.cache_clear()
    batch = create("shout", ["hello"], params={"times": 2})
    lifecycle.start(batch, None)
    assert finished(batch).items.get().result == {"said": "HELLO HELLO"}


def test_the_view_of_the_docs_hands_its_work_over(rf: RequestFactory) -> None:
    view = run(code_of("background-work-in-django.md")).start
    assert view(rf.post("/")).content == b"started"
    until(lambda: Group.objects.filter(name="GREEN").exists(), "the work to be done")


def test_a_request_that_waits_inside_its_transaction_is_refused() -> None:
    """The work would not see the row, or would wait for the request's own locks without an end."""

    async def seen() -> int:
        async with get_background_session() as session:
            return (
                await session.scalar(text("SELECT count(*) FROM auth_group WHERE name = 'new'"))
                or 0
            )

    with transaction.atomic():
        Group.objects.create(name="new")
        assert loop.submit(seen).result(10) == 0
        with pytest.raises(AtomicHandoff, match=r"transaction\.on_commit\(\)"):
            loop.run(seen, timeout=10)
    assert loop.run(seen, timeout=10) == 1


def test_every_refusal_in_the_docs_is_one() -> None:
    text = (DOCS / "background-work-in-django.md").read_text()
    named = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    known = {kind.__name__ for kind in refusals()}
    assert named <= known
    assert len(named) == 11


def test_the_lists_and_verdicts_of_the_docs_are_those_there_are() -> None:
    text = (DOCS / "findings.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(KINDS)
    said = re.search(r"no scan writes: (.*?), with who", " ".join(text.split()))
    assert said is not None
    assert re.findall(r"\*([^*]+)\*", said[1]) == Verdict.labels


def refusals() -> set[type]:
    import dbcompat.guards
    import dbcompat.sessions  # noqa: F401 -- with all the kinds there are
    from dbcompat.loop import LoopError
    from dbcompat.misuse import SessionMisuse

    return {*LoopError.__subclasses__(), *SessionMisuse.__subclasses__()}
