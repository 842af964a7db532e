"""The percentile rule, whose case of 50 percent is the median rule of Vizier (Golovin et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from assay_server.pareto import is_on_front, strata
from assay_server.scheduling import Decision, Rung, RungView, Settled, WaitingTrial

from .ladder import Ladder, row_of


class PercentileRule:
    """A trial is stopped when its best so far is worse than a percentile of the others' running averages.

    Use it where curves are noisy, or as a careful stop of what is clearly bad: it never pauses, and stops at most
    about (100 - percentile) percent at a rung. Both sides are taken at the same rung. Its best against their
    averages is the published rule: lenient to a curve that fell late or is noisy.

    With several objectives the best and the average are taken in each; "worse" means more violation, or a higher
    non-dominated rank among the others. A trial on the front of the plain results at its rung always goes on.
    """

    def __init__(self, rungs: Sequence[int], *, percentile: float, min_trials: int) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *percentile* is in (0, 100)."""
        self._ladder = Ladder(rungs, eta=2.0)  # no share is ever taken
        self._percentile = percentile
        self._min_trials = min_trials

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        return None

    def admits(self, rungs: RungView) -> bool:
        return True

    def first_step(self, bracket: int | None = None) -> int | None:
        return self._ladder.rungs[0]

    def next_step(self, step: int) -> int | None:
        return self._ladder.next_step(step)

    def decide(
        self, rungs: RungView, *, trial: int, step: int, bracket: int | None = None, is_last: bool = False
    ) -> Decision:
        rung = rungs.at(step, bracket)
        row, num_others = row_of(rung, trial), len(rung.numbers) - 1
        if num_others < self._min_trials or is_on_front(rung.losses, rung.violations, row):
            return "promote"
        share = _num_better(rung, row) / num_others
        return "stop" if 100 * share > self._percentile + 1e-9 else "promote"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        return iter(())  # nobody is paused

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        return iter(())


def _num_better(rung: Rung, row: int) -> int:
    """How many others have averages that are strictly better than the best of the trial in *row*."""
    losses_NM, violation_N = rung.mean_losses.copy(), rung.violations.copy()
    curve = rung.curve(row)
    if curve is not None:
        losses_NM[row], violation_N[row] = curve.best_losses, curve.least_violation
    strata_N = strata(losses_NM, violation_N)
    return int(np.count_nonzero(strata_N < strata_N[row]))
