"""Operations that each show one behaviour."""

import asyncio
import time

from pydantic import BaseModel, Field

from batches.operation import (
    Context,
    NoParams,
    Operation,
    Permanent,
    Postpone,
    Result,
    Skip,
    Transient,
)
from dbcompat.sessions import in_session


class Flaky(Operation[NoParams]):
    slug = "flaky"
    title = "Flaky"
    description = "Fails twice, then succeeds."
    params = NoParams

    async def run(self, target: str, params: NoParams, context: Context) -> Result:
        if context.attempt < 3:
            raise Transient(f"Attempt {context.attempt} fails.")
        return Result({"attempt": context.attempt})


class SlowParams(BaseModel):
    seconds: float = Field(30.0, ge=0)


class Slow(Operation[SlowParams]):
    """`most` is how many have waited at the same time."""

    slug = "slow"
    title = "Slow"
    description = "Waits."
    params = SlowParams

    def __init__(self) -> None:
        self.waiting = self.most = 0

    async def run(self, target: str, params: SlowParams, context: Context) -> Result:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await asyncio.sleep(params.seconds)
        finally:
            self.waiting -= 1
        return Result()


class Patient(Operation[NoParams]):
    slug = "patient"
    title = "Patient"
    description = "Waits for its time, without keeping a place."
    params = NoParams

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    async def run(self, target: str, params: NoParams, context: Context) -> Result:
        if time.monotonic() < self._due.setdefault(target, time.monotonic() + 0.6):
            raise Postpone("It is not the time yet.", 0.3)
        return Result({"attempt": context.attempt})


class Moody(Operation[NoParams]):
    """Does what its target says."""

    slug = "moody"
    title = "Moody"
    description = "Does what the line says."
    params = NoParams

    async def run(self, target: str, params: NoParams, context: Context) -> Result:
        word = target.split()[0]
        match word:
            case "permanent":
                raise Permanent("It will never work.")
            case "skip":
                raise Skip("There is nothing to do here.")
            case "bug":
                raise ZeroDivisionError(f"line {context.seq} divides by zero")
            case "bug2":
                return await self._deeper(context.seq)
            case "nul":
                return Result({"text": "a\0b\ud800", "\0": [1, "\0"]})
            case "nan":
                return Result({"number": float("nan")})
            case "busy":
                assert not in_session()
        return Result({"said": target})

    async def _deeper(self, seq: int) -> Result:
        raise ZeroDivisionError(f"line {seq} divides by zero")
