"""What can go wrong on the way to a page, in words that say what happened and not which library noticed."""

import asyncio
import errno
import ssl
from collections.abc import Sequence

import aiohttp

from batches.operation import Failure, Permanent, Transient
from batches.operations.web.guard import Refusal, is_refusal

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
_UNCONNECTED = {
    errno.ECONNREFUSED: "The server refuses the connection: nothing listens on that port.",
    errno.ECONNRESET: "The server broke the connection off at once.",
    errno.EHOSTUNREACH: "The network says that the server can't be reached.",
    errno.ENETUNREACH: "There is no way from here to the network of the server.",
}
_TLS = {
    "WRONG_VERSION_NUMBER": "what answers on that port does not speak TLS",
    "HTTP_REQUEST": "what answers on that port does not speak TLS",
    "RECORD_LAYER_FAILURE": "what answers on that port does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "the site offers only outdated versions of TLS",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the site offers only outdated versions of TLS",
    "TLSV1_ALERT_INTERNAL_ERROR": "the server has no certificate for that name",
    "TLSV1_UNRECOGNIZED_NAME": "the server has no certificate for that name",
    "DH_KEY_TOO_SMALL": "the site's keys are too weak to be trusted",
    "EE_KEY_TOO_SMALL": "the site's keys are too weak to be trusted",
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


class NoSecureConnection(Failure):
    """No connection by https; a bare domain is then tried by http."""


class NoConnection(Transient, NoSecureConnection):
    """Nobody answers at that address, for now."""


class BadCertificate(Permanent, NoSecureConnection):
    """Something answers, but not securely."""


class TooSlow(Transient):
    """The site did not answer in time."""


class BrokenOff(Transient):
    """The connection ended before the answer did."""


def explained(error: Exception, host: str, refused: Sequence[Refusal] = ()) -> Failure:
    """A client error as a failure of the operation; `refused` is what the guard did not let through."""
    if is_refusal(error) or (refused and _is_unconnected(error)):
        return _blocked(host, refused)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _name(error, host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return _tls(error)
    if _is_unconnected(error):
        return NoConnection(_unconnected(error))
    if isinstance(error, asyncio.TimeoutError):
        return TooSlow("The site did not answer in time.")
    if _is_cut(error):
        return BrokenOff("The site closed the connection before its answer was complete.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return BadAnswer("The answer can't be unpacked.")
    return BadAnswer(_invalid(str(getattr(error, "message", error))))


def _invalid(told: str) -> str:
    """What is wrong with an answer that the client could not read at all."""
    if "Got more than" in told or "too long" in told.lower():
        return "The headers of the answer are longer than we read."
    if "Too many headers" in told:
        return "The answer has more headers than we read."
    return "What answers there does not speak HTTP as it should."


def _is_unconnected(error: Exception) -> bool:
    unconnected = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    return isinstance(error, unconnected) and not isinstance(error, aiohttp.ClientSSLError)


def _unconnected(error: Exception) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "Nobody answers at that address."
    number = getattr(getattr(error, "os_error", error), "errno", None)
    return _UNCONNECTED.get(number or 0, "Nobody answers at that address.")


def _is_cut(error: Exception) -> bool:
    if isinstance(error, aiohttp.ClientPayloadError):
        # Told apart by what is underneath: bytes that are missing may come next time, wrong ones won't go.
        names = {kind.__name__ for kind in type(error.__cause__).__mro__}
        return bool(names & {"ContentLengthError", "TransferEncodingError", "ConnectionError"})
    return isinstance(
        error, aiohttp.ServerDisconnectedError | ConnectionError | aiohttp.ClientOSError
    )


def _blocked(host: str, refused: Sequence[Refusal]) -> Blocked:
    if refused and all(one.port_only for one in refused):
        return Blocked(
            f"Blocked: port {refused[0].port} is not one of the web's. CONSOLE_ALLOWED_PORTS can open it.",
            cause="Blocked: not a port of the web",
        )
    # The address itself is worth telling only where a name hides it.
    hidden = [one for one in refused if one.address != host.strip("[]")]
    places = ", ".join(f"{one.address} port {one.port}" for one in hidden[:3])
    where = f" ({places})" if hidden else ""
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
    why = _TLS.get(getattr(reason, "reason", None) or "", "the two sides agree on nothing")
    return BadCertificate(f"No secure connection: {why}.")
