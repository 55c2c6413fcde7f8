"""Which statements would leave something behind, told from their text."""

import pytest

from dbcompat.session_state import offence


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SET statement_timeout = 0", "SET LOCAL"),
        ("set search_path to tenant_7", "SET LOCAL"),
        ("/* why */ SET\n  ROLE someone", "SET LOCAL"),
        ("-- why\nSET SESSION AUTHORIZATION someone", "SET LOCAL"),
        ("RESET ALL", "setting"),
        ("DISCARD TEMP", "setting"),
        ("SELECT set_config('app.tenant', '7', false)", "literal true"),
        ("SELECT set_config($1, $2, $3)", "literal true"),
        ("SELECT pg_advisory_lock(1)", "pg_advisory_xact_lock"),
        ("SELECT pg_try_advisory_lock_shared(1)", "pg_advisory_xact_lock"),
        ("SELECT pg_advisory_unlock(1)", "pg_advisory_xact_lock"),
        ("LISTEN news", "poll"),
        ("UNLISTEN *", "poll"),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "stream"),
        ("CREATE TEMP TABLE t (x int)", "ON COMMIT DROP"),
        ("CREATE TEMPORARY TABLE t ON COMMIT DELETE ROWS AS SELECT 1", "ON COMMIT DROP"),
        ("SELECT 1 AS x INTO TEMP t", "ON COMMIT DROP"),
        ("PREPARE p AS SELECT 1", "execute it as it is"),
        ("EXECUTE p", "execute it as it is"),
        ("DEALLOCATE ALL", "execute it as it is"),
        ("LOAD 'auto_explain'", "session_preload_libraries"),
    ],
)
def test_what_would_stay_is_named_with_its_replacement(statement: str, words: str) -> None:
    assert words in offence(statement)
    assert "get_direct_session()" in offence(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL statement_timeout = 0",
        "SET CONSTRAINTS ALL DEFERRED",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "UPDATE t SET x = 1",
        "SELECT set_config('app.tenant', '7', true)",
        "SELECT pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2)",
        "NOTIFY news",
        "DECLARE c CURSOR FOR SELECT 1",
        "CREATE TEMP TABLE t (x int) ON COMMIT DROP",
        "CREATE TABLE temp_readings (x int)",
        "SELECT 'SET ROLE someone; LISTEN news; pg_advisory_lock(1)'",
        "SELECT $q$ pg_advisory_lock(1) $q$",
        "PREPARE TRANSACTION 'x'",
        "SELECT 1 -- pg_advisory_lock(1)",
        "",
    ],
)
def test_what_ends_with_its_transaction_passes(statement: str) -> None:
    assert offence(statement) == ""
