"""Ctrl-C and SIGTERM, noted at whatever moment they come."""

import os
import signal
import sys
from types import FrameType

_asked: list[int] = []


def listen() -> None:
    """From now on either signal raises KeyboardInterrupt, and a second one ends the process at once."""
    sys.unraisablehook = _unraisable
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def handle(number: int, frame: FrameType | None) -> None:
    leave_at_once_if_asked_before(number)
    raise KeyboardInterrupt


def leave_at_once_if_asked_before(number: int) -> None:
    if _asked:
        # Whoever asks twice does not want to wait. Leases and locks are made for this.
        os._exit(130)
    _asked.append(number)


def check() -> None:
    """Raise KeyboardInterrupt if it was asked for: one that comes inside a finaliser goes no further."""
    if _asked:
        raise KeyboardInterrupt


def _unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
