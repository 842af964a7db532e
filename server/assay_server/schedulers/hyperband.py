"""Hyperband: brackets that begin at different rungs (Li et al. 2018), one after the other or all at once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from assay_server.scheduling import RungView

from .agreement import bracket_weights
from .asha import PromotingHalving
from .synchronous import Shape


def shapes(num_rungs: int, eta: float) -> tuple[Shape, ...]:
    """The brackets of Hyperband, the one with most trials and the lowest start first.

    ceil(K / (K - s) * eta^(K - 1 - s)) trials begin at rung s of K: every bracket costs about the same.
    """
    return tuple(
        Shape(start=s, size=math.ceil(num_rungs / (num_rungs - s) * eta ** (num_rungs - 1 - s) - 1e-9))
        for s in range(num_rungs)
    )


class AsynchronousHyperband(PromotingHalving):
    """Asynchronous halving in brackets: trials of bracket s begin at rung s, and each bracket halves by itself.

    Use it when nobody knows whether cheap evaluations can be trusted. While little is known, new trials are dealt
    out in Hyperband's proportions; then to brackets by how well their first rung predicts the top, and by how cheap
    it is (Hyper-Tune, Li et al. 2022; see `agreement`).
    """

    def __init__(self, rungs: Sequence[int], eta: float) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *eta* > 1."""
        super().__init__(rungs, eta)
        sizes = [shape.size for shape in shapes(len(rungs), eta)]
        self._proportions = [size / sum(sizes) for size in sizes]
        self._brackets = range(len(rungs))

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        weights = bracket_weights(rungs, self._ladder.rungs, self._proportions)
        return _deal(rungs, self._proportions) if weights is None else _draw(weights, seed=seed, number=number)

    def first_step(self, bracket: int | None = None) -> int | None:
        return self._ladder.rungs[bracket or 0]


def _deal(rungs: RungView, proportions: Sequence[float]) -> int:
    """The bracket that is farthest behind its proportion; the lowest of equals."""
    counts = [rungs.num_trials(b) for b in range(len(proportions))]
    total = sum(counts) + 1
    return max(range(len(counts)), key=lambda b: (proportions[b] * total - counts[b], -b))


def _draw(weights: Sequence[float], *, seed: int, number: int) -> int:
    """A bracket by chance, from the study's seed and the trial's number alone."""
    digest = hashlib.blake2b(f"{seed}/{number}/bracket".encode(), digest_size=8).digest()
    left = int.from_bytes(digest) / 2**64 * sum(weights)
    for bracket, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return bracket
    return len(weights) - 1
