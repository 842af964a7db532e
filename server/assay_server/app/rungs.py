"""Rung results of active studies in memory: a cache of rows that catches up within each act."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assay_server.domain.rung import BracketMember, Curve, RungResult
from assay_server.domain.strategy import has_brackets
from assay_server.domain.study import Study
from assay_server.pareto import Ranking
from assay_server.ports import UnitOfWork
from assay_server.scheduling import Rung, RungView


def top_step(study: Study) -> int:
    """The rung of full evaluations; 0 without a fidelity."""
    return study.rungs[-1] if study.rungs else 0


class RungCache:
    """Rung results by study. Holds nothing that cannot be rebuilt from the rows; used by acts only."""

    def __init__(self, max_studies: int = 256) -> None:
        self._studies: dict[str, StudyRungs] = {}
        self._max_studies = max_studies

    def view(self, uow: UnitOfWork, study: Study) -> RungView:
        """The results of *study*, this act's included. Forgotten again if the act has no effect."""
        rungs = self._studies.pop(study.uid, None) or StudyRungs(len(study.spec.objectives))
        found = uow.rung_results(study.uid, after_revision=rungs.revision)
        for result in sorted(found, key=lambda r: r.arrival):  # the order of rows, also after a restart
            rungs.put(result)
        if has_brackets(study.strategy.scheduler):
            for member in uow.bracket_members(study.uid, after_revision=rungs.members_revision):
                rungs.put_member(member)
        while len(self._studies) >= self._max_studies:
            del self._studies[next(iter(self._studies))]
        self._studies[study.uid] = rungs
        uow.on_rollback(lambda: self._forget(study.uid))
        return rungs

    def _forget(self, uid: str) -> None:
        self._studies.pop(uid, None)


class StudyRungs:
    """scheduling.RungView over growing arrays and counters: what changes costs its own size only."""

    def __init__(self, num_objectives: int) -> None:
        self.revision = 0
        self.members_revision = 0
        self._num_objectives = num_objectives
        self._rungs: dict[tuple[int | None, int], _Rung] = {}
        self._nobody = _Rung(num_objectives)
        self._bracket_of: dict[int, int] = {}
        self._open: defaultdict[int, set[int]] = defaultdict(set)
        self._num_trials: Counter[int] = Counter()
        self._num_waiting: Counter[int] = Counter()
        self._live: set[int] = set()
        self._num_brackets = 0

    def put(self, result: RungResult) -> None:
        """Take in a result that is new or has changed."""
        self.revision = max(self.revision, result.revision)
        key = result.bracket, result.step
        rung = self._rungs.get(key)
        if rung is None:
            rung = self._rungs[key] = _Rung(self._num_objectives)
        num_more = rung.put(result)
        if result.bracket is not None and num_more:
            self._num_waiting[result.bracket] += num_more
            self._judge(result.bracket)

    def put_member(self, member: BracketMember) -> None:
        """Take in a trial of a bracket that is new or has changed."""
        self.members_revision = max(self.members_revision, member.revision)
        bracket = member.bracket
        if member.trial not in self._bracket_of:
            self._bracket_of[member.trial] = bracket
            self._num_trials[bracket] += 1
            self._num_brackets = max(self._num_brackets, bracket + 1)
        if member.is_open:
            self._open[bracket].add(member.trial)
        else:
            self._open[bracket].discard(member.trial)
        self._judge(bracket)

    def at(self, step: int, bracket: int | None = None) -> Rung:
        return self._rungs.get((bracket, step), self._nobody)

    @property
    def num_brackets(self) -> int:
        return self._num_brackets

    def num_trials(self, bracket: int) -> int:
        return self._num_trials[bracket]

    def num_open(self, bracket: int) -> int:
        return len(self._open[bracket]) if bracket in self._open else 0

    def live_brackets(self) -> Sequence[int]:
        return sorted(self._live)

    def _judge(self, bracket: int) -> None:
        if self._open.get(bracket) or self._num_waiting[bracket]:
            self._live.add(bracket)
        else:
            self._live.discard(bracket)
            self._open.pop(bracket, None)


class _Rung:
    """scheduling.Rung; arrays have room to grow, so that a new result costs no copy of the others."""

    def __init__(self, num_objectives: int) -> None:
        self.numbers: list[int] = []
        self._row: dict[int, int] = {}
        self._losses = np.empty((8, num_objectives), dtype=np.float64)
        self._mean_losses = np.empty((8, num_objectives), dtype=np.float64)
        self._violations = np.empty(8, dtype=np.float64)
        self._waiting = np.zeros(8, dtype=np.bool_)
        self._promoted = np.zeros(8, dtype=np.bool_)
        self._curves: dict[int, Curve] = {}
        self._ranking: Ranking | None = None

    @property
    def losses(self) -> npt.NDArray[np.float64]:
        return self._losses[: len(self.numbers)]

    @property
    def mean_losses(self) -> npt.NDArray[np.float64]:
        return self._mean_losses[: len(self.numbers)]

    @property
    def violations(self) -> npt.NDArray[np.float64]:
        return self._violations[: len(self.numbers)]

    @property
    def ranking(self) -> Ranking:
        if self._ranking is None:  # asked for more often than results come
            self._ranking = Ranking(self.losses, self.violations)
        return self._ranking

    @property
    def waiting(self) -> npt.NDArray[np.bool_]:
        return self._waiting[: len(self.numbers)]

    @property
    def promoted(self) -> npt.NDArray[np.bool_]:
        return self._promoted[: len(self.numbers)]

    def row(self, trial: int) -> int | None:
        return self._row.get(trial)

    def curve(self, row: int) -> Curve | None:
        return self._curves.get(row)

    def put(self, result: RungResult) -> int:
        """Take in a result; by how many the waiting become more (1, 0 or -1)."""
        row = self._row.get(result.trial)
        if row is None:
            row = self._row[result.trial] = len(self.numbers)
            self.numbers.append(result.trial)
            if row == len(self._violations):
                self._grow()
            self._ranking = None
        elif tuple(self._losses[row]) != result.score.losses or self._violations[row] != result.score.violation:
            self._ranking = None
        self._losses[row] = self._mean_losses[row] = result.score.losses
        self._violations[row] = result.score.violation
        if result.curve is not None:
            self._curves[row] = result.curve
            self._mean_losses[row] = result.curve.mean_losses
        num_more = int(result.waiting) - int(self._waiting[row])
        self._waiting[row], self._promoted[row] = result.waiting, result.promoted
        return num_more

    def _grow(self) -> None:
        size = len(self._violations)
        self._losses = np.concatenate([self._losses, np.empty_like(self._losses)])
        self._mean_losses = np.concatenate([self._mean_losses, np.empty_like(self._mean_losses)])
        self._violations = np.concatenate([self._violations, np.empty_like(self._violations)])
        self._waiting = np.concatenate([self._waiting, np.zeros(size, dtype=np.bool_)])
        self._promoted = np.concatenate([self._promoted, np.zeros(size, dtype=np.bool_)])
