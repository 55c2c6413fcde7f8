from collections.abc import Iterator

import pytest
from django.tasks import TaskResultStatus, task
from django.tasks.signals import task_finished

from dbcompat import loop
from tests.integration.running import until

seen: list[object] = []


@task
async def awaited(word: str) -> str:
    assert loop.is_loop_thread()
    seen.append(word)
    return word.upper()


@task
def plain(word: str) -> str:
    assert not loop.is_loop_thread()
    seen.append(word)
    return word


@task
async def failing() -> None:
    raise ZeroDivisionError("boom")


@pytest.fixture(autouse=True)
def finished() -> Iterator[list[object]]:
    seen.clear()
    results: list[object] = []

    def note(sender: object, task_result: object, **rest: object) -> None:
        results.append(task_result)

    task_finished.connect(note)
    yield results
    task_finished.disconnect(note)


def test_async_tasks_run_on_the_loop_and_others_beside_it(finished: list[object]) -> None:
    one, two = awaited.enqueue("a"), plain.enqueue("b")
    until(lambda: len(finished) == 2, "both to finish")
    assert sorted(map(str, seen)) == ["a", "b"]
    assert one.status == two.status == TaskResultStatus.SUCCESSFUL
    assert str(one.return_value) == "A"


def test_a_failure_is_recorded_and_logged(
    finished: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    result = failing.enqueue()
    until(lambda: finished, "the end")
    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class_path == "builtins.ZeroDivisionError"
    until(lambda: "boom" in caplog.text, "the log")


def test_enqueueing_on_the_loop_itself_does_not_wait_for_it(finished: list[object]) -> None:
    async def enqueue() -> None:
        await awaited.aenqueue("from the loop")

    loop.run(enqueue, timeout=5)
    until(lambda: finished, "the end")
    assert seen == ["from the loop"]
