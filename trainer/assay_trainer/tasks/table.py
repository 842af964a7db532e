"""Tasks by name; a task's data is imported when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from assay_trainer.data.labelled import SearchData

TASKS = {"digits": "assay_trainer.data.digits:open_for_search"}


class UnknownTask(LookupError):
    """No task has this name."""

    def __init__(self, task: str) -> None:
        super().__init__(f"task {task!r} is unknown; there are {', '.join(TASKS)}")
        self.task = task


def open_task(task: str) -> SearchData:
    """What a search may see of the task's data.

    Raises:
        UnknownTask: when the table has no such task.
    """
    if task not in TASKS:
        raise UnknownTask(task)
    module, attribute = TASKS[task].split(":")
    open_data = cast("Callable[[], SearchData]", getattr(import_module(module), attribute))
    return open_data()
