"""Reading the data and deciding the space, before any process is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.cli.failures import Refused, load_part
from assay_trainer.data.dataset import BadData, DataSet
from assay_trainer.data.files import Reading
from assay_trainer.overrides import Decided, decide
from assay_trainer.space import SpaceError
from assay_trainer.tasks.description import SUFFIX, Task, write_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the study and its workers are made from."""

    dataset: DataSet
    decided: Decided
    task: Path
    """Where the workers read what they train on."""


def prepare_task(
    data: str,
    reading: Reading,
    overrides: Mapping[str, object],
    folder: Path,
    tell: Callable[[str], None],
) -> Prepared:
    """Read *data*, which is the name of a bundled data set or a path, and write the task down in *folder*.

    Raises:
        Refused: the data cannot be learnt from, or an override cannot be.
    """
    load_part("assay_trainer.engine", extra="trainer")
    from assay_trainer.augment import can_augment
    from assay_trainer.config import BASELINES
    from assay_trainer.tasks.table import TASKS, open_bundled, open_task

    try:
        dataset = open_bundled(data) if data in TASKS else open_task(Task(base=BASELINES["images"], reading=reading))
        wanted = dict(overrides)
        if dataset.kind == "images" and not can_augment():
            tell("augmentation is left out: it needs pip install 'assay[images]'")
            wanted.setdefault("augmentation.kind", "none")
        decided = decide(BASELINES[dataset.kind], wanted)
    except ModuleNotFoundError as error:
        raise Refused(f"{error.name} is not installed; get it with: pip install 'assay[images]'") from error
    except (BadData, SpaceError) as error:
        raise Refused(str(error)) from error
    given = Task(base=decided.base, bundled=data) if data in TASKS else Task(base=decided.base, reading=reading)
    path = folder / f"fit{SUFFIX}"
    write_task(path, given)
    return Prepared(dataset=dataset, decided=decided, task=path)
