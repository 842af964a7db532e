"""Asynchronous successive halving in its promoting form (Li et al. 2020, "A System for Massively Parallel
Hyperparameter Tuning"), for several objectives and constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from assay_server.scheduling import Decision, RungView, Settled, WaitingTrial

from .ladder import Ladder, row_of, waiting_among


class PromotingHalving:
    """Every trial stops at each rung; it goes on while it is among the best 1/eta of those that reached it.

    Use it when early values tell something about the end and there are more configurations to try than full
    trainings to pay for. Ranking is that of `pareto.top`.
    """

    def __init__(self, rungs: Sequence[int], eta: float) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *eta* > 1."""
        self._ladder = Ladder(rungs, eta)
        self._brackets: Sequence[int | None] = (None,)
        """Those that are halved; trials in none of them go on to the top."""

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
        if bracket not in self._brackets:
            return "promote"
        rung = rungs.at(step, bracket)
        count = self._quota(rungs, is_last=is_last)(step, len(rung.numbers))
        return "promote" if rung.ranking.has_among(row_of(rung, trial), count) else "pause"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        """From the highest rung down, so that what is nearly finished is finished first.

        With *is_last* the share of a rung is rounded up: a small study, too, has a trial at the top in the end.
        """
        quota = self._quota(rungs, is_last=is_last)
        for step in reversed(self._ladder.below_top):
            for bracket in self._brackets:
                rung = rungs.at(step, bracket)
                yield from waiting_among(rung, step, quota(step, len(rung.numbers)))

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        return iter(())  # who waits today may be among the best when more have come

    def _quota(self, rungs: RungView, *, is_last: bool) -> Callable[[int, int], int]:
        """From a rung and how many reached it to how many of them go on, those that went on already included."""
        share = self._ladder.share_up if is_last else self._ladder.share
        return lambda _, num_results: share(num_results)
