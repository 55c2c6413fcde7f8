"""What the loop thread refuses; each message says what to do instead."""


class LoopError(RuntimeError):
    """The loop thread was used in a way that can't work; the message says what to do instead."""


class LoopStopped(LoopError):
    """Nothing can be submitted any more."""

    def __init__(self) -> None:
        super().__init__(
            "The loop thread has stopped: this process is ending. Call loop.start() to begin again."
        )


class LoopReentry(LoopError):
    """A wait for the loop on a thread that runs a loop would never end, or would block that loop."""


class AtomicHandoff(LoopError):
    """A wait for the loop inside a transaction could wait for that very transaction."""
