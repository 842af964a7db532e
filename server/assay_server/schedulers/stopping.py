"""Asynchronous successive halving in its stopping form (the `stopping` variant of Li et al. 2020, as in Syne Tune)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay_server.pareto import is_on_front
from assay_server.scheduling import Decision, RungView, Settled, WaitingTrial

from .ladder import Ladder, row_of


class StoppingHalving:
    """A trial that is not among the best 1/eta of those that reached its rung so far is stopped for good.

    Use it where a trial cannot be paused: no checkpoints, or a start that costs as much as the training. Nothing is
    ever resumed, so an early comer that was let on with few to compare with costs more than in the promoting form.
    The share is rounded up: of few, one goes on, and the first at each rung always does.
    """

    def __init__(self, rungs: Sequence[int], eta: float) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *eta* > 1."""
        self._ladder = Ladder(rungs, eta)

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
        row, count = row_of(rung, trial), self._ladder.share_up(len(rung.numbers))
        if is_on_front(rung.losses, rung.violations, row):  # the front may be larger than the share
            return "promote"
        return "promote" if rung.ranking.has_among(row, count) else "stop"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        return iter(())  # nobody is paused

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        return iter(())
