"""What the README says of settings, commands and files is so."""

import re
from pathlib import Path

from adminapp.environment import Environment
from adminapp.management.commands.batch import Command

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE))
    assert documented == {name.upper() for name in Environment.model_fields}


def test_the_lease_of_the_readme_is_the_default() -> None:
    (seconds,) = re.findall(r"`CONSOLE_LEASE_SECONDS`.*\| (\d+) \|", README)
    assert float(seconds) == Environment.model_fields["console_lease_seconds"].default


def test_every_link_leads_to_a_file() -> None:
    for document in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            assert link.startswith("https://") or (document.parent / link).exists(), link


def test_its_commands_exist() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"make ([a-z]+)", README)) <= set(targets)
    arguments = re.findall(r"manage\.py batch (run [^\n`]+)", README)
    parser = Command().create_parser("manage.py", "batch")
    assert [parser.parse_args(found.split()).verb for found in arguments] == ["run"]


def test_every_test_that_the_docs_name_exists() -> None:
    for document in ROOT.glob("docs/*.md"):
        for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", document.read_text()):
            assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), (
                f"{document.name} names {file}::{name}"
            )
