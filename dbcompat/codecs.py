"""Dates and moments between Python and asyncpg, so that no value changes on its way.

The driver itself takes the last day Python knows for "infinity", and the first one for "-infinity": a `date.max`
that means "for ever" would become a value that Django can't read, and infinity a day in the year 9999. And it takes
a moment without a time zone for the machine's own time.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

_FIRST_DAY = date(2000, 1, 1).toordinal()
_FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_BITS, _MOMENT_BITS = 31, 63


class NotInPython(ValueError):
    """PostgreSQL has a value that Python's types can't hold; Django can't read it either."""


def install(connection: Any, record: Any) -> None:
    """On connect. Costs no round trip: the driver knows the types of PostgreSQL itself by heart."""
    connection.run_async(_install)


async def _install(driver: Any) -> None:
    for name, encoder, decoder in (
        ("date", encode_date, decode_date),
        ("timestamptz", encode_moment, decode_moment),
    ):
        await driver.set_type_codec(
            name, schema="pg_catalog", format="tuple", encoder=encoder, decoder=decoder
        )


def encode_date(value: date) -> tuple[int]:
    return (value.toordinal() - _FIRST_DAY,)


def decode_date(raw: tuple[int]) -> date:
    try:
        return date.fromordinal(raw[0] + _FIRST_DAY)
    except (ValueError, OverflowError):
        raise _not_in_python("date", raw[0], _DAY_BITS) from None


def encode_moment(value: date) -> tuple[int]:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(
            f"{value!r} has no time zone, so nobody knows which moment it is."
            " Use django.utils.timezone.now(), or make_aware() first."
        )
    return ((value - _FIRST_MOMENT) // _MICROSECOND,)


def decode_moment(raw: tuple[int]) -> datetime:
    try:
        return _FIRST_MOMENT + timedelta(microseconds=raw[0])
    except OverflowError:
        raise _not_in_python("timestamp", raw[0], _MOMENT_BITS) from None


def _not_in_python(kind: str, raw: int, bits: int) -> NotInPython:
    words = {2**bits - 1: "infinity", -(2**bits): "-infinity"}.get(raw, "out of Python's range")
    return NotInPython(
        f"A {kind} in the database is {words}: Python has no such value, and Django can't read it"
        " either. Select it as text, or store NULL or a last day instead."
    )
