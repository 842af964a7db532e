"""Asynchronous successive halving in its promoting form (Li et al. 2020, "A System for Massively Parallel
Hyperparameter Tuning"), for several objectives and constraints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from assay_server.pareto import best_among
from assay_server.ports import RungView


class PromotingHalving:
    """Every trial stops at each rung; it goes on while it is among the best 1/eta of those that reached it.

    Use it when early values tell something about the end and there are more configurations to try than full
    trainings to pay for. Ranking is that of `pareto.top`.
    """

    def __init__(self, rungs: Sequence[int], eta: float) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *eta* > 1."""
        self._rungs = tuple(rungs)
        self._eta = eta

    def first_step(self) -> int | None:
        return self._rungs[0]

    def next_step(self, step: int) -> int | None:
        above = [r for r in self._rungs if r > step]
        return above[0] if above else None

    def decide(
        self, rungs: RungView, *, trial: int, step: int, is_last: bool = False
    ) -> Literal["promote", "pause", "stop"]:
        numbers = rungs.numbers(step)
        eligible_N = rungs.waiting(step) & False
        eligible_N[numbers.index(trial)] = True
        count = self._num_promotable(len(numbers), is_last=is_last)
        best = best_among(rungs.losses(step), rungs.violations(step), eligible_N, count)
        return "pause" if best is None else "promote"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> tuple[int, int] | None:
        """From the highest rung down, so that what is nearly finished is finished first.

        With *is_last* the share of a rung is rounded up: a small study, too, has a trial at the top in the end.
        """
        for step in reversed(self._rungs[:-1]):
            waiting_N = rungs.waiting(step)
            count = self._num_promotable(len(waiting_N), is_last=is_last)
            if count == 0 or not waiting_N.any():
                continue
            best = best_among(rungs.losses(step), rungs.violations(step), waiting_N, count)
            if best is not None:
                return rungs.numbers(step)[best], step
        return None

    def _num_promotable(self, num_results: int, *, is_last: bool = False) -> int:
        share = num_results / self._eta
        return math.ceil(share - 1e-9) if is_last else math.floor(share + 1e-9)
