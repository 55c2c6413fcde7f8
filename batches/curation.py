"""What people decide about findings: a verdict for many at once, and what is to be done with them next."""

from collections.abc import Iterable
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from batches import lifecycle
from batches.erasure import erase
from batches.export import names
from batches.findings import WORDS, Filter
from batches.intake import BadInput, BatchSpec, create_batch
from batches.intake.staging import lift_time_limits
from batches.lines import printable, read_file
from batches.models import Batch, Suppression, Verdict
from batches.operation import operation
from batches.operations.suppression import written

_LONGEST = 260  # As the column.


class BadVerdict(ValueError):
    """Nobody can judge like that; the message says why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`changed` had another verdict before; `queued` are the items of `batch`, if one was begun."""

    changed: int
    queued: int = 0
    batch: Batch | None = None


def judge(
    chosen: Filter,
    verdict: str,
    user: AbstractBaseUser | None,
    keys: list[Any] | None = None,
) -> int:
    """Give a verdict to all that match, or to those of them with these keys. How many had another before.

    One statement: what a scan adds while it runs is not in it. Raises BadVerdict.
    """
    check(verdict)
    rows = chosen.rows().order_by()
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    by = user.pk if user is not None else None
    with transaction.atomic():
        lift_time_limits(connection)
        return rows.filter(~Q(verdict=verdict)).update(
            verdict=verdict, verdict_by_id=by, verdict_at=Now()
        )


def chain(
    chosen: Filter,
    slug: str,
    user: AbstractBaseUser | None,
    keys: list[Any] | None = None,
    params: dict[str, Any] | None = None,
    *,
    start: bool = True,
    name: str = "",
    **options: Any,
) -> Batch:
    """A new batch of the domains of all that match, or of those with these keys.

    `options` are those of BatchSpec. Raises BadInput, UnknownOperation.
    """
    title = operation(slug).title
    source: Iterable[str] = names(chosen) if keys is None else _names_of(chosen, keys)
    of = f"batch {chosen.batch}" if chosen.batch else chosen.kind
    spec = BatchSpec(
        slug,
        params or {},
        name.strip() or f"{title}: from {of}",
        f"the {chosen.kind}",
        user,
        **options,
    )
    with TemporaryFile() as file:
        # Not straight from the table: the connection that copies the items in can't be asked meanwhile.
        file.writelines(f"{name}\n".encode() for name in source)
        if not file.tell():
            raise BadInput(
                f"No {WORDS[chosen.kind][0]} matches: there is nothing to start.", "filter"
            )
        file.seek(0)
        batch, _ = create_batch(spec, read_file(file, "names"))
    if start:
        lifecycle.start(batch, user)
    return batch


def judge_and_chain(
    chosen: Filter,
    verdict: str,
    slug: str,
    user: AbstractBaseUser | None,
    keys: list[Any] | None = None,
) -> Judged:
    """Both at once, or neither: "selected" begins the next operation with what was selected.

    An empty verdict, or an empty slug, leaves that half out. Raises BadVerdict, BadInput, UnknownOperation.
    """
    if verdict:
        # Before the batch, which may be committed by then: lists go past a pooler on a connection of their own.
        check(verdict)
    with transaction.atomic():
        # Its batch first: the verdict may take the rows out of the filter.
        batch = chain(chosen, slug, user, keys) if slug else None
        changed = judge(chosen, verdict, user, keys) if verdict else 0
    return Judged(changed, batch.total if batch else 0, batch)


def check(verdict: str) -> None:
    """Raises BadVerdict."""
    if verdict not in Verdict.values:
        raise BadVerdict(f"“{verdict}” is no verdict. Choose one of: {', '.join(Verdict.labels)}.")


def _names_of(chosen: Filter, keys: list[Any]) -> list[str]:
    """Of those that match, as `judge` takes them."""
    column = "name" if chosen.kind == "domains" else "domain_id"
    rows = chosen.rows().filter(pk__in=keys)
    return sorted(set(rows.values_list(column, flat=True)))


def suppress(entry: str, reason: str, user: AbstractBaseUser | None) -> int:
    """Keep nothing of an address, or of a whole domain as "@example.com", from now on. How many contacts went.

    Raises BadVerdict.
    """
    entry = entry_of(entry)
    _, at, host = entry.rpartition("@")
    if not at or "." not in host or " " in entry or "\ufffd" in entry:
        raise BadVerdict("Give an address, or a whole domain as “@example.com”.")
    if len(entry) > _LONGEST:
        raise BadVerdict(f"An address has no more than {_LONGEST} characters.")
    by = user.pk if user is not None else None
    with transaction.atomic():
        lift_time_limits(connection)
        _alone()
        values = {"reason": printable(reason), "created_by_id": by, "erased_at": None}
        Suppression.objects.update_or_create(pk=entry, defaults=values)
    # Not before that is committed: what is stored by those who have not seen it is there by then, and all others see it.
    return erase(entry)


def _alone() -> None:
    """Until the transaction ends, nobody stores what may name somebody: `batches.engine.listed`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [Suppression.LOCK])


def list_again(entry: str) -> bool:
    """Whether it was on the list. What was removed comes back with the next scan that finds it."""
    return bool(Suppression.objects.filter(pk=entry_of(entry)).delete()[0])


def entry_of(text: str) -> str:
    """As the list has it."""
    return written(printable(text.strip()))
