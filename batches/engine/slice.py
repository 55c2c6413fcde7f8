"""A slice: many items of one batch, run by this process until none is left to take or it is told to stop."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings

from batches.engine import leases, transitions
from batches.engine.attempt import Outcome, Plan, attempt
from batches.engine.breaker import Breaker
from batches.engine.leases import Lease, Work
from batches.engine.share import share
from batches.engine.writeback import Parcel, write
from batches.states import BatchState
from dbcompat.errors import may_pass

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25
FLUSH_OUTCOMES = 500
# Past this many unwritten outcomes nothing new starts: memory is bounded, whatever the database does.
MAX_UNWRITTEN = 4 * FLUSH_OUTCOMES
# How often a slice looks whether its batch is still to run: pause and cancel act within 2 seconds.
WATCH_SECONDS = 0.5
GRACE_SECONDS = 1.0
LOW_QUEUE = 100
RECLAIM_SECONDS = 0.5


@dataclass(slots=True)
class Held:
    """A chunk under lease: `left` items have no outcome yet."""

    parcel: Parcel
    left: int


@dataclass(slots=True)
class Slice:
    plan: Plan
    held: dict[int, Held] = field(default_factory=dict)
    queue: deque[tuple[Held, Work]] = field(default_factory=deque)
    unwritten: int = 0
    in_flight: int = 0
    claiming: bool = False
    claim_after: float = 0.0  # Monotonic: nothing was free at the last look.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    due: asyncio.Event = field(default_factory=asyncio.Event)
    # Write-back and heartbeat both compare tokens, and write-back moves them: one at a time.
    fence: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        breaker = Breaker(self.plan.breaker_percent)
        over = asyncio.Event()
        share.join(self.plan.batch_id, self.plan.priority)
        try:
            async with asyncio.TaskGroup() as support:
                support.create_task(self._watch(over))
                support.create_task(self._write_regularly(over, breaker))
                await self._work_all()
                over.set()
                self.due.set()
        finally:
            share.leave(self.plan.batch_id)

    def stop(self) -> None:
        """Start nothing more; what is in flight has GRACE_SECONDS, then returns to pending."""
        self.stopping.set()
        self.stirred.set()

    async def _work_all(self) -> None:
        try:
            async with asyncio.timeout(None) as grace, asyncio.TaskGroup() as group:
                count = min(self.plan.concurrency, share.limit)
                workers = [group.create_task(self._work(n)) for n in range(count)]
                ended = group.create_task(self._end_grace(grace))
                await asyncio.wait(workers)
                ended.cancel()
        except TimeoutError:
            log.info("Batch %s: items still in flight went back to pending.", self.plan.batch_id)

    async def _end_grace(self, grace: asyncio.Timeout) -> None:
        await self.stopping.wait()
        grace.reschedule(asyncio.get_running_loop().time() + GRACE_SECONDS)

    async def _work(self, index: int) -> None:
        while (job := await self._next(index)) is not None:
            held, work = job
            self.in_flight += 1
            try:
                self._finish(held, await attempt(self.plan, work))
            finally:
                self.in_flight -= 1
                if not self.in_flight:
                    self.stirred.set()
            # An operation that never waits would keep the loop to itself.
            await asyncio.sleep(0)

    async def _next(self, index: int) -> tuple[Held, Work] | None:
        while not self.stopping.is_set():
            if index >= share.of(self.plan.batch_id) or self.unwritten >= MAX_UNWRITTEN:
                await self._rest()
            elif len(self.queue) < LOW_QUEUE and self._may_claim():
                # One worker fetches the next chunk while the others finish this one.
                await self._claim()
            elif self.queue:
                return self.queue.popleft()
            elif self.in_flight or self.claiming:
                await self._rest()
            else:
                self.stop()
        return None

    async def _rest(self) -> None:
        """Until something changes. With a limit: what failed may be due for another attempt."""
        self.stirred.clear()
        await _wait(self.stirred, RECLAIM_SECONDS)

    def _may_claim(self) -> bool:
        return not self.claiming and time.monotonic() >= self.claim_after

    async def _claim(self) -> None:
        self.claiming = True
        try:
            claimed = await _unless_away(leases.claim, self.plan.batch_id)
        finally:
            self.claiming = False
        if claimed is None:
            self.claim_after = time.monotonic() + RECLAIM_SECONDS
            return
        lease, works = claimed
        held = self.held[lease.number] = Held(Parcel(lease), len(works))
        self.queue.extend((held, work) for work in works)
        self.stirred.set()
        if not works:
            self._release(held)

    def _finish(self, held: Held, outcome: Outcome) -> None:
        if self.held.get(held.parcel.lease.number) is not held:
            return  # The lease was lost meanwhile: the item is another worker's.
        held.parcel.outcomes.append(outcome)
        held.left -= 1
        self.unwritten += 1
        if held.left == 0:
            self._release(held)
        if self.unwritten >= FLUSH_OUTCOMES:
            self.due.set()

    def _release(self, held: Held) -> None:
        held.parcel.release = True
        self.due.set()

    async def _write_regularly(self, over: asyncio.Event, breaker: Breaker) -> None:
        while not over.is_set():
            await _wait(self.due, FLUSH_SECONDS)
            self.due.clear()
            for outcome in await self._write():
                breaker.add(outcome.state)
            if (reason := breaker.reason()) and not self.stopping.is_set():
                await transitions.pause(self.plan.batch_id, reason)
                self.stop()
        for held in self.held.values():
            held.parcel.release = True
        await self._write()

    async def _write(self) -> list[Outcome]:
        """Send what has gathered. Outcomes of a chunk that is no longer ours are dropped there."""
        async with self.fence:
            parcels = [
                Parcel(held.parcel.lease, held.parcel.outcomes, held.parcel.release)
                for held in self.held.values()
                if held.parcel.outcomes or held.parcel.release
            ]
            for parcel in parcels:
                self.held[parcel.lease.number].parcel.outcomes = []
            if not parcels:
                return []
            ours = await write(self.plan.batch_id, parcels, self.plan.operation.less)
            for parcel in parcels:
                if parcel.release or parcel.lease.number not in ours:
                    self._drop(parcel.lease)
            sent = [outcome for parcel in parcels for outcome in parcel.outcomes]
            self.unwritten -= len(sent)
            self.stirred.set()
            return sent

    def _drop(self, lease: Lease) -> None:
        """Forget a chunk that was given back, or that another worker has taken over."""
        held = self.held.get(lease.number)
        # One that was given back may be ours again before we come to know that it was.
        if held is None or held.parcel.lease is not lease:
            return
        del self.held[lease.number]
        self.queue = deque(job for job in self.queue if job[0] is not held)

    async def _watch(self, over: asyncio.Event) -> None:
        beat = time.monotonic()
        while not over.is_set():
            await _wait(over, WATCH_SECONDS)
            state = await _unless_away(transitions.state_of, self.plan.batch_id)
            if state not in (None, BatchState.RUNNING):
                self.stop()
            if time.monotonic() - beat > settings.CONSOLE_LEASE_SECONDS / 3:
                beat = time.monotonic()
                await self._heartbeat()

    async def _heartbeat(self) -> None:
        async with self.fence:
            if not self.held:
                return
            held = [held.parcel.lease for held in self.held.values()]
            ours = await _unless_away(leases.extend, held)
            if ours is None:
                return
            # Those asked about, and no others: a chunk may have been claimed meanwhile.
            for lease in held:
                if lease.number not in ours:
                    log.warning("Batch %s chunk %s: lease lost.", self.plan.batch_id, lease.number)
                    self._drop(lease)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _unless_away[A, T](ask: Callable[[A], Awaitable[T]], argument: A) -> T | None:
    """None if the database can't be asked just now: no reason to give up what is in flight."""
    try:
        return await ask(argument)
    except Exception as error:
        if not may_pass(error):
            raise
        log.warning("The database is away for a moment: %s", error)
        return None
