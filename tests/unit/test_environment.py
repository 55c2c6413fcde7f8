"""A wrong setting ends the start with a sentence that names it, and shows no secret."""

from pathlib import Path

import pytest

from tests.servers import manage


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CONSOLE_LEASE_SECONDS", "0", "CONSOLE_LEASE_SECONDS: Input should be greater than"),
        ("CONSOLE_ALLOWED_NETWORKS", "10.0.0.0/99", "CONSOLE_ALLOWED_NETWORKS: "),
        ("CONSOLE_ALLOWED_PORTS", "80,70000", "CONSOLE_ALLOWED_PORTS: "),
        ("DATABASE_POOLER", "pgcat", "DATABASE_POOLER: Input should be 'auto'"),
        ("DATABASE_URL", "mysql://u:secret@h/d", "DATABASE_URL must begin with postgresql://."),
        ("DATABASE_URL", "postgresql://u:secret@h", "DATABASE_URL names no database"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str, words: str) -> None:
    ended = manage(tmp_path, "check", **{name: value})
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


def test_lists_are_written_with_commas(tmp_path: Path) -> None:
    networks = {"CONSOLE_ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8", "CONSOLE_ALLOWED_HOSTS": "a,b"}
    ports = {"CONSOLE_ALLOWED_PORTS": "80, 443,8080"}
    assert manage(tmp_path, "check", **networks, **ports).returncode == 0
