"""Greedy ensemble selection with replacement: Caruana et al. 2004.

Starts from the best model and adds, again and again, the one whose answers improve the mean the most, until
none does. A model may be added several times, which gives it more weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import torch
from torch import Tensor

from assay_trainer.data.labelled import Target
from assay_trainer.goal import Judged, judge

MOST_ROUNDS = 30
"""Weights are then multiples of a thirtieth: finer ones fit the validation part's noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is given for what, in units of the error."""

    ece: float = 0.1
    """For answers whose confidence is as much off as this is worth of error."""
    latency: float = 5e-4
    """For taking twice as long as the quickest model: more models must bring something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An ensemble."""

    weights: tuple[float, ...]
    """Of all models, in their order; most of them 0. They sum to one."""
    validation: Judged
    latency_ms: float
    """Of its members one after the other."""
    price: float
    """What was minimised."""

    @property
    def num_members(self) -> int:
        """Models that have to be run."""
        return sum(weight > 0.0 for weight in self.weights)


def select_ensemble(
    answers: Sequence[Tensor],
    latencies_ms: Sequence[float],
    targets: Tensor,
    target: Target,
    *,
    bins: int,
    prices: Prices | None = None,
) -> list[Chosen]:
    """The ensembles that were passed through, from the best single model to the last one, which is the choice.

    *answers* of each model are (N, classes) probabilities or (N, 1) numbers, all of them on the same samples.
    Each ensemble has a lower price than the one before it.
    """
    price_of = _Pricing(answers, latencies_ms, targets, target, bins, prices or Prices())
    path = [min((price_of(Counter([index])) for index in range(len(answers))), key=lambda chosen: chosen.price)]
    counts = Counter({index: 1 for index, weight in enumerate(path[0].weights) if weight > 0.0})
    for _ in range(MOST_ROUNDS - 1):
        grown = [counts + Counter([index]) for index in range(len(answers))]
        best = min(grown, key=lambda each: price_of(each).price)
        chosen = price_of(best)
        if chosen.price >= path[-1].price:
            break
        counts = best
        path.append(chosen)
    return path


class _Pricing:
    """What an ensemble, as a bag of models, is worth."""

    def __init__(
        self,
        answers: Sequence[Tensor],
        latencies_ms: Sequence[float],
        targets: Tensor,
        target: Target,
        bins: int,
        prices: Prices,
    ) -> None:
        self._answers_MNC, self._latencies = torch.stack(list(answers)), latencies_ms
        self._targets, self._target, self._bins, self._prices = targets, target, bins, prices

    def __call__(self, counts: Counter[int]) -> Chosen:
        weights = torch.tensor([float(counts[index]) for index in range(len(self._latencies))])
        weights /= weights.sum()
        answers = torch.einsum("m,mnc->nc", weights, self._answers_MNC)
        judged = judge(self._target, answers, self._targets, bins=self._bins)
        latency = sum(self._latencies[index] for index in counts)
        slowness = log2(max(latency, 1e-9) / max(min(self._latencies), 1e-9))
        price = judged.error + self._prices.ece * (judged.ece or 0.0) + self._prices.latency * slowness
        return Chosen(weights=tuple(weights.tolist()), validation=judged, latency_ms=latency, price=price)
