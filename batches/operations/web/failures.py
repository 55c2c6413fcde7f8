"""What can go wrong on the way to a page, in words that say what happened and not which library noticed."""

import asyncio
import ssl
from collections.abc import Sequence

import aiohttp

from batches.operation import Failure, Permanent, Transient
from batches.operations.web.guard import is_refusal

# From OpenSSL's x509_vfy.h: those that operators meet, in their words. The rest is told in OpenSSL's.
_CERTIFICATES = {
    10: "it has expired",
    9: "it is not valid yet",
    18: "it is signed by nobody but itself",
    19: "it is signed by nobody we trust",
    20: "it is signed by nobody we trust",
    21: "the site does not send the whole chain of certificates",
    62: "it is for another name",
    64: "it is for another address",
}
# aiodns passes the words of c-ares on, not its numbers.
_NO_SUCH_NAME = ("not found", "misformatted", "not known")
_NO_ADDRESS = ("no data", "no address")


class Blocked(Permanent):
    """The address is not on the public web: never fetched, never tried again."""


class TooLarge(Permanent):
    """More than we read of one page."""


class BadAnswer(Permanent):
    """What came back is not HTTP, or not what its headers say."""


class BadRedirect(Permanent):
    """The redirects lead in a circle, too far, or nowhere."""


class NameNotFound(Permanent):
    """The domain does not exist, or has no address."""


class NoSecureConnection(Exception):
    """No connection by https; a bare domain is then tried by http."""


class NoConnection(Transient, NoSecureConnection):
    """Nobody answers at that address, for now."""


class BadCertificate(Permanent, NoSecureConnection):
    """Something answers, but not securely."""


class TooSlow(Transient):
    """The site did not answer in time."""


class BrokenOff(Transient):
    """The connection ended before the answer did."""


def explained(error: Exception, host: str, refused: Sequence[str] = ()) -> Failure:
    """A client error as a failure of the operation; `refused` is what the guard did not let through."""
    if is_refusal(error) or (refused and _is_unconnected(error)):
        return _blocked(host, refused)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _name(error, host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return _tls(error)
    if _is_unconnected(error):
        return NoConnection("Nobody answers at that address.")
    if isinstance(error, asyncio.TimeoutError):
        return TooSlow("The site did not answer in time.")
    if _is_cut(error):
        return BrokenOff("The site closed the connection before its answer was complete.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return BadAnswer("The answer can't be unpacked.")
    return BadAnswer(f"The answer is not valid HTTP: {type(error).__name__}.")


def _is_unconnected(error: Exception) -> bool:
    unconnected = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    return isinstance(error, unconnected) and not isinstance(error, aiohttp.ClientSSLError)


def _is_cut(error: Exception) -> bool:
    if isinstance(error, aiohttp.ClientPayloadError):
        # Told apart by what is underneath: bytes that are missing may come next time, wrong ones won't go.
        names = {kind.__name__ for kind in type(error.__cause__).__mro__}
        return bool(names & {"ContentLengthError", "TransferEncodingError", "ConnectionError"})
    return isinstance(
        error, aiohttp.ServerDisconnectedError | ConnectionError | aiohttp.ClientOSError
    )


def _blocked(host: str, refused: Sequence[str]) -> Blocked:
    # The address itself is worth telling only where a name hides it.
    hidden = [place for place in refused if place.partition(" ")[0] != host.strip("[]")]
    where = f" ({', '.join(hidden[:3])})" if hidden else ""
    return Blocked(
        f"Blocked: {host} is not on the public web{where}."
        " CONSOLE_ALLOWED_NETWORKS can open networks of your own.",
        cause="Blocked: not on the public web",
    )


def _name(error: aiohttp.ClientConnectorDNSError, host: str) -> Failure:
    words = str(error.os_error).lower()
    if any(part in words for part in _NO_SUCH_NAME):
        return NameNotFound(f"The domain {host} does not exist.", cause="The domain does not exist")
    if any(part in words for part in _NO_ADDRESS):
        return NameNotFound(f"The domain {host} has no address.", cause="The domain has no address")
    return Transient(
        f"The name {host} could not be looked up.", cause="The name could not be looked up"
    )


def _tls(error: Exception) -> Failure:
    reason = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(reason, ssl.SSLCertVerificationError):
        why = _CERTIFICATES.get(reason.verify_code, reason.verify_message)
        return BadCertificate(f"The certificate is not valid: {why}.")
    if getattr(reason, "reason", None) in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return BadCertificate("No secure connection: what answers on that port does not speak TLS.")
    return BadCertificate("No secure connection could be agreed on.")
