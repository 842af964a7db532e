"""Tasks by name, or by a file that describes one; a task's data is read when it is opened."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from assay_trainer.config import BASELINES
from assay_trainer.data.dataset import DataSet
from assay_trainer.data.files import open_files
from assay_trainer.tasks.description import SUFFIX, Task, read_task

TASKS = {
    "digits": "assay_trainer.data.bundled:open_digits",
    "breast_cancer": "assay_trainer.data.bundled:open_breast_cancer",
    "wine": "assay_trainer.data.bundled:open_wine",
    "diabetes": "assay_trainer.data.bundled:open_diabetes",
}


class UnknownTask(LookupError):
    """No task has this name."""

    def __init__(self, task: str) -> None:
        super().__init__(f"task {task!r} is unknown; there are {', '.join(TASKS)}, and files that end in {SUFFIX}")
        self.task = task


def find_task(name: str) -> Task:
    """The task of that name, with the defaults as its configuration; or the one that a file describes.

    Raises:
        UnknownTask: when the table has no such task.
        BadTask: when the file is none.
    """
    if name.endswith(SUFFIX):
        return read_task(Path(name))
    return Task(bundled=name, base=BASELINES[open_bundled(name).kind])


def open_task(task: Task) -> DataSet:
    """The data of a task.

    Raises:
        UnknownTask: when it names none that is bundled.
        BadData: when its files cannot be used.
    """
    if task.reading is not None:
        return open_files(task.reading)
    return open_bundled(task.bundled)


def open_bundled(name: str) -> DataSet:
    """A data set that needs no files.

    Raises:
        UnknownTask: when the table has no such task.
    """
    if name not in TASKS:
        raise UnknownTask(name)
    module, attribute = TASKS[name].split(":")
    open_data = cast("Callable[[], DataSet]", getattr(import_module(module), attribute))
    return open_data()
