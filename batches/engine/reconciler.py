"""In every process, every second: what should be running and is not, what is done and not yet said to be.

No state is kept in memory that the next look at the database would not rebuild, so any process may die.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.tasks import task
from pydantic import ValidationError
from sqlalchemy import Row, select

from batches.engine import deletion, leases, retention, retries, transitions
from batches.engine.attempt import Plan
from batches.engine.leases import worker_name
from batches.engine.rows import RowStorage
from batches.engine.slice import Slice
from batches.engine.statements import ACTION, BATCH
from batches.operation import Operation, UnknownOperation, operation
from batches.states import BatchState
from dbcompat import loop
from dbcompat.recovery import recover
from dbcompat.sessions import get_background_session

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LEAST_SECONDS = 0.05
FORGET_SECONDS = 86_400.0


@dataclass(slots=True, eq=False)
class Engine:
    """What this process is doing. Lives on the loop thread, as long as its loop."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    busy: set[tuple[str, int]] = field(default_factory=set)
    slices: list[Slice] = field(default_factory=list)
    opened: dict[str, Operation[Any]] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    forget_at: float = 0.0  # Monotonic.


_engine: Engine | None = None


def start() -> None:
    loop.submit(_start)


def wake() -> None:
    if _engine is not None and loop.health().alive:
        # It may have begun to drain: whoever looks next finds the work in the tables.
        with suppress(loop.LoopStopped):
            loop.submit(_wake)


async def _start() -> None:
    _current()


async def _wake() -> None:
    _current().woken.set()


def _current() -> Engine:
    """The engine of the running loop. That of another, from before a fork or a restart, is forgotten."""
    global _engine
    if _engine is None or _engine.loop is not asyncio.get_running_loop():
        _engine = Engine()
        loop.on_drain(_begin_stop)
        loop.on_stop(_close)
        loop.submit(_reconcile, _engine)
    return _engine


def _begin_stop() -> None:
    engine = _current()
    engine.stopping = True
    engine.woken.set()
    for running in engine.slices:
        running.stop()


async def _close() -> None:
    global _engine
    engine, _engine = _engine, None
    for opened in engine.opened.values() if engine else ():
        await opened.close()


async def _reconcile(engine: Engine) -> None:
    said = ""
    while not engine.stopping:
        try:
            await _look(engine)
            said = ""
        except Exception as error:
            # The same every second would hide everything else.
            if said != (said := repr(error)):
                log.exception("Could not look after the batches; trying again every second.")
        # Work that ends at once, because another process holds the rows, must not make us spin.
        await asyncio.sleep(LEAST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_SECONDS):
                await engine.woken.wait()
        engine.woken.clear()


async def _look(engine: Engine) -> None:
    async with get_background_session() as session:
        active = (await session.execute(transitions.active_batches())).all()
        actions = (
            await session.scalars(select(ACTION.c.id).where(ACTION.c.state == "running"))
        ).all()
    for action_id in actions:
        _once(engine, "action", action_id, retries.apply)
    for batch in active:
        if not engine.stopping:
            await _attend(engine, batch)
    if any(batch.state == BatchState.DELETING for batch in active):
        # One after the other: it is in no hurry, and others want the connections.
        _once(engine, "delete", 0, deletion.delete_marked)
    if time.monotonic() >= engine.forget_at:
        engine.forget_at = time.monotonic() + FORGET_SECONDS
        _once(engine, "forget", 0, retention.forget)


async def _attend(engine: Engine, batch: Row[Any]) -> None:
    match BatchState(batch.state):
        case BatchState.QUEUED:
            await transitions.begin(batch.id)
            engine.woken.set()
        case BatchState.CANCELLING if batch.unfinished:
            _once(engine, "cancel", batch.id, _wind_down)
        case BatchState.CANCELLING:
            await transitions.finish(batch.id, BatchState.CANCELLED)
        case BatchState.RUNNING if not batch.unfinished:
            await transitions.finish(batch.id, BatchState.COMPLETED)
        case BatchState.RUNNING:
            if batch.canary:
                await transitions.judge_canary(batch.id)
            if batch.free:
                await _dispatch(engine, batch.id)


async def _dispatch(engine: Engine, batch_id: int) -> None:
    key = ("slice", batch_id)
    if key not in engine.busy:
        engine.busy.add(key)
        await run_slice.aenqueue(batch_id)


@task
async def run_slice(batch_id: int) -> None:
    """Work on a batch until nothing of it is left to take."""
    engine = _current()
    try:
        plan = await _plan(engine, batch_id)
        if plan is not None and not engine.stopping:
            await _run(engine, Slice(plan))
    finally:
        engine.busy.discard(("slice", batch_id))
        engine.woken.set()


async def _run(engine: Engine, work: Slice) -> None:
    engine.slices.append(work)
    try:
        await work.run()
    except Exception as error:
        batch_id = work.plan.batch_id
        given = partial(leases.give_back, batch_id=batch_id)
        await recover(given, error, f"Working on batch {batch_id}")
        raise
    finally:
        engine.slices.remove(work)


async def _plan(engine: Engine, batch_id: int) -> Plan | None:
    """None if the batch is not to run; one that can't is paused with the reason."""
    async with get_background_session() as session:
        running = select(BATCH).where(BATCH.c.id == batch_id, BATCH.c.state == BatchState.RUNNING)
        batch = (await session.execute(running)).first()
    if batch is None:
        return None
    try:
        chosen = operation(batch.operation)
        params = chosen.params.model_validate(batch.params)
        await _open(engine, chosen)
    except (UnknownOperation, ValidationError) as error:
        await transitions.pause(batch_id, f"it can't run as it is. {error}")
        return None
    return Plan(
        batch_id=batch_id,
        operation=chosen,
        params=params,
        worker=worker_name(),
        storage=RowStorage(chosen.less),
        **{name: getattr(batch, name) for name in _LIMITS},
    )


_LIMITS = (
    "concurrency", "max_attempts", "backoff_seconds", "timeout_seconds", "breaker_percent", "priority",
)  # fmt: skip


async def _open(engine: Engine, chosen: Operation[Any]) -> None:
    async with engine.opening:
        if chosen.slug not in engine.opened:
            await chosen.open()
            engine.opened[chosen.slug] = chosen


async def _wind_down(batch_id: int) -> None:
    """Chunks that a worker still holds are left to it: it has noticed, or its lease will end."""
    while await retries.skip_pending(batch_id):
        pass


type Work = Callable[[int], Awaitable[None]]


def _once(engine: Engine, kind: str, number: int, work: Work) -> None:
    """Start a piece of background work unless this process is at it already."""
    if (kind, number) not in engine.busy:
        engine.busy.add((kind, number))
        loop.submit(_guarded, engine, kind, number, work)


async def _guarded(engine: Engine, kind: str, number: int, work: Work) -> None:
    try:
        await work(number)
    finally:
        engine.busy.discard((kind, number))
        engine.woken.set()
