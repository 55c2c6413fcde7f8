"""What can go wrong on the way to a page, in words that say what happened and not which library noticed."""

import asyncio
import ssl

import aiohttp

from batches.operation import Failure, Permanent, Transient
from batches.operations.web.guard import is_refusal

KNOWN_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})


class Blocked(Permanent):
    """The address is not on the public web: never fetched, never tried again."""


class TooLarge(Permanent):
    """More than we read of one page."""


class BadAnswer(Permanent):
    """What came back is not HTTP, or not what its headers say."""


class NameNotFound(Permanent):
    """The domain does not exist."""


class NoSecureConnection(Exception):
    """No connection by https; a bare domain is then tried by http."""


class NoConnection(Transient, NoSecureConnection):
    """Nobody answers at that address, for now."""


class BadCertificate(Permanent, NoSecureConnection):
    """Something answers, but not securely."""


class TooSlow(Transient):
    """The site did not answer in time."""


def explained(error: Exception, url: str) -> Failure:
    """A client error as a failure of the operation."""
    host = url.split("/")[2]
    if is_refusal(error):
        return Blocked(
            f"Blocked: {host} is not on the public web.", cause="Blocked: not on the public web"
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _name(error, host)
    if isinstance(error, asyncio.TimeoutError):
        return TooSlow("The site did not answer in time.")
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return BadCertificate(_tls(error))
    if isinstance(error, aiohttp.ClientConnectorError):
        return NoConnection("Nobody answers at that address.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return BadAnswer("The answer broke off or could not be unpacked.")
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError | aiohttp.ClientOSError):
        return Transient("The site closed the connection without an answer.")
    return BadAnswer(f"The answer is not valid HTTP: {type(error).__name__}.")


def _name(error: aiohttp.ClientConnectorDNSError, host: str) -> Failure:
    words = str(error.os_error).lower()
    if "not found" in words or "no data" in words or "no address" in words or "not known" in words:
        return NameNotFound(f"The domain {host} does not exist.", cause="The domain does not exist")
    return Transient(
        f"The name {host} could not be looked up.", cause="The name could not be looked up"
    )


def _tls(error: Exception) -> str:
    reason = getattr(error, "certificate_error", None) or error
    words = str(getattr(reason, "verify_message", "") or "")
    if words:
        return f"The certificate is not valid: {words}."
    return "No secure connection could be agreed on."
