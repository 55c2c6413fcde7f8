"""The address of a database as people paste it, read once for both drivers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

TLS = (
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslpassword", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version",
)  # fmt: skip
# What both drivers understand in the same way.
BOTH = (*TLS, "application_name", "target_session_attrs", "passfile", "krbsrvname", "options")
# asyncpg has no such option; psycopg keeps its promise.
DJANGO_ONLY = (
    "channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_idle",
    "keepalives_interval", "keepalives_count", "load_balance_hosts", "requirepeer",
    "tcp_user_timeout",
)  # fmt: skip
_PLACE = ("host", "port", "user", "password", "dbname")
# Advice to other clients that hosting services put into the URLs they show.
_IGNORED = ("pgbouncer", "connection_limit", "pool_timeout", "supa")
_PROFILE = ("statement_cache_size", "prepared_statement_cache_size", "prepared_statement_name_func",
            "prepare_threshold", "max_cached_statement_lifetime")  # fmt: skip
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": (
        "any", "primary", "standby", "read-write", "read-only", "prefer-standby",
    ),
}  # fmt: skip
_YES, _NO = ("1", "on", "true", "yes"), ("0", "off", "false", "no")
_PLACEHOLDER = re.compile(r"[\[<{](your[-_ ]?)?password[\]>}]", re.IGNORECASE)
_ENCODE = (
    "Percent-encode special characters in the password: @ is %40, / is %2F, # is %23, ? is %3F."
)


class BadDatabaseURL(ValueError):
    """A database URL that can't be used; the message says which setting and never shows a password."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host that begins with / is the directory of a socket. `options` are libpq's, by its names."""

    hosts: tuple[str, ...]
    ports: tuple[str, ...]  # One for each host, or none.
    user: str
    password: str = field(repr=False)
    database: str
    options: Mapping[str, str]


def parse(url: str, setting: str = "DATABASE_URL") -> Address:
    """Accepts postgres://, postgresql:// and postgresql+driver://. Raises BadDatabaseURL."""
    try:
        return _parse(url)
    except ValueError as error:
        # Without its cause, which may quote the URL, and with it the password.
        words = str(error) if isinstance(error, BadDatabaseURL) else f"is not a URL. {_ENCODE}"
        raise BadDatabaseURL(f"{setting} {words}") from None


def _parse(url: str) -> Address:
    # As it is copied from a terminal or a dashboard.
    text = url.strip().removeprefix("psql ").strip("'\" \t\r\n")
    scheme, found, rest = text.partition("://")
    if not found or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise BadDatabaseURL("must begin with postgresql://.")
    if _PLACEHOLDER.search(unquote(rest)):
        raise BadDatabaseURL("still has the placeholder for the password: put the password there.")
    parts = urlsplit(f"postgresql://{rest}")
    if parts.fragment or "@" in parts.path or "@" in parts.query.partition("&")[0]:
        raise BadDatabaseURL(f"is cut off in the middle of its password. {_ENCODE}")
    query = _query(parts.query)
    userinfo, _, places = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    hosts, ports = _hosts(query.pop("host", places), query.pop("port", ""))
    database = query.pop("dbname", unquote(parts.path[1:]))
    if not database:
        raise BadDatabaseURL("names no database: add /name at its end.")
    return Address(
        hosts,
        ports,
        query.pop("user", unquote(user)),
        query.pop("password", unquote(password)),
        database,
        query,
    )


def _hosts(text: str, ports: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`text` is host:port,host:port as in a URL; `ports` are those of a parameter of their own."""
    pairs = [_host(part) for part in text.split(",")] if text else []
    given = ports.split(",") if ports else [port for _, port in pairs]
    if any(given) and len(given) not in (1, len(pairs)):
        raise BadDatabaseURL("has not as many ports as hosts.")
    if not all(0 < int(port) < 65536 for port in given if port):
        raise ValueError
    return tuple(host for host, _ in pairs), tuple(given) if any(given) else ()


def _host(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    # A directory has no port behind it, and Google's have colons.
    if (host := unquote(text)).startswith("/"):
        return host, ""
    host, _, port = host.partition(":")
    return host, port


def _query(text: str) -> dict[str, str]:
    pairs = list(_translated(parse_qsl(text, strict_parsing=bool(text))))
    query = dict(pairs)
    if len(query) != len(pairs):
        raise BadDatabaseURL("has a parameter more than once.")
    for name, value in query.items():
        _check(name, value)
    return {name: value for name, value in query.items() if name not in _IGNORED}


def _translated(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Other tools' names for the same things."""
    for name, value in pairs:
        if name == "ssl":
            yes = "require" if value.lower() in _YES else value
            yield "sslmode", "disable" if value.lower() in _NO else yes
        elif (name, value) != ("schema", "public"):
            yield name, value


def _check(name: str, value: str) -> None:
    if name in _PROFILE:
        raise BadDatabaseURL(
            f"has the parameter {name}: remove it. DATABASE_POOLER decides about prepared statements."
        )
    if name not in (*BOTH, *DJANGO_ONLY, *_PLACE, *_IGNORED):
        raise BadDatabaseURL(
            f"has the parameter {name}, which can't be passed on. Remove it; a setting of PostgreSQL"
            " belongs on the role: ALTER ROLE … SET …."
        )
    if name in _CHOICES and value not in _CHOICES[name]:
        raise BadDatabaseURL(f"has an unknown {name}. One of {', '.join(_CHOICES[name])}.")
