"""A backend for django.tasks that needs nothing else to be installed: the loop thread of this process."""

import asyncio
import logging
import traceback
from collections.abc import Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, cast

from django.tasks import Task, TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import TaskContext, TaskError
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.json import normalize_json

from dbcompat import loop

log = logging.getLogger(__name__)


class LoopThreadBackend(BaseTaskBackend):
    """Runs each task on the loop thread of the process that enqueued it: async ones there, others beside it.

    Results are not kept: only this process could read them, and only while it lives. A task that a crash
    interrupts is not repeated here; whoever enqueues must be able to see that its work is not done.
    """

    supports_async_task = True
    supports_defer = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.worker_id = get_random_string(32)

    def enqueue(
        self, task: "Task[Any, Any]", args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> "TaskResult[Any, Any]":
        self.validate_task(task)
        result: TaskResult[Any, Any] = TaskResult(
            task=task,
            id=get_random_string(32),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=cast("list[Any]", normalize_json(list(args))),
            kwargs=cast("dict[str, Any]", normalize_json(dict(kwargs))),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        task_enqueued.send(type(self), task_result=result)
        loop.submit(self._run, result)
        return result

    async def aenqueue(
        self, task: "Task[Any, Any]", args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> "TaskResult[Any, Any]":
        # Nothing in it blocks; a thread for it would only be a way to deadlock.
        return self.enqueue(task, args, kwargs)

    async def _run(self, result: "TaskResult[Any, Any]") -> None:
        if result.task.run_after is not None:
            await asyncio.sleep((result.task.run_after - timezone.now()).total_seconds())
        now = timezone.now()
        _set(result, status=TaskResultStatus.RUNNING, started_at=now, last_attempted_at=now)
        result.worker_ids.append(self.worker_id)
        task_started.send(type(self), task_result=result)
        try:
            returned = await self._call(result)
            _set(result, _return_value=normalize_json(returned), status=TaskResultStatus.SUCCESSFUL)
        except BaseException as error:
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
            text = "".join(traceback.format_exception(error))
            result.errors.append(TaskError(exception_class_path=kind, traceback=text))
            _set(result, status=TaskResultStatus.FAILED)
            raise
        finally:
            _set(result, finished_at=timezone.now())
            task_finished.send(type(self), task_result=result)

    async def _call(self, result: "TaskResult[Any, Any]") -> Any:
        task = result.task
        args: list[Any] = [TaskContext(task_result=result)] if task.takes_context else []
        args += result.args
        if iscoroutinefunction(task.func):
            return await task.func(*args, **result.kwargs)
        return await asyncio.to_thread(task.func, *args, **result.kwargs)


def _set(result: "TaskResult[Any, Any]", **values: Any) -> None:
    """A TaskResult is frozen for everyone but its backend."""
    for name, value in values.items():
        object.__setattr__(result, name, value)
