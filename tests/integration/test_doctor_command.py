"""`manage.py doctor` as people and machines run it: what it prints, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import cluster
from tests.servers import free_port, manage

pytestmark = pytest.mark.slow

PASSWORD = "sesame-open"


def said_as_json(output: str) -> dict[str, dict[str, Any]]:
    report = json.loads(output)
    findings = {finding["probe"]: finding for finding in report["findings"]}
    assert report["well"] == all(finding["verdict"] != "wrong" for finding in findings.values())
    return findings


def test_from_nothing_wrong_to_nobody_there(short_path: Path, tmp_path: Path) -> None:
    with cluster(short_path, password=PASSWORD) as own:
        given = {"DATABASE_URL": own.url()}
        ended = manage(tmp_path, "doctor", **given)
        assert ended.returncode == 1
        assert "✗ Migrations: " in ended.stdout
        assert "What to do: Run manage.py migrate." in ended.stdout
        assert "1 thing is wrong." in ended.stdout
        assert "✓ Reaching postgres@127.0.0.1" in ended.stdout

        assert manage(tmp_path, "migrate", **given).returncode == 0
        ended = manage(tmp_path, "doctor", **given)
        assert ended.returncode == 0, ended.stdout
        assert "Nothing is wrong." in ended.stdout
        assert not {"✗", "?"} & set(ended.stdout)
    ended = manage(tmp_path, "doctor", "--json", **given)
    assert ended.returncode == 1
    found = said_as_json(ended.stdout)["reachability"]
    assert "nothing listens there" in found["proved"]
    assert found["setting"] == "DATABASE_URL"
    assert PASSWORD not in ended.stdout + ended.stderr


def test_settings_that_mean_nothing(tmp_path: Path) -> None:
    """Said in a sentence, on the other stream: who reads JSON gets none that is not."""
    good = f"postgresql://who:{PASSWORD}@127.0.0.1:{free_port()}/x"
    for given, words in (
        ({"DATABASE_URL": f"mysql://who:{PASSWORD}@x/y"}, "DATABASE_URL must begin with postgresql://"),
        ({"DATABASE_URL": f"postgresql://who:{PASSWORD}@h"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": good, "DATABASE_DIRECT_URL": "nonsense"}, "DATABASE_DIRECT_URL must begin"),
        ({"DATABASE_URL": good, "DATABASE_POOLER": "nonsense"}, "DATABASE_POOLER: Input should be"),
    ):  # fmt: skip
        ended = manage(tmp_path, "doctor", "--json", **given)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert words in ended.stderr
        assert "Traceback" not in ended.stderr
        assert PASSWORD not in ended.stderr


def test_the_embedded_database_is_started_for_it(short_path: Path) -> None:
    ended = manage(short_path, "doctor", "--json")
    assert ended.returncode == 1
    found = said_as_json(ended.stdout)
    assert "PostgreSQL itself" in found["mode"]["proved"]
    assert [name for name in found if found[name]["verdict"] != "ok"] == ["migrations"]
