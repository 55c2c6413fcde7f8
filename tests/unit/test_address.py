"""One URL for two drivers: what people paste, what is refused, and what never shows a password."""

import traceback
from typing import Any

import pytest

from dbcompat.address import asyncpg_arguments, database_at, place
from dbcompat.profiles import PROFILES, django_settings
from dbcompat.tls import is_remote, system_certificates, with_defaults
from dbcompat.url import BadDatabaseURL, parse

SETTINGS = {"POOLER": "auto", "APPLICATION_NAME": "test", "URL": None}


def entry(url: str, **settings: object) -> dict[str, Any]:
    return database_at(parse(url), {**SETTINGS, **settings})


@pytest.mark.parametrize(
    "scheme",
    ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2"],
)
def test_every_scheme_in_use(scheme: str) -> None:
    database = entry(f"{scheme}://me:p%40ss%2Fword@db.example:6543/app?sslmode=require")
    assert (database["USER"], database["PASSWORD"]) == ("me", "p@ss/word")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "6543", "app")
    assert database["OPTIONS"]["sslmode"] == "require"
    arguments = asyncpg_arguments(database)
    assert arguments["password"]() == "p@ss/word"
    assert "p@ss/word" not in repr(arguments)
    assert "p@ss" not in place(database)
    assert "p@ss" not in repr(parse(f"{scheme}://me:p%40ss@db.example/app"))


@pytest.mark.parametrize(
    ("url", "user", "host", "port", "name"),
    [
        # Supabase: its pooler in transaction mode, in session mode, and the database itself.
        (
            "postgresql://postgres.abcdefgh:pw@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            "postgres.abcdefgh", "aws-0-eu-central-1.pooler.supabase.com", 6543, "postgres",
        ),
        (
            "postgres://postgres.abcdefgh:pw@aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
            "postgres.abcdefgh", "aws-0-eu-central-1.pooler.supabase.com", 5432, "postgres",
        ),
        (
            "postgresql://postgres:pw@db.abcdefgh.supabase.co:5432/postgres?pgbouncer=true",
            "postgres", "db.abcdefgh.supabase.co", 5432, "postgres",
        ),
        # Neon, as its dashboard shows it, with the command around it.
        (
            "psql 'postgresql://alex:pw@ep-cool-1.eu-west-2.aws.neon.tech/neondb"
            "?sslmode=require&channel_binding=require'",
            "alex", "ep-cool-1.eu-west-2.aws.neon.tech", None, "neondb",
        ),
        (
            "postgresql://admin:pw@app.abc123.eu-west-1.rds.amazonaws.com:5432/app"
            "?sslmode=verify-full&sslrootcert=/certs/global-bundle.pem",
            "admin", "app.abc123.eu-west-1.rds.amazonaws.com", 5432, "app",
        ),
        # Azure's users have the name of the server in them.
        ("postgres://me%40srv:pw@srv.postgres.database.azure.com/d", "me@srv",
         "srv.postgres.database.azure.com", None, "d"),
        ("postgresql://u:pw@[::1]:5433/d", "u", "::1", 5433, "d"),
        ("postgresql:///app?host=/run/postgresql", "", "/run/postgresql", None, "app"),
        ("postgresql://u:pw@%2Frun%2Fpostgresql/app", "u", "/run/postgresql", None, "app"),
        ("postgresql://u:pw@/app?host=/cloudsql/p:region:i", "u", "/cloudsql/p:region:i", None, "app"),
        ("postgresql:///?host=h&port=6432&user=u&password=pw&dbname=d", "u", "h", 6432, "d"),
        # Prisma's.
        ("postgresql://u:pw@h:6432/d?schema=public&connection_limit=1", "u", "h", 6432, "d"),
        ("postgresql://u:a@b:c@h/d", "u", "h", None, "d"),
        ("  \"postgresql://u:pw@h/d\"\n", "u", "h", None, "d"),
    ],
)  # fmt: skip
def test_what_people_paste(url: str, user: str, host: str, port: int | None, name: str) -> None:
    database = entry(url)
    assert (database["USER"], database["HOST"], database["NAME"]) == (user, host, name)
    assert database["PORT"] == str(port or "")
    arguments = asyncpg_arguments(database)
    assert arguments.get("user", "") == user
    assert (arguments["host"], arguments.get("port"), arguments["database"]) == (host, port, name)


