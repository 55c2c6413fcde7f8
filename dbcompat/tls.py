"""Whether a connection is encrypted, and whom it trusts, where the URL does not say."""

import os
import ssl
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

# Where distributions keep what they trust. The driver's own libraries look only where they were built.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
)
# Names that no certificate authority signs, and networks of one's own.
_NEAR = (".local", ".internal", ".localhost", ".lan", ".svc", ".home.arpa", ".test")


def with_defaults(hosts: Sequence[str], options: Mapping[str, str]) -> dict[str, str]:
    """libpq's options with what is missing.

    A connection to a remote host is encrypted and its certificate checked, unless the URL or PGSSLMODE
    says otherwise: libpq's own default takes any certificate, and none as well.
    """
    given = dict(options)
    if "sslmode" not in given and "PGSSLMODE" not in os.environ and any(map(is_remote, hosts)):
        given["sslmode"] = "verify-full"
    checked = given.get("sslmode", "").startswith("verify")
    if given.get("sslrootcert", "system" if checked and not _own_authority() else "") == "system":
        given["sslrootcert"] = system_certificates()
    return given


def is_remote(host: str) -> bool:
    """Not a socket, this machine, a private address, or a name that only a local network knows."""
    if not host or host.startswith("/"):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return "." in name and not name.endswith(_NEAR)


def system_certificates() -> str:
    """The file of authorities that this machine trusts; "system" if there is none to be found."""
    paths = ssl.get_default_verify_paths()
    for path in (os.environ.get("SSL_CERT_FILE"), paths.cafile, *_BUNDLES):
        if path and Path(path).is_file():
            return path
    return "system"


def _own_authority() -> bool:
    """Both drivers take the authority of one's own from here."""
    return "PGSSLROOTCERT" in os.environ or Path("~/.postgresql/root.crt").expanduser().is_file()
