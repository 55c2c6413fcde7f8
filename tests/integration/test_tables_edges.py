"""Values at the edge: what one side refuses the other must not take, and nothing is changed without a word."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import connection, models
from django.db.backends.postgresql.psycopg_any import Range
from django.db.models import JSONField, JSONNull, Value
from sqlalchemy import JSON, func, insert, select, text
from sqlalchemy.exc import StatementError

from dbcompat import loop
from dbcompat.bulk import copy_rows
from dbcompat.codecs import NotInPython
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for
from tests.mirror.agreement import agree, exactly, read
from tests.mirror.schema import created, standing
from tests.mirror.values import MODELS, model_of

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["dbcompat"])


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with standing(django_db_blocker, list(MODELS.values())):
        yield


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    yield
    for model in MODELS.values():
        model._default_manager.all()._raw_delete("default")


def write(name: str, value: Any, *, copied: bool = False) -> None:
    async def insert_one() -> None:
        table = table_for(MODELS[name])
        async with get_background_session() as session:
            if copied:
                await copy_rows(session, table, ["value"], [[value]])
            else:
                await session.execute(insert(table).values(value=value))

    loop.run(insert_one, timeout=20)


def write_sql(name: str, *literals: str) -> None:
    with connection.cursor() as cursor:
        for literal in literals:
            table = MODELS[name]._meta.db_table
            cursor.execute(f"INSERT INTO {table} (value) VALUES ({literal})")


def by_django(name: str) -> list[Any]:
    return list(MODELS[name]._default_manager.order_by("pk").values_list("value", flat=True))


def by_us(name: str) -> list[Any]:
    return loop.run(read, MODELS[name], timeout=20)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Text", "a\0b"),
        ("Json", {"a": "\0"}),
        ("Json", float("nan")),
        ("Char", "x" * 21),
        ("SmallInteger", 2**15),
        ("Positive", -1),
        ("Decimal", Decimal("1000000.00")),
        ("Prices", [Decimal("1000000.00")]),
        ("Grid", [[1, 2], [3]]),
        ("Text", "\ud800"),
    ],
)
def test_both_refuse(name: str, value: Any) -> None:
    model: Any = MODELS[name]
    outcomes = []
    tries: list[Callable[[], Any]] = [
        lambda: model._default_manager.create(value=value),
        lambda: write(name, value),
        lambda: write(name, value, copied=True),
    ]
    for attempt in tries:
        try:
            attempt()
            outcomes.append("taken")
        except Exception:  # noqa: BLE001 -- each driver has its own; that it refuses is what counts.
            outcomes.append("refused")
    assert outcomes == ["refused"] * 3


def test_what_is_too_long_for_an_array_is_not_cut_off() -> None:
    """Django casts the whole array, and PostgreSQL cuts off what an explicit cast makes too long."""
    MODELS["Words"]._default_manager.create(value=["x" * 21])
    assert by_django("Words") == [["x" * 20]]
    for copied in (False, True):
        with pytest.raises(Exception, match="value too long"):
            write("Words", ["x" * 21], copied=copied)


@pytest.mark.parametrize(
    ("name", "literal", "words"),
    [
        ("Date", "'infinity'", "A date in the database is infinity"),
        ("Date", "'-infinity'", "A date in the database is -infinity"),
        ("Date", "'0044-03-15 BC'", "A date in the database is out of Python's range"),
        ("DateTime", "'infinity'", "A timestamp in the database is infinity"),
        ("DateTime", "'-infinity'", "A timestamp in the database is -infinity"),
        ("DateTime", "'0044-03-15 BC'", "out of Python's range"),
        ("Days", "'{infinity}'", "A date in the database is infinity"),
        ("DateRange", "'[2026-01-01,infinity)'", "A date in the database is infinity"),
        ("DateTimeRange", "'[2026-01-01,infinity]'", "A timestamp in the database is infinity"),
    ],
)
def test_infinity_is_no_day_in_the_year_9999(name: str, literal: str, words: str) -> None:
    write_sql(name, literal)
    with pytest.raises(NotInPython, match=words):
        by_us(name)
    with pytest.raises(Exception, match=r"too large|too small|can't parse date"):
        by_django(name)


def test_the_session_goes_on_after_infinity() -> None:
    async def go_on() -> Any:
        async with get_background_session() as session:
            with pytest.raises(NotInPython):
                await session.execute(select(text("'infinity'::date")))
            return await session.scalar(select(func.length("abc")))

    assert loop.run(go_on, timeout=20) == 3


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DateTime", datetime(2026, 1, 2)),  # noqa: DTZ001 -- as somebody might write it.
        ("DateTime", date(2026, 1, 2)),
        ("Moments", [datetime(2026, 1, 2)]),  # noqa: DTZ001
        ("DateTimeRange", Range(datetime(2026, 1, 2), None)),  # noqa: DTZ001
    ],
)
def test_a_moment_without_a_zone_is_refused(name: str, value: Any, copied: bool) -> None:
    with pytest.raises(Exception, match="has no time zone, so nobody knows which moment"):
        write(name, value, copied=copied)


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    write("DateTime", datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=ZoneInfo("Asia/Kathmandu")))
    (found,) = by_us("DateTime")
    assert exactly(found) == exactly(datetime(2026, 7, 1, 6, 15, 0, 1, tzinfo=UTC))


def test_without_time_zones_moments_are_those_of_the_setting(settings: LazySettings) -> None:
    settings.TIME_ZONE, settings.USE_TZ = "Asia/Kathmandu", False
    naive = [datetime(2026, 7, 1, 12, 0, 0, 1), datetime(1, 1, 2)]  # noqa: DTZ001
    plain = model_of("Plain", models.DateTimeField(null=True))
    span = model_of("PlainSpan", DateTimeRangeField(null=True))
    with created([plain, span]):
        assert agree(plain, [*naive, None]) == [*naive, None]
        agree(span, [Range(naive[0], None, "[)"), Range(empty=True)])


def test_null_is_not_null_in_json() -> None:
    for value in (None, JSONNull(), Value(None, JSONField()), JSON.NULL):
        write("Json", value)
    write("Json", JSONNull(), copied=True)
    write("Json", None, copied=True)
    assert by_us("Json") == by_django("Json") == [None] * 6
    with connection.cursor() as cursor:
        cursor.execute("SELECT value::text FROM mirror_jsonvalue ORDER BY id")
        stored = [row[0] for row in cursor]
    assert stored == [None, "null", "null", "null", "null", None]


def test_none_in_an_array_of_json_is_written_as_django_does() -> None:
    MODELS["Documents"]._default_manager.create(value=[None, 1])
    write("Documents", [None, 1])
    write("Documents", [None, 1], copied=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT value::text FROM mirror_documentsvalue ORDER BY id")
        assert [row[0] for row in cursor] == ["{NULL,1}"] * 3


@pytest.mark.parametrize(
    ("name", "literals"),
    [
        ("Duration", ["'-13 mons 2 days'", "'14 mons -1 day -00:00:01'", "'-1 microsecond'"]),
        ("Address", ["'10.0.0.1/8'", "'fe80::1/64'", "'::1:0/96'", "'::ffff:1.2.3.4/100'"]),
        ("Any", ["'NaN'", "'Infinity'", "'-Infinity'", "'1e30'", "'1e-9'"]),
        ("Float", ["'NaN'", "'-Infinity'", "'-0'", "'1e-308'"]),
        ("Integers", ["'[0:1]={1,2}'", "'{}'", "'{NULL}'"]),
        ("Grid", ["'{{1,NULL},{3,4}}'", "'{}'"]),
        ("IntegerRange", ["'[1,5]'", "'(,)'", "'empty'", "'[3,3)'"]),
        ("DateTime", ["'2026-03-29 03:00:00.000001+05:45'"]),
    ],
)
def test_what_sql_has_written_is_read_alike(name: str, literals: list[str]) -> None:
    write_sql(name, *literals)
    assert exactly(by_us(name)) == exactly(by_django(name))
    assert len(by_us(name)) == len(literals)


def test_an_endless_duration_is_no_duration() -> None:
    """psycopg gives zero for it, which is worse than nothing."""
    write_sql("Duration", "'infinity'")
    with pytest.raises(OverflowError):
        by_us("Duration")


@pytest.mark.parametrize("value", [memoryview(b"\0a"), bytearray(b"\0a"), b"\0a"])
def test_bytes_of_any_kind(value: Any) -> None:
    assert agree(MODELS["Binary"], [value]) == [b"\0a"]


def test_a_file_is_written_as_its_name() -> None:
    model: Any = MODELS["File"]
    write("File", model(value="a/b.txt").value)
    assert by_us("File") == by_django("File") == ["a/b.txt"]


def test_a_wrong_type_is_an_error_and_not_a_guess() -> None:
    for name, value in (("Integer", "5"), ("Text", 5), ("Boolean", "yes"), ("Uuid", "no")):
        with pytest.raises(StatementError):
            write(name, value)
