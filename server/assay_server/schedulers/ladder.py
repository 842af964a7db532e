"""The ladder: the rungs of a fidelity, and what share of a rung goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from assay_server.scheduling import Rung, WaitingTrial


class Ladder:
    """Rungs from the lowest to a full evaluation."""

    def __init__(self, rungs: Sequence[int], eta: float) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *eta* > 1."""
        self.rungs = tuple(rungs)
        self.eta = eta
        self._next = dict(zip(self.rungs, self.rungs[1:], strict=False))

    @property
    def below_top(self) -> tuple[int, ...]:
        """The rungs at which something is decided."""
        return self.rungs[:-1]

    def next_step(self, step: int) -> int | None:
        """The rung after *step*; None at the top."""
        return self._next[step] if step in self._next else min((r for r in self.rungs if r > step), default=None)

    def share(self, num_results: int) -> int:
        """The best 1/eta of so many, rounded down."""
        return math.floor(num_results / self.eta + 1e-9)

    def share_up(self, num_results: int) -> int:
        """The best 1/eta of so many, rounded up."""
        return math.ceil(num_results / self.eta - 1e-9)


def waiting_among(rung: Rung, step: int, count: int) -> Iterator[WaitingTrial]:
    """Those of the best *count* of a rung that wait, best first."""
    waiting_N = rung.waiting
    if count > 0 and waiting_N.any():
        for row in rung.ranking.best(count, waiting_N):
            yield WaitingTrial(trial=rung.numbers[row], step=step)


def row_of(rung: Rung, trial: int) -> int:
    """The row of a trial whose result at the rung has just been stored."""
    row = rung.row(trial)
    assert row is not None, f"trial {trial} has no result at the rung that is decided"
    return row
