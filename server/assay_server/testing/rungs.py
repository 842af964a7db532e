"""Rung results as a list: the slow, obvious scheduling.RungView."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from assay_server.domain.objective import Score
from assay_server.domain.rung import BracketMember, Curve, RungResult
from assay_server.pareto import Ranking
from assay_server.scheduling import Rung


def a_result(
    trial: int,
    step: int,
    *losses: float,
    violation: float = 0.0,
    waiting: bool = False,
    promoted: bool = False,
    bracket: int | None = None,
    curve: Curve | None = None,
) -> RungResult:
    """What a trial achieved at a rung; feasible, and neither waiting nor gone on, unless said."""
    return RungResult(
        trial=trial,
        step=step,
        score=Score(losses=losses, violation=violation),
        waiting=waiting,
        promoted=promoted,
        bracket=bracket,
        curve=curve,
    )


def members(bracket: int, *, num_open: int = 0, num_ended: int = 0) -> list[BracketMember]:
    """Trials of a bracket, numbered from 1, the ended ones first."""
    return [
        BracketMember(trial=i + 1, bracket=bracket, is_open=i >= num_ended, revision=0)
        for i in range(num_ended + num_open)
    ]


def of_one_objective(
    losses: Mapping[int, Sequence[float]], waiting: Mapping[int, Sequence[bool]] | None = None
) -> ListedRungs:
    """For each step the losses of trials 1, 2, ... and who of them waits; without being told, all do."""
    results = []
    for step, values in losses.items():
        waits = (waiting or {}).get(step, [True] * len(values))
        results += [a_result(i + 1, step, loss, waiting=waits[i]) for i, loss in enumerate(values)]
    return ListedRungs(results)


class ListedRungs:
    """scheduling.RungView of results in order of arrival, and members of brackets."""

    def __init__(self, results: Sequence[RungResult] = (), members: Sequence[BracketMember] = ()) -> None:
        self.results = tuple(results)
        self.members = tuple(members)

    def at(self, step: int, bracket: int | None = None) -> Rung:
        return ListedRung([r for r in self.results if (r.step, r.bracket) == (step, bracket)])

    @property
    def num_brackets(self) -> int:
        return max((m.bracket for m in self.members), default=-1) + 1

    def num_trials(self, bracket: int) -> int:
        return sum(m.bracket == bracket for m in self.members)

    def num_open(self, bracket: int) -> int:
        return sum(m.bracket == bracket and m.is_open for m in self.members)

    def live_brackets(self) -> Sequence[int]:
        waiting = {r.bracket for r in self.results if r.waiting and r.bracket is not None}
        return sorted(waiting | {m.bracket for m in self.members if m.is_open})


class ListedRung:
    """scheduling.Rung of results in order of arrival."""

    def __init__(self, results: Sequence[RungResult]) -> None:
        self.results = tuple(results)

    @property
    def numbers(self) -> Sequence[int]:
        return [r.trial for r in self.results]

    @property
    def losses(self) -> npt.NDArray[np.float64]:
        return _matrix([r.score.losses for r in self.results])

    @property
    def mean_losses(self) -> npt.NDArray[np.float64]:
        return _matrix([r.curve.mean_losses if r.curve else r.score.losses for r in self.results])

    @property
    def violations(self) -> npt.NDArray[np.float64]:
        return np.array([r.score.violation for r in self.results], dtype=np.float64)

    @property
    def ranking(self) -> Ranking:
        return Ranking(self.losses, self.violations)

    @property
    def waiting(self) -> npt.NDArray[np.bool_]:
        return np.array([r.waiting for r in self.results], dtype=np.bool_)

    @property
    def promoted(self) -> npt.NDArray[np.bool_]:
        return np.array([r.promoted for r in self.results], dtype=np.bool_)

    def row(self, trial: int) -> int | None:
        return next((i for i, r in enumerate(self.results) if r.trial == trial), None)

    def curve(self, row: int) -> Curve | None:
        return self.results[row].curve


def _matrix(rows: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1 if rows else 1)
