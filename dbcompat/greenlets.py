"""A query where nothing awaits it, told by the line that asked: what SQLAlchemy calls MissingGreenlet."""

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import sqlalchemy
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.util.concurrency import in_greenlet

from dbcompat.misuse import SessionMisuse

_LIBRARY = str(Path(sqlalchemy.__file__).parent)
_OURS = str(Path(__file__).parent)


class UnawaitedQuery(SessionMisuse):
    """An attribute that is not loaded was read, or a synchronous call made, where a query can't be awaited."""


def refuse_unawaited() -> None:
    """Called where a session is about to reach for the database. Raises UnawaitedQuery."""
    if not in_greenlet():
        raise UnawaitedQuery(_words(traceback.walk_stack(sys._getframe(1))))  # noqa: SLF001


def named(error: MissingGreenlet) -> UnawaitedQuery:
    """The same, from what SQLAlchemy has raised."""
    # From the inside to the outside, as a stack is walked.
    return UnawaitedQuery(_words(reversed(list(traceback.walk_tb(error.__traceback__)))))


def _words(frames: Iterator[tuple[FrameType, int]]) -> str:
    attribute = ""
    for frame, line in frames:
        file = frame.f_code.co_filename
        if frame.f_code.co_name == "__get__":
            attribute = _attribute(frame) or attribute
        if not file.startswith((_LIBRARY, _OURS)):
            return _sentence(attribute, f"{file}:{line} in {frame.f_code.co_name}")
    return _sentence(attribute, "an unknown place")


def _attribute(frame: FrameType) -> str:
    owner = frame.f_locals.get("self")
    if isinstance(owner, InstrumentedAttribute):
        return f"{owner.class_.__name__}.{owner.key}"
    return ""


def _sentence(attribute: str, place: str) -> str:
    if attribute:
        return (
            f"{attribute} was read at {place} and is not loaded: that takes a query, and nothing awaits"
            " one there. Load it with the rest (selectinload, or await session.refresh(…)), or select"
            " the columns that are needed."
        )
    return (
        f"The database was asked at {place} by a call that nothing awaits. Use await session.execute(…),"
        " or await session.run_sync(function) for code that is written for a synchronous session."
    )
