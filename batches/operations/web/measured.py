"""What there is to know of a request besides its answer: how long each part took, and whose certificate it was."""

import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Self

import aiohttp
from aiohttp.connector import Connection


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds. `dns` and `connect` (with TLS) are 0 on a connection that was there already."""

    dns: int
    connect: int
    first_byte: int
    download: int


@dataclass(frozen=True, slots=True)
class Certificate:
    issuer: str
    not_after: datetime


@dataclass(slots=True)
class Clock:
    """Of one request, in seconds. What is never reached takes no time."""

    started: float = field(default_factory=time.monotonic)
    dns: float = 0.0
    connect: float = 0.0
    answered: float = 0.0

    def milliseconds(self) -> int:
        return round((time.monotonic() - self.started) * 1000)

    def timing(self) -> Timing:
        # Names are looked up while the connection is made.
        connect = max(0.0, self.connect - self.dns)
        before = self.answered - self.started - self.dns - connect
        after = time.monotonic() - self.answered
        return Timing(*(round(part * 1000) for part in (self.dns, connect, before, after)))


class Response(aiohttp.ClientResponse):
    """Knows the certificate it came by: of a short answer, the connection is gone before anybody can ask."""

    certificate: Certificate | None = None

    async def start(self, connection: Connection) -> Self:
        if connection.transport is not None:
            self.certificate = _certificate(connection.transport.get_extra_info("peercert"))
        await super().start(connection)
        return self


def tracing() -> aiohttp.TraceConfig:
    """Writes down into the Clock that a request brings as its context."""
    traced = aiohttp.TraceConfig()
    traced.on_connection_create_start.append(_connecting)
    traced.on_connection_create_end.append(_connected)
    traced.on_dns_resolvehost_start.append(_resolving)
    traced.on_dns_resolvehost_end.append(_resolved)
    return traced


async def _connecting(_: Any, context: SimpleNamespace, __: Any) -> None:
    _clock(context).connect = time.monotonic()


async def _connected(_: Any, context: SimpleNamespace, __: Any) -> None:
    _clock(context).connect = time.monotonic() - _clock(context).connect


async def _resolving(_: Any, context: SimpleNamespace, __: Any) -> None:
    _clock(context).dns = time.monotonic()


async def _resolved(_: Any, context: SimpleNamespace, __: Any) -> None:
    _clock(context).dns = time.monotonic() - _clock(context).dns


def _clock(context: SimpleNamespace) -> Clock:
    found = context.trace_request_ctx
    assert isinstance(found, Clock)
    return found


def _certificate(stated: Any) -> Certificate | None:
    """Of what Python tells of a verified certificate: names as tuples of tuples of pairs."""
    if not stated or "notAfter" not in stated:
        return None
    names = dict(pair for group in stated.get("issuer", ()) for pair in group)
    issuer = names.get("organizationName") or names.get("commonName") or ""
    ends = ssl.cert_time_to_seconds(stated["notAfter"])
    return Certificate(issuer, datetime.fromtimestamp(ends, UTC))
