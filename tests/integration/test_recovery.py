"""A slice that fails for good: its leases are given back, and if even that fails, nothing is lost."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import LazySettings
from django.db import connection

from batches.models import Batch
from batches.recount import verify
from tests.integration.running import counts, finished, started, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


@contextmanager
def away(table: str) -> Iterator[None]:
    """As after a bad migration: trying again is of no use, until somebody mends it."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO mislaid")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE mislaid RENAME TO {table}")


def slow_batch() -> Batch:
    return started("checksum", 200, params={"delay_ms": 20}, max_attempts=1)


def test_leases_are_given_back_so_that_nobody_waits_for_their_end(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CONSOLE_LEASE_SECONDS = 600
    with away("batches_throughput"):
        batch = slow_batch()
        until(lambda: "Background work failed." in caplog.text, "the slice to fail")
    assert counts(finished(batch)) == {"succeeded": 200}
    assert verify(batch) == []


def test_if_recovery_fails_as_well_the_reconciler_finds_the_batch(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CONSOLE_LEASE_SECONDS = 1
    batch = slow_batch()
    until(lambda: batch.chunks.filter(lease_until__isnull=False).exists(), "a lease")
    with caplog.at_level(logging.ERROR), away("batches_chunk"):
        until(lambda: "And recording that failed too:" in caplog.text, "recovery to fail")
    assert f"Working on batch {batch.pk} failed:" in caplog.text
    assert counts(finished(batch)) == {"succeeded": 200}
    assert verify(batch) == []
