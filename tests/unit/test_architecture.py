"""What import-linter can't say: calls that only certain modules may make."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("adminapp", "batches", "dbcompat")

# An engine that is made elsewhere has none of the profile's arguments, and no owner to close it.
ENGINES = {"create_async_engine", "async_sessionmaker", "AsyncSession", "create_engine"}
# A loop or a thread of one's own is one that nobody drains at a deploy; a task that nobody holds is lost work.
LOOPS = {
    "asyncio.run",
    "asyncio.Runner",
    "asyncio.new_event_loop",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.run_coroutine_threadsafe",
    "loop.create_task",
    "loop.run_forever",
    "loop.run_until_complete",
    "threading.Thread",
    "threading.Timer",
    "multiprocessing.Process",
    "_thread.start_new_thread",
}
# A mapped class loads what is missing when somebody looks at it, where nothing awaits the query.
MAPPERS = {"relationship", "DeclarativeBase", "declarative_base", "registry", "MappedAsDataclass"}
WEB = {"django.http", "django.shortcuts", "django.template", "django.urls", "django.views"}


def modules(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        base = ROOT / package
        files = [base.with_suffix(".py")] if base.with_suffix(".py").exists() else []
        for file in [*files, *sorted(base.rglob("*.py"))]:
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text())


def calls(tree: ast.Module) -> Iterator[str]:
    """Dotted names that are called: asyncio.run, self.loop.create_task, AsyncSession."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, also inside functions, and `from a import b` as a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def within(name: str, parents: set[str]) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def ends_with(call: str, names: set[str]) -> bool:
    return any(call == name or call.endswith(f".{name}") for name in names)


def engine_makers(tree: ast.Module) -> list[str]:
    return [call for call in calls(tree) if call.rsplit(".", 1)[-1] in ENGINES]


def mappers(tree: ast.Module) -> list[str]:
    return [
        name
        for name in imports(tree)
        if name.startswith("sqlalchemy.") and name.rsplit(".", 1)[-1] in MAPPERS
    ]


def drivers(tree: ast.Module) -> list[str]:
    return [name for name in imports(tree) if within(name, {"asyncpg", "psycopg"})]


def loop_makers(tree: ast.Module) -> list[str]:
    called = [call for call in calls(tree) if ends_with(call, LOOPS)]
    # Imported by its bare name, a call could not be told from one of ours.
    bare = [name for name in imports(tree) if name in LOOPS]
    return called + bare


def web(tree: ast.Module) -> list[str]:
    return [name for name in imports(tree) if within(name, WEB)]


def offences(check: object, *packages: str, allowed: str = "-") -> dict[str, list[str]]:
    assert callable(check)
    found = {name: check(tree) for name, tree in modules(*packages) if not name.startswith(allowed)}
    return {name: what for name, what in found.items() if what}


def test_only_dbcompat_makes_engines_and_sessions() -> None:
    assert offences(engine_makers, *PACKAGES, allowed="dbcompat/") == {}


def test_no_class_is_mapped_so_nothing_is_loaded_behind_the_scenes() -> None:
    assert offences(mappers, *PACKAGES) == {}


def test_only_dbcompat_knows_the_drivers() -> None:
    assert offences(drivers, *PACKAGES, allowed="dbcompat/") == {}


def test_only_the_loop_thread_starts_loops_threads_and_tasks() -> None:
    assert offences(loop_makers, *PACKAGES, allowed="dbcompat/loop") == {}


def test_the_engine_and_the_operations_know_no_web() -> None:
    assert offences(web, "batches/engine", "batches/operations", "batches/operation") == {}


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (engine_makers, "from sqlalchemy.ext import asyncio as a\na.create_async_engine('x')"),
        (mappers, "from sqlalchemy.orm import relationship"),
        (drivers, "def f():\n    import asyncpg"),
        (loop_makers, "import asyncio\nasyncio.create_task(f())"),
        (loop_makers, "from threading import Thread"),
        (loop_makers, "self.loop.run_forever()"),
        (web, "from django import shortcuts"),
        (web, "from django.http.response import Http404"),
    ],
)
def test_each_of_them_sees_what_it_is_for(check: object, code: str) -> None:
    assert callable(check)
    assert check(ast.parse(code))
