"""One attempt at one item: run the operation, and put whatever comes of it into an Outcome."""

import asyncio
import hashlib
import json
import logging
import random
import re
import sys
import sysconfig
import time
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from pydantic import BaseModel

from batches.engine.fit import fit_json, fit_text, fitted
from batches.engine.leases import Work
from batches.operation import (
    Context,
    Operation,
    Permanent,
    Postpone,
    Row,
    Skip,
    Storage,
    Transient,
)
from batches.states import ItemState
from dbcompat.sessions import in_session

log = logging.getLogger(__name__)

MAX_BACKOFF = 3600.0
MAX_MESSAGE = 2_000
MAX_TRACE = 20_000


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a slice needs to know of its batch, read once at its start."""

    batch_id: int
    operation: Operation[Any]
    params: BaseModel
    concurrency: int
    max_attempts: int
    backoff_seconds: float
    timeout_seconds: float
    breaker_percent: int | None
    priority: int
    worker: str
    storage: Storage


@dataclass(frozen=True, slots=True)
class Fault:
    """A failed attempt, as it is stored and grouped."""

    error_class: str
    message: str
    cause: str
    frame: str
    trace: str
    started_at: datetime
    duration_ms: int

    @property
    def fingerprint(self) -> str:
        whole = "\0".join((self.error_class, self.cause, self.frame))
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to. State "pending" means: to be tried again, not before `ready_at`."""

    seq: int
    state: ItemState
    attempts: int
    error: str = ""
    ready_at: datetime | None = None
    result: str | None = None  # JSON.
    fault: Fault | None = None
    rows: Sequence[Row] = ()  # Fit for their tables.
    unless: Collection[str] = ()  # As of the Result.


async def attempt(plan: Plan, work: Work) -> Outcome:
    """Never raises for what the operation does wrong; cancellation passes through, unrecorded."""
    assert not in_session(), "An operation must never run while a database session is open."
    number = work.attempts + 1
    context = Context(plan.batch_id, work.seq, number, plan.worker, plan.storage)
    started = time.time()
    limit = asyncio.timeout(plan.timeout_seconds)
    try:
        async with limit:
            result = await plan.operation.run(work.target, plan.params, context)
            rows = [fitted(row) for row in result.rows]
        data = storable(result.data)
        return Outcome(
            work.seq, ItemState.SUCCEEDED, number, result=data, rows=rows, unless=result.unless
        )
    except Skip as skip:
        return Outcome(work.seq, ItemState.SKIPPED, number, error=_told(plan, str(skip)))
    except Postpone as postponed:
        return _postponed(plan, work, postponed)
    except Exception as error:  # noqa: BLE001 -- a plug-in may raise anything, and one item must not end the batch
        if limit.expired():
            error = _timed_out(plan.timeout_seconds).with_traceback(error.__traceback__)
        outcome = _failed(plan, work.seq, number, started, error)
        return replace(outcome, rows=_failure_rows(plan, work, outcome, context))


def _postponed(plan: Plan, work: Work, postponed: Postpone) -> Outcome:
    ready_at = datetime.now(UTC) + timedelta(seconds=min(postponed.seconds, MAX_BACKOFF))
    words = _told(plan, str(postponed))
    return Outcome(work.seq, ItemState.PENDING, work.attempts, error=words, ready_at=ready_at)


def _failure_rows(plan: Plan, work: Work, outcome: Outcome, context: Context) -> list[Row]:
    if outcome.state is not ItemState.FAILED:
        return []
    try:
        rows = plan.operation.failure_rows(work.target, outcome.error, context)
        return [fitted(row) for row in rows]
    except Exception:
        # What is told about a failure must not hide it.
        log.exception("The rows for a failed item can't be stored.")
        return []


def unstorable(outcome: Outcome, error: Exception) -> Outcome:
    """The outcome of an item whose rows the database refuses."""
    words = "What was found can't be stored: the database refuses it"
    fault = Fault(
        error_class=type(error).__name__,
        message=_clean(f"{words}: {getattr(error, 'orig', error)}"),
        cause=f"{words}.",
        frame="",
        trace=_clean("".join(traceback.format_exception(error)), MAX_TRACE),
        started_at=datetime.now(UTC),
        duration_ms=0,
    )
    return Outcome(
        outcome.seq, ItemState.FAILED, outcome.attempts, error=fault.message, fault=fault
    )


def _timed_out(seconds: float) -> Transient:
    return Transient(f"Not finished within {seconds:g} seconds, the limit for one attempt.")


def _failed(plan: Plan, seq: int, number: int, started: float, error: Exception) -> Outcome:
    wait = _wait(plan, number, error)
    now = time.time()
    retry_at = None if wait is None else datetime.now(UTC) + timedelta(seconds=wait)
    message = _told(plan, str(error) or type(error).__name__)
    fault = Fault(
        error_class=type(error).__name__,
        message=message,
        cause=_told(plan, getattr(error, "cause", "")) or normalised(message),
        frame=_frame(error.__traceback__),
        trace=_told(plan, "".join(traceback.format_exception(error)), MAX_TRACE),
        started_at=datetime.fromtimestamp(started, UTC),
        duration_ms=max(0, round((now - started) * 1000)),
    )
    state = ItemState.FAILED if retry_at is None else ItemState.PENDING
    return Outcome(seq, state, number, error=message, ready_at=retry_at, fault=fault)


def _wait(plan: Plan, number: int, error: Exception) -> float | None:
    """Seconds until the next attempt; None if there shall be none."""
    if number >= plan.max_attempts or isinstance(error, Permanent):
        return None
    if not isinstance(error, Transient) and not plan.operation.retryable(error):
        return None
    # Doubling, with jitter: what failed together must not come back together.
    backoff = plan.backoff_seconds * 2 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311 -- not a secret
    asked = (error.retry_after or 0.0) if isinstance(error, Transient) else 0.0
    return float(min(max(backoff, asked), MAX_BACKOFF))


_PLACEHOLDERS = [
    (re.compile(r"https?://\S+"), "URL"),
    (re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’"), "…"),
    (re.compile(r"\b[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\b|\b0x[0-9a-f]+\b"), "ID"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "N"),
]


def normalised(message: str) -> str:
    """The message without what differs from item to item, so that one cause makes one group."""
    for pattern, placeholder in _PLACEHOLDERS:
        message = pattern.sub(placeholder, message)
    return message[:500]


_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def _frame(trace: TracebackType | None) -> str:
    """Module and function of the innermost frame that is not a library's: ours, or the plug-in's."""
    found = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith((*_LIBRARIES, sys.prefix, "<")):
            found = f"{trace.tb_frame.f_globals.get('__name__', '?')}.{code.co_qualname}"
        trace = trace.tb_next
    return found[:300]


def _told(plan: Plan, text: str, limit: int = MAX_MESSAGE) -> str:
    # Not cut before: half of what is to be left out would not be known for it.
    return _clean(plan.operation.told(text[: 4 * limit]), limit)


def _clean(text: str, limit: int = MAX_MESSAGE) -> str:
    return fit_text(text[:limit])


def storable(data: Any) -> str:
    """JSON that PostgreSQL accepts. Raises Permanent for what can't be JSON at all."""
    try:
        text = json.dumps(data, allow_nan=False)
        # Escapes of NUL and of surrogates (lone ones are refused): rare, so looked for, not avoided.
        if "\\u0000" in text or "\\ud" in text:
            text = json.dumps(fit_json(data), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Permanent(f"The result can't be stored as JSON: {error}.") from error
    return text
