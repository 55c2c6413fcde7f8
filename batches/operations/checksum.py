"""An operation without a network: for trying the console out, for tests and for benchmarks."""

import asyncio
import hashlib

from pydantic import BaseModel, Field

from batches.operation import Context, Operation, Result, Transient


class ChecksumParams(BaseModel):
    delay_ms: int = Field(
        0, ge=0, le=60_000, title="Delay", description="Milliseconds to wait on each line."
    )
    fail_every: int = Field(
        0, ge=0, le=1_000_000, title="Fail every", description="Fail each n-th line; 0: none."
    )


class Checksum(Operation[ChecksumParams]):
    slug = "checksum"
    title = "Checksum"
    description = "SHA-256 of each line. Touches no network: good for a first try."
    params = ChecksumParams

    async def run(self, target: str, params: ChecksumParams, context: Context) -> Result:
        if params.delay_ms:
            await asyncio.sleep(params.delay_ms / 1000)
        if params.fail_every and (context.seq + 1) % params.fail_every == 0:
            raise Transient(f"Line {context.seq + 1} fails, as every {params.fail_every} do.")
        return Result({"sha256": hashlib.sha256(target.encode()).hexdigest()})
