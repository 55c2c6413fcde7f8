"""The doctor on a set-up of a test's own, as if that were what DATABASE_URL says."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.utils import ConnectionHandler

from dbcompat import engines, loop
from dbcompat.address import database_at
from dbcompat.doctor.examination import examine
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.reachability import reach
from dbcompat.doctor.report import Finding
from dbcompat.url import parse
from tests.clusters import SETTINGS


@contextmanager
def configured(settings: LazySettings, entry: dict[str, Any], **ours: object) -> Iterator[None]:
    """Django's connection and ours go to `entry`; `ours` are of settings.DBCOMPAT."""
    engines._detected.clear()
    # The same object in every thread.
    current = connection.settings_dict
    before = dict(current)
    url = "postgresql://somewhere/x"
    settings.DBCOMPAT = {**settings.DBCOMPAT, "URL": url, "POOLER": "auto", **ours}
    connection.close()
    current.update({**entry, "DISABLE_SERVER_SIDE_CURSORS": True})
    try:
        yield
    finally:
        connection.close()
        current.clear()
        current.update(before)


def examined(settings: LazySettings, entry: dict[str, Any], **ours: object) -> dict[str, Finding]:
    with configured(settings, entry, **ours):
        return told()


def told() -> dict[str, Finding]:
    """By probe, the last of those that told more than one thing."""
    report = loop.run(examine, timeout=60)
    assert report.well == ("wrong" not in {finding.verdict for finding in report.findings})
    return {finding.probe: finding for finding in report.findings}


def wrong(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.verdict != "ok"}


def entry_of(url: str) -> dict[str, Any]:
    entry = database_at(parse(url), SETTINGS)
    return dict(ConnectionHandler({"default": entry}).settings["default"])


def reached(at: str | dict[str, Any]) -> Finding:
    """What is said of an address, a URL or an entry of DATABASES."""
    entry = entry_of(at) if isinstance(at, str) else at
    [finding] = loop.run(reach, Patient(entry), timeout=40)
    return finding


def resolving(monkeypatch: pytest.MonkeyPatch, url: str, answer: object) -> Finding:
    """No name server is asked: `answer` is a list of addresses, or an error.

    On a loop of its own, since uvloop's asks by itself.
    """

    def getaddrinfo(*_: object, **__: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    [finding] = asyncio.run(reach(Patient(entry_of(url))))
    return finding
