"""A task written down: which data, how it is read, what is given about the training. Workers are started with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from assay_trainer.config import TrainConfig
from assay_trainer.data.files import Reading

SUFFIX = ".task.json"


class BadTask(ValueError):
    """A file does not describe a task."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} does not describe a task: {reason}")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is trained on, and every field of the configuration that is not searched."""

    base: Annotated[TrainConfig, Field(discriminator="kind")]
    bundled: str = ""
    """A name of `tasks.table`; empty when files are read."""
    reading: Reading | None = None


_TASK = TypeAdapter(Task)


def write_task(path: Path, task: Task) -> None:
    """Write it down; *path* ends in `SUFFIX`."""
    path.write_bytes(_TASK.dump_json(task, indent=2))


def read_task(path: Path) -> Task:
    """What `write_task` has written.

    Raises:
        BadTask: it cannot be read, or misses something.
    """
    try:
        return _TASK.validate_json(path.read_bytes())
    except OSError as error:
        raise BadTask(path, str(error.strerror)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadTask(path, f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from error
