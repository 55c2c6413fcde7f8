"""From lines to a stored batch, on a real PostgreSQL."""

import io
import resource
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection, transaction
from pydantic import BaseModel, Field

from batches.intake import (
    BadInput,
    BatchSpec,
    Line,
    NothingToRun,
    Preflight,
    RejectLine,
    create_batch,
    preflight_of,
    read_file,
    read_text,
    rejects,
)
from batches.models import Batch, Chunk, Event, Item, Reject
from batches.operation import InvalidTarget, Operation, Target, operations
from batches.recount import verify
from batches.states import BatchState

pytestmark = pytest.mark.django_db


class EvenParams(BaseModel):
    depth: int = Field(1, ge=1, le=3)
    word: str = Field("", max_length=10)
    share: float = 0.5


class Even(Operation[EvenParams]):
    """Even numbers, whatever spaces are in them; two that are equal are duplicates."""

    slug = "even"
    title = "Even"
    description = "Takes even numbers."
    params = EvenParams

    def target(self, line: str) -> Target:
        if line == "decoded":
            return Target("nul\0", line)
        if line == "half":
            return Target("\ud800", line)
        number = int(line.replace(" ", ""))
        if number % 2:
            raise InvalidTarget(f"{number} is odd")
        return Target(str(number), str(number))


@pytest.fixture(autouse=True)
def even(settings: LazySettings, more_operations: None) -> None:
    settings.OPERATIONS = [*settings.OPERATIONS, f"{__name__}.Even"]
    operations.cache_clear()


def make(text: str, slug: str = "checksum", **spec: Any) -> tuple[Batch, Preflight]:
    return create_batch(BatchSpec(slug, **spec), read_text(text))


def numbers(count: int) -> str:
    return "\n".join(map(str, range(count)))


def nothing_stored() -> bool:
    return not any(model.objects.exists() for model in (Batch, Item, Chunk, Reject, Event))


def test_lines_become_items_in_their_order() -> None:
    batch, preflight = make("b\n\n  a \nc")
    assert list(batch.items.order_by("seq").values_list("seq", "line", "target", "state")) == [
        (0, 1, "b", "pending"),
        (1, 3, "a", "pending"),
        (2, 4, "c", "pending"),
    ]
    assert preflight == Preflight(3, 0, 0, [])
    assert (batch.state, batch.total) == (BatchState.DRAFT, 3)
    assert verify(batch) == []


def test_of_equal_targets_the_first_is_kept() -> None:
    batch, preflight = make("2\n1\n4\n 4\n0 2\nx\n6", "even")
    assert list(batch.items.order_by("seq").values_list("seq", "target")) == [
        (0, "2"),
        (1, "4"),
        (2, "6"),
    ]
    assert preflight == preflight_of(Batch.objects.get())
    assert (preflight.accepted, preflight.duplicates, preflight.invalid) == (3, 2, 2)
    assert preflight.rejects[:3] == [
        RejectLine(2, "invalid", "1", "1 is odd"),
        RejectLine(4, "duplicate", "4", "the same as line 3"),
        RejectLine(5, "duplicate", "2", "the same as line 1"),
    ]
    # An operation that can't parse a line has said so in its own way.
    assert preflight.rejects[3].line == 6


def test_only_duplicates_leave_one_item() -> None:
    batch, preflight = make("a\n" * 100)
    assert (preflight.accepted, preflight.duplicates) == (1, 99)
    assert {reject.reason for reject in preflight.rejects} == {"the same as line 1"}
    assert Chunk.objects.get(batch=batch).size == 1


def test_keys_of_any_length_are_told_apart() -> None:
    long = "x" * 2_040
    _, preflight = make(f"{long}1\n{long}2\n{long}1")
    assert (preflight.accepted, preflight.duplicates) == (2, 1)


def test_what_an_operation_makes_unstorable_costs_its_line_alone() -> None:
    _, preflight = make("2\ndecoded\nhalf\n4", "even")
    assert (preflight.accepted, [reject.line for reject in preflight.rejects]) == (2, [2, 3])


@pytest.mark.parametrize(
    ("total", "size", "count"), [(1, 10, 1), (25, 10, 3), (1_000, 63, 16), (10_000, 500, 20)]
)
def test_chunks_are_small_enough_to_share(total: int, size: int, count: int) -> None:
    batch, _ = make(numbers(total))
    assert batch.chunk_size == size
    chunks = list(Chunk.objects.filter(batch=batch).order_by("number"))
    assert [chunk.number for chunk in chunks] == list(range(count))
    assert [chunk.first_seq for chunk in chunks] == [size * n for n in range(count)]
    assert sum(chunk.size for chunk in chunks) == total
    assert all(chunk.pending == chunk.size for chunk in chunks)


