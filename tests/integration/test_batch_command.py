"""The command line, in this process: what it prints, and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from pydantic import BaseModel

from batches.models import Batch
from batches.operation import Operation, operations
from tests.integration.running import create, finished, started

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


def run(*arguments: str, **options: Any) -> str:
    output = io.StringIO()
    call_command("batch", *arguments, stdout=output, **options)
    return output.getvalue()


class Words(BaseModel):
    said: str = ""
    perhaps: str | None = None
    times: int = 1
    names: list[str] = []


class Worded(Operation[Words]):
    slug = title = description = "worded"
    params = Words


@pytest.fixture
def listed(tmp_path: Path) -> str:
    path = tmp_path / "list.txt"
    path.write_text("a\nb\na\n")
    return str(path)


def test_create_prints_the_id_alone_on_the_last_line(listed: str) -> None:
    output = run("create", "checksum", f"--input={listed}", "--paused", "--param=delay_ms=3")
    batch = Batch.objects.get(pk=int(output.splitlines()[-1]))
    assert (batch.state, batch.total, batch.params["delay_ms"]) == ("draft", 2, 3)


def test_create_starts_the_batch(listed: str) -> None:
    batch = Batch.objects.get(pk=int(run("create", "checksum", f"--input={listed}")))
    assert finished(batch).state == "completed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "gone", "--input=LIST"], "no operation “gone”"),
        (["create", "checksum", "--input=nowhere.txt"], "Can't read nowhere.txt"),
        (["create", "checksum", "--input=LIST", "--param=delay_ms=-1"], "delay_ms"),
        (["create", "checksum", "--input=LIST", "--param=delay"], "name=value"),
        (["create", "checksum", "--input=LIST", "--param==3"], "name=value"),
        (["create", "page_scan", "--input=LIST"], "not a full domain name"),
        (["create", "checksum", "--input=LIST", "--column=x"], "column"),
        (["status", "999999"], "no batch 999999"),
        (["pause", "DRAFT"], "can't pause now"),
        (["retry", "DRAFT"], "nothing to retry"),
    ],
)
def test_what_can_not_be_done_is_said_in_words(
    listed: str, arguments: list[str], words: str
) -> None:
    draft = create("checksum", 3)
    given = [a.replace("LIST", listed).replace("DRAFT", str(draft.pk)) for a in arguments]
    with pytest.raises(CommandError, match=words):
        run(*given)


def test_a_parameter_that_is_text_stays_text(listed: str, settings: LazySettings) -> None:
    settings.OPERATIONS = [*settings.OPERATIONS, f"{__name__}.Worded"]
    operations.cache_clear()
    given = ["said=123", "perhaps=true", "times=3", 'names=["a=b"]']
    output = run(
        "create", "worded", f"--input={listed}", "--paused", *(f"--param={p}" for p in given)
    )
    batch = Batch.objects.get(pk=int(output))
    assert batch.params == {"said": "123", "perhaps": "true", "times": 3, "names": ["a=b"]}


def test_an_export_without_rows_still_names_its_columns() -> None:
    batch = create("checksum", 3)
    text = run("export", str(batch.pk), "--format=csv", "--state=failed")
    assert text == "seq,line,target,state,attempts,error,result,finished_at\r\n"
    assert run("export", str(batch.pk), "--format=ndjson", "--state=failed") == ""


def test_a_retry_is_of_one_kind() -> None:
    with pytest.raises(SystemExit):
        run("retry", "1", "--failed", "--group=1")


def test_pause_resume_and_cancel() -> None:
    number = str(started("slow", 5).pk)
    assert run("pause", number) == f"Batch {number} is paused.\n"
    assert "Paused by the command line." in run("watch", number)
    assert run("resume", number) == f"Batch {number} is queued.\n"
    assert run("cancel", number) == f"Batch {number} is cancelling.\n"
    assert "Cancelled by the command line." in run("watch", number)


def test_status_verify_retry_and_export() -> None:
    batch = finished(started("checksum", 20, params={"fail_every": 5}, max_attempts=1))
    number = str(batch.pk)
    found: Any = json.loads(run("status", number, "--json"))
    assert found["counts"]["failed"] == 4
    assert "16 of 20 items succeeded, 4 failed." in run("status", number)
    assert run("verify", number) == "Every counter agrees with its items.\n"
    assert len(run("export", number, "--format=csv").splitlines()) == 21
    rows = [json.loads(row) for row in run("export", number, "--format=ndjson").splitlines()]
    assert [row["seq"] for row in rows] == list(range(20))
    failed = run("export", number, "--format=ndjson", "--state=failed").splitlines()
    assert len(failed) == 4
    assert "Retry of 4 items" in run("retry", number)
    group = batch.failure_groups.get()
    finished(batch)
    assert "Retry of 4 items" in run("retry", number, f"--group={group.pk}")


def test_verify_finds_what_is_wrong() -> None:
    batch = create("checksum", 20)
    batch.items.filter(seq=0).update(state="succeeded")
    output = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("batch", "verify", str(batch.pk), stdout=output)
    assert ended.value.code == 1
    assert "Chunk 0 says 10 pending; its items say 9." in output.getvalue()


def test_watch_follows_a_batch_to_its_end() -> None:
    # What looks like the markup of the bar is a name like any other.
    batch = started("checksum", 50, params={"delay_ms": 10}, name="[/red] list")
    assert "all 50 items succeeded" in run("watch", str(batch.pk))


def test_it_looks_at_the_settings_of_the_database_first_and_not_at_the_pages(
    settings: LazySettings,
) -> None:
    settings.ROOT_URLCONF = "nowhere"
    with pytest.raises(CommandError, match="There is no batch 0"):
        run("status", "0", skip_checks=False)
    settings.DBCOMPAT = {**settings.DBCOMPAT, "URL": "behind a pooler", "POOLER": "pgbouncer"}
    with pytest.raises(SystemCheckError, match=r"dbcompat\.E003"):
        run("status", "0", skip_checks=False)
