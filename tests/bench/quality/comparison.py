"""What a comparison says: medians and quartiles over seeds, mean ranks over problems, significance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

FEWEST_PAIRS = 5
"""Below this no signed-rank test can find anything at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Values of several seeds."""

    median: float
    lower: float
    """A quarter is not above it."""
    upper: float
    num: int


def spread_of(values: Sequence[float]) -> Spread | None:
    """Median and quartiles; infinities are values like others; None without values."""
    if not values:
        return None
    ranked = sorted(values)
    lower, median, upper = (_quantile(ranked, share) for share in (0.25, 0.5, 0.75))
    return Spread(median=median, lower=lower, upper=upper, num=len(ranked))


def _quantile(ranked: Sequence[float], share: float) -> float:
    """Between two values by their distance, as NumPy has it, but infinite only where one of them is."""
    at = share * (len(ranked) - 1)
    low, high = ranked[math.floor(at)], ranked[math.ceil(at)]
    return low if low == high or at == math.floor(at) else low + (high - low) * (at - math.floor(at))


def mean_ranks(regrets: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean rank of each contender, 1 the best, over blocks: a problem, a number of workers and a seed.

    Equal regrets share the mean of their ranks. Who misses a block is not ranked: leave them, or it, out.
    """
    names = sorted(set.intersection(*(set(block) for block in regrets))) if regrets else []
    if not names:
        return {}
    ranks_BC = np.array([stats.rankdata([block[name] for name in names]) for block in regrets])
    return dict(zip(names, (float(rank) for rank in ranks_BC.mean(axis=0)), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A contender against the one that is judged."""

    other: str
    num_pairs: int
    num_wins: int
    """Pairs in which the judged one has the smaller regret."""
    num_ties: int
    p: float
    """Two-sided Wilcoxon signed-rank over pairs, corrected after Holm; NaN when there are too few pairs."""


def verdicts(judged: Mapping[str, float], others: Mapping[str, Mapping[str, float]]) -> list[Verdict]:
    """The judged one's regrets by block against each other's, on the blocks that both were run on.

    Regrets are compared as logarithms: problems differ by orders of magnitude, and so do the ends of one curve.
    """
    raw: list[tuple[str, list[float]]] = []
    for name, regrets in sorted(others.items()):
        shared = sorted(judged.keys() & regrets.keys())
        raw.append((name, [_log(judged[block]) - _log(regrets[block]) for block in shared]))
    corrected = holm([_wilcoxon(differences) for _, differences in raw])
    return [
        Verdict(
            other=name,
            num_pairs=len(differences),
            num_wins=sum(d < 0 for d in differences),
            num_ties=sum(d == 0 for d in differences),
            p=p,
        )
        for (name, differences), p in zip(raw, corrected, strict=True)
    ]


def holm(ps: Sequence[float]) -> list[float]:
    """P values corrected for how many they are, after Holm (1979); NaN stays, and is not counted."""
    order = sorted((i for i, p in enumerate(ps) if not math.isnan(p)), key=lambda i: ps[i])
    corrected = list(ps)
    largest = 0.0
    for position, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * ps[i]))
        corrected[i] = largest
    return corrected


def _wilcoxon(differences: Sequence[float]) -> float:
    if len(differences) < FEWEST_PAIRS:
        return math.nan
    if not any(differences):
        return 1.0
    return float(stats.wilcoxon(differences, zero_method="pratt").pvalue)


def _log(regret: float) -> float:
    """Finite for a regret of nothing, and for one without limit."""
    return math.log10(min(max(regret, 1e-12), 1e12))