@pytest.mark.parametrize("canary", [7, 200, 2_000])
def test_the_canary_is_the_first_chunk(canary: int) -> None:
    batch, _ = make(numbers(1_000), canary_size=canary)
    sizes = list(Chunk.objects.order_by("number").values_list("size", flat=True))
    assert sizes[0] == min(canary, 1_000)
    assert set(sizes[1:-1]) <= {63}
    assert verify(batch) == []


def test_ten_thousand_bad_lines_do_not_cost_the_good_ones() -> None:
    bad = "\n".join(str(2 * n + 1) for n in range(10_001))
    batch, preflight = make(f"2\n{bad}\n4\n{'9' * 3_000}\na\0b\n", "even")
    assert (preflight.accepted, preflight.invalid) == (2, 10_003)
    assert len(preflight.rejects) == 20
    pages = list(rejects(batch))
    assert [len(page) for page in pages] == [1_000] * 10 + [3]
    lines = [reject.line for page in pages for reject in page]
    assert lines == [*range(2, 10_003), 10_004, 10_005]
    assert {len(reject.text) for reject in pages[-1]} == {3, 5, 500}


@pytest.mark.parametrize("text", ["", "\n \n\t\n"])
def test_an_empty_list_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="The list is empty") as caught:
        make(text)
    assert caught.value.field == "input"
    assert nothing_stored()


def test_nothing_usable_says_why_and_stores_nothing() -> None:
    with pytest.raises(
        NothingToRun, match=r"None of the 1,000 lines.* Line 1: 1 is odd\."
    ) as caught:
        make("\n".join(str(2 * n + 1) for n in range(1_000)), "even")
    assert (caught.value.preflight.invalid, len(caught.value.preflight.rejects)) == (1_000, 20)
    assert nothing_stored()


def test_input_that_breaks_while_it_is_read_stores_nothing() -> None:
    def broken() -> Iterator[Line]:
        yield Line(1, "a")
        raise BadInput("The upload ended early.", "file")

    with pytest.raises(BadInput, match="ended early"):
        create_batch(BatchSpec("checksum"), broken())
    assert nothing_stored()
    make("a")


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"operation": "laundry"}, ["operation"]),
        ({"params": {"depth": 9}}, ["params.depth"]),
        ({"params": {"depth": "x", "word": "w" * 11}}, ["params.depth", "params.word"]),
        ({"params": {"dept": 1}}, ["params.dept"]),
        ({"params": {"word": "a\0"}}, ["params"]),
        ({"params": {"word": "\\u0000"}}, []),
        ({"params": {"share": float("inf")}}, ["params"]),
        ({"concurrency": 0}, ["concurrency"]),
        ({"concurrency": None}, ["concurrency"]),
        ({"timeout_seconds": float("nan")}, ["timeout_seconds"]),
        ({"breaker_percent": 100, "max_attempts": 21}, ["max_attempts", "breaker_percent"]),
        ({"breaker_percent": None}, []),
        ({"idempotency_key": "k" * 201}, ["idempotency_key"]),
        ({"name": "n\0" * 300, "source": "s\ud800" * 300}, []),
    ],
)
def test_what_cannot_be_done_is_said_field_by_field(
    spec: dict[str, Any], fields: list[str]
) -> None:
    if not fields:
        make("2", **{"slug": "even", **spec})
        return
    with pytest.raises(BadInput) as caught:
        create_batch(BatchSpec(**{"operation": "even", **spec}), read_text("2"))
    assert list(caught.value.errors) == fields
    assert caught.value.field == fields[0]
    assert nothing_stored()


def test_parameters_are_stored_complete() -> None:
    batch, _ = make("2", "even", params={"depth": "2"})
    assert Batch.objects.get(pk=batch.pk).params == {"depth": 2, "word": "", "share": 0.5}


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({}, "Checksum: 3 items"),
        ({"source": "shops.csv"}, "Checksum: shops.csv"),
        ({"source": "the API"}, "Checksum: 3 items"),
        ({"source": "shops.csv", "name": " Spring "}, "Spring"),
        ({"name": "x" * 300}, "x" * 200),
    ],
)
def test_a_batch_has_a_name(spec: dict[str, Any], name: str) -> None:
    batch, _ = make("a\nb\nc", **spec)
    assert Batch.objects.get(pk=batch.pk).name == name


