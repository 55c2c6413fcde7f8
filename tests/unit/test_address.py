import traceback

import pytest

from dbcompat.address import BadDatabaseURL, asyncpg_arguments, database_at, parse, place

SETTINGS = {"POOLER": "auto", "APPLICATION_NAME": "test", "URL": None}


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"]
)
def test_what_people_paste(scheme: str) -> None:
    url = parse(f"{scheme}://me.project:p%40ss%2Fword@db.example:6543/app?sslmode=require")
    database = database_at(url, SETTINGS)
    assert database["USER"] == "me.project"
    assert database["PASSWORD"] == "p@ss/word"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "6543", "app")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["DISABLE_SERVER_SIDE_CURSORS"]
    arguments = asyncpg_arguments(database)
    assert arguments["password"]() == "p@ss/word"
    assert "p@ss/word" not in repr(arguments)
    assert "p@ss" not in place(database)


def test_a_socket() -> None:
    database = database_at(parse("postgresql:///app?host=/run/postgresql"), SETTINGS)
    assert asyncpg_arguments(database)["host"] == "/run/postgresql"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:secret@h/d", "must begin with postgresql"),
        ("postgresql://u:secret@h", "names no database"),
        ("postgresql://u:secret@h:port/d", "not a URL"),
        ("postgresql://u:secret@h/d?bogus=1", "bogus"),
    ],
)
def test_what_can_not_be_used_is_named_and_no_password_shown(url: str, words: str) -> None:
    with pytest.raises(BadDatabaseURL, match=words) as raised:
        parse(url)
    assert "secret" not in "".join(traceback.format_exception(raised.value))
