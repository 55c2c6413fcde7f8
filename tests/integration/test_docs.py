"""What the docs say works is run here, word for word."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import LazySettings

from batches import lifecycle
from batches.operation import operations
from tests.integration.running import create, finished

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


def test_the_operation_of_the_docs_runs(settings: LazySettings) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "operations.md").read_text(), re.DOTALL)
    body = code.split("\n\n\n", 1)[1].split("class Shout(", 1)[1].strip().splitlines()
    assert len([line for line in body if line.strip()]) <= 10
    module = ModuleType("documented")
    sys.modules["documented"] = module
    exec(compile(code, "documented", "exec"), module.__dict__)
    settings.OPERATIONS = [*settings.OPERATIONS, "documented.Shout"]
    operations.cache_clear()
    batch = create("shout", ["hello"], params={"times": 2})
    lifecycle.start(batch, None)
    assert finished(batch).items.get().result == {"said": "HELLO HELLO"}