def test_the_timeline_begins_with_the_intake() -> None:
    user = User.objects.create_user("ada")
    batch, _ = make("a\nb\na\n" + "x" * 3_000, user=user)
    event = Event.objects.get(batch=batch)
    assert (event.kind, event.actor) == ("create", user)
    assert event.message == (
        "Created with 2 items from a pasted list. Left out: 1 duplicate, 1 invalid line."
    )


def test_a_repeated_key_returns_the_first_batch() -> None:
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    first = make("a\nb\nb", user=ada, idempotency_key="k")
    again = make("other", user=ada, idempotency_key="k")
    assert again == first
    assert make("a", user=bob, idempotency_key="k")[0] != first[0]
    assert make("a", user=ada, idempotency_key="")[0] != make("a", user=ada)[0]


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_key_at_once_one_makes_the_batch() -> None:
    user = User.objects.create_user("ada")
    inside, go = threading.Event(), threading.Event()
    found: list[Batch] = []

    def lines() -> Iterator[Line]:
        yield Line(1, "a")
        inside.set()
        assert go.wait(20)

    def create(read: Callable[[], Iterator[Line]]) -> None:
        try:
            found.append(
                create_batch(BatchSpec("checksum", user=user, idempotency_key="k"), read())[0]
            )
        finally:
            connection.close()

    first = threading.Thread(target=create, args=[lines])
    second = threading.Thread(target=create, args=[lambda: read_text("b")])
    first.start()
    assert inside.wait(20)
    second.start()
    until_somebody_waits()
    go.set()
    for thread in (first, second):
        thread.join(20)
    assert [batch.pk for batch in found] == [Batch.objects.get().pk] * 2
    assert Item.objects.get().target == "a"


def until_somebody_waits() -> None:
    """Until one of the connections to this database waits for the lock of another."""
    deadline = time.monotonic() + 20
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
    with connection.cursor() as cursor:
        while cursor.execute(waiting).fetchone() == (0,):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_two_batches_fit_in_one_transaction() -> None:
    with transaction.atomic():
        assert make("a\nb")[1].accepted == 2
        with pytest.raises(NothingToRun):
            make("1", "even")
        assert make("a\nb\nc")[1].accepted == 3


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_session_is_changed() -> None:
    """A transaction-mode pooler hands the session to somebody else next."""

    def settings() -> dict[str, Any]:
        with connection.cursor() as cursor:
            names = "'statement_timeout', 'lock_timeout', 'work_mem'"
            cursor.execute(f"SELECT name, setting FROM pg_settings WHERE name IN ({names})")
            found = dict(cursor.fetchall())
            cursor.execute("SELECT count(*) FROM pg_class WHERE relname IN ('intake', 'ranked')")
            return {**found, "tables": cursor.fetchone()[0]}

    before = settings()
    make("a\nb\nb")
    assert settings() == before
    assert before["tables"] == 0


def test_a_csv_file_becomes_a_batch() -> None:
    content = 'Firma;Website\n"Müller; Söhne";mueller.example\nB;\nC;c.example\n'
    lines = read_file(io.BytesIO(content.encode()), "kunden.csv", "Website")
    batch, preflight = create_batch(BatchSpec("checksum", source="kunden.csv"), lines)
    assert list(batch.items.order_by("seq").values_list("line", "target")) == [
        (2, "mueller.example"),
        (4, "c.example"),
    ]
    assert preflight.rejects == [
        RejectLine(3, "invalid", "B;", "has nothing in the column “Website”")
    ]


@pytest.mark.django_db(transaction=True)
def test_pages_of_a_large_batch_are_read_by_index_at_once() -> None:
    batch, _ = make(numbers(6_000) + "\n" + numbers(6_000))
    items = Item.objects.filter(batch=batch).order_by("seq")[:50]
    rejected = Reject.objects.filter(batch=batch, line__gt=7_000).order_by("line", "id")[:50]
    assert "Sort" not in items.explain() + rejected.explain()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_long_list_takes_no_more_memory_than_a_short_one() -> None:
    count = 300_000
    make(numbers(10_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = (Line(n + 1, f"https://shop-{n}.example/") for n in range(count))
    batch, _ = create_batch(BatchSpec("checksum"), lines)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert batch.total == count
    assert grown < 20 * 1024, f"{grown} KiB"