def test_several_hosts() -> None:
    database = entry("postgresql://u:pw@a.test:5432,b.test:5433/d?target_session_attrs=read-write")
    assert (database["HOST"], database["PORT"]) == ("a.test,b.test", "5432,5433")
    arguments = asyncpg_arguments(database)
    assert (arguments["host"], arguments["port"]) == (["a.test", "b.test"], [5432, 5433])
    assert arguments["target_session_attrs"] == "read-write"
    assert place(database) == "u@a.test,b.test:5432,5433/d"


def test_options_of_the_startup_message_reach_both_drivers() -> None:
    database = entry("postgresql://u:pw@h/d?options=endpoint%3Dep-cool-1")
    assert database["OPTIONS"]["options"] == "endpoint=ep-cool-1"
    assert asyncpg_arguments(database)["server_settings"] == {"options": "endpoint=ep-cool-1"}


def test_certificates_go_to_asyncpg_in_the_only_way_it_takes_them() -> None:
    database = entry("postgresql://u:pw@h/d?sslmode=verify-ca&sslrootcert=/a b/ca.pem")
    dsn = asyncpg_arguments(database)["dsn"]
    assert dsn == "postgresql:///?sslmode=verify-ca&sslrootcert=%2Fa+b%2Fca.pem"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:secret@h/d", "must begin with postgresql"),
        ("secret", "must begin with postgresql"),
        ("postgresql://u:secret@h", "names no database"),
        ("postgresql://u:secret@h:port/d", "not a URL"),
        ("postgresql://u:secret@h:99999/d", "not a URL"),
        ("postgresql://u:secret@h,i/d?port=1,2,3", "not as many ports as hosts"),
        ("postgresql://u:secret@h/d?bogus=1", "bogus"),
        ("postgresql://u:secret@h/d?schema=other", "schema"),
        ("postgresql://u:secret@h/d?sslmode=require&sslmode=disable", "more than once"),
        ("postgresql://u:secret@h/d?sslmode=yes", "unknown sslmode. One of disable"),
        ("postgresql://u:secret@h/d?statement_cache_size=0", "DATABASE_POOLER decides"),
        ("postgresql://u:[YOUR-PASSWORD]@h/d", "placeholder"),
        ("postgresql://u:sec/ret@h/d", "cut off in the middle of its password"),
        ("postgresql://u:sec#ret@h/d", "cut off in the middle of its password"),
        ("postgresql://u:sec?ret@h/d", "%3F"),
    ],
)
def test_what_can_not_be_used_is_named_and_no_password_shown(url: str, words: str) -> None:
    with pytest.raises(BadDatabaseURL, match=words) as raised:
        parse(url, "DATABASE_DIRECT_URL")
    shown = "".join(traceback.format_exception(raised.value))
    assert "DATABASE_DIRECT_URL" in shown
    assert "sec" not in shown.replace("sections", "")


@pytest.mark.parametrize(
    ("host", "remote"),
    [
        ("db.example.com", True),
        ("8.8.8.8", True),
        ("2a00:1450::1", True),
        ("", False),
        ("/run/postgresql", False),
        ("localhost", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("10.0.0.5", False),
        ("db", False),
        ("db.default.svc", False),
        ("db.default.svc.cluster.local", False),
    ],
)
def test_a_remote_host_is_verified_unless_the_url_says_otherwise(host: str, remote: bool) -> None:
    assert is_remote(host) == remote
    assert with_defaults([host], {}) == (
        {"sslmode": "verify-full", "sslrootcert": system_certificates()} if remote else {}
    )
    assert with_defaults([host], {"sslmode": "disable"}) == {"sslmode": "disable"}
    assert with_defaults([host], {"sslmode": "require"}) == {"sslmode": "require"}


def test_certificates_of_the_system_are_found_for_both_drivers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"sslmode": "verify-full", "sslrootcert": "system"}
    assert with_defaults(["h"], asked)["sslrootcert"] == system_certificates()
    own = {"sslmode": "verify-full", "sslrootcert": "/mine.pem"}
    assert with_defaults(["db.example.com"], own) == own
    monkeypatch.setenv("PGSSLMODE", "require")
    assert with_defaults(["db.example.com"], {}) == {}


@pytest.mark.parametrize("pooler", [*PROFILES, "auto"])
def test_djangos_own_connections_follow_the_profile(pooler: str) -> None:
    pooled = pooler not in ("direct", "session")
    database = entry("postgresql://u:pw@h/d", POOLER=pooler, DJANGO_POOL=7)
    assert database.get("DISABLE_SERVER_SIDE_CURSORS", False) == pooled
    assert database["CONN_HEALTH_CHECKS"]
    assert database["CONN_MAX_AGE"] == 0
    assert database["OPTIONS"]["pool"]["max_size"] == 7
    assert "pool" not in django_settings(pooler)["OPTIONS"]
