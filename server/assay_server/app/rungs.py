"""Rung results of active studies in memory: a cache of rows that catches up within each act."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assay_server.domain.rung import RungResult
from assay_server.domain.study import Study
from assay_server.ports import RungView, UnitOfWork


def top_step(study: Study) -> int:
    """The rung of full evaluations; 0 without a fidelity."""
    return study.rungs[-1] if study.rungs else 0


class RungCache:
    """Rung results by study. Holds nothing that cannot be rebuilt from the rows; used by acts only."""

    def __init__(self, max_studies: int = 256) -> None:
        self._studies: dict[str, _StudyRungs] = {}
        self._max_studies = max_studies

    def view(self, uow: UnitOfWork, study: Study) -> RungView:
        """The results of *study*, this act's included. Forgotten again if the act has no effect."""
        rungs = self._studies.pop(study.uid, None) or _StudyRungs(len(study.spec.objectives))
        for result in uow.rung_results(study.uid, after_revision=rungs.revision):
            rungs.put(result)
        while len(self._studies) >= self._max_studies:
            del self._studies[next(iter(self._studies))]
        self._studies[study.uid] = rungs
        uow.on_rollback(lambda: self._forget(study.uid))
        return rungs

    def _forget(self, uid: str) -> None:
        self._studies.pop(uid, None)


class _StudyRungs:
    """ports.RungView over growing arrays."""

    def __init__(self, num_objectives: int) -> None:
        self.revision = 0
        self._num_objectives = num_objectives
        self._rungs: dict[int, _Rung] = {}

    def put(self, result: RungResult) -> None:
        self.revision = max(self.revision, result.revision)
        self._rung(result.step).put(result)

    def numbers(self, step: int) -> Sequence[int]:
        return self._rung(step).numbers

    def losses(self, step: int) -> npt.NDArray[np.float64]:
        rung = self._rung(step)
        return rung.losses[: len(rung.numbers)]

    def violations(self, step: int) -> npt.NDArray[np.float64]:
        rung = self._rung(step)
        return rung.violations[: len(rung.numbers)]

    def waiting(self, step: int) -> npt.NDArray[np.bool_]:
        rung = self._rung(step)
        return rung.waiting[: len(rung.numbers)]

    def _rung(self, step: int) -> _Rung:
        return self._rungs.setdefault(step, _Rung(self._num_objectives))


class _Rung:
    """One rung's results; arrays have room to grow, so that a new result costs no copy of the others."""

    def __init__(self, num_objectives: int) -> None:
        self.numbers: list[int] = []
        self._row: dict[int, int] = {}
        self.losses = np.empty((8, num_objectives), dtype=np.float64)
        self.violations = np.empty(8, dtype=np.float64)
        self.waiting = np.empty(8, dtype=np.bool_)

    def put(self, result: RungResult) -> None:
        row = self._row.get(result.trial)
        if row is None:
            row = self._row[result.trial] = len(self.numbers)
            self.numbers.append(result.trial)
            if row == len(self.violations):
                self._grow()
        self.losses[row] = result.score.losses
        self.violations[row] = result.score.violation
        self.waiting[row] = result.waiting

    def _grow(self) -> None:
        self.losses = np.concatenate([self.losses, np.empty_like(self.losses)])
        self.violations = np.concatenate([self.violations, np.empty_like(self.violations)])
        self.waiting = np.concatenate([self.waiting, np.empty_like(self.waiting)])
