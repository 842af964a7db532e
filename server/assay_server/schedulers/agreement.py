"""How well a cheap rung predicts the top, and which brackets of Hyperband that speaks for.

After Hyper-Tune (Li et al. 2022, section 4.2), which weights brackets by the cost of their first rung and by how well
that rung ranks configurations. There a surrogate of each rung is asked; here the trials that reached two rungs are,
so that nothing needs to be fitted. Of trials that were promoted only the better ones are seen: agreement is
underestimated, and with it the weight of cheap rungs, which is the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from assay_server.pareto import Array, strata
from assay_server.scheduling import RungView

MIN_PAIRED = 8
"""Trials at two rungs below which their agreement says nothing: of 28 pairs the correlation is known to about 0.3."""
MAX_PAIRED = 100
"""The last so many trials are compared: pairs grow with the square, and early candidates were others."""
EXPLORED = 0.1
"""Share of new trials that keeps Hyperband's proportions, so that no rung is judged for ever by old trials."""


def bracket_weights(rungs: RungView, steps: Sequence[int], proportions: Sequence[float]) -> list[float] | None:
    """The probability that a new trial begins at each of *steps*; None while too few trials reached two rungs.

    Proportional to agreement with the top over cost, the cost of a rung being its step; a tenth goes by
    *proportions*.
    """
    trust = _agreements_with_top(rungs, steps)
    if trust is None:
        return None
    raw = [t / step for t, step in zip(trust, steps, strict=True)]
    total = sum(raw)  # the top agrees with itself, so it is above 0
    return [(1 - EXPLORED) * r / total + EXPLORED * p for r, p in zip(raw, proportions, strict=True)]


def _agreements_with_top(rungs: RungView, steps: Sequence[int]) -> list[float] | None:
    """For each rung the part of the ranking at the top that it foretells, in [0, 1].

    Where too few trials went from a rung to the top, by way of the highest rung between that enough have reached.
    """
    trust = [0.0] * (len(steps) - 1) + [1.0]
    for low in range(len(steps) - 2, -1, -1):
        for high in range(len(steps) - 1, low, -1):
            pairs = list(islice(_paired(rungs, steps[low], steps[high], len(steps)), MAX_PAIRED))
            if len(pairs) >= MIN_PAIRED:
                trust[low] = trust[high] * max(0.0, agreement(*_scores(pairs)))
                break
        else:
            return None
    return trust


Score = tuple[npt.NDArray[np.float64], float]
"""Losses, shape (M,), and violation."""


def _paired(rungs: RungView, low: int, high: int, num_brackets: int) -> Iterator[tuple[Score, Score]]:
    """Results at both rungs of the same trials, the latest of each bracket first."""
    for bracket in range(num_brackets):
        below, above = rungs.at(low, bracket), rungs.at(high, bracket)
        for row in range(len(above.numbers) - 1, -1, -1):
            found = below.row(above.numbers[row])
            if found is not None:
                yield (
                    (below.losses[found], float(below.violations[found])),
                    (above.losses[row], float(above.violations[row])),
                )


def _scores(pairs: Sequence[tuple[Score, Score]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return _strata([low for low, _ in pairs]), _strata([high for _, high in pairs])


def _strata(scores: Sequence[Score]) -> npt.NDArray[np.int64]:
    losses_NM: Array = np.array([losses for losses, _ in scores])
    return strata(losses_NM, np.array([violation for _, violation in scores]))


def agreement(low_N: npt.NDArray[np.int64], high_N: npt.NDArray[np.int64]) -> float:
    """Of the pairs that differ at the higher rung: those in the same order at the lower one, less the reversed ones.

    In [-1, 1]; 0 where nothing differs. Somers' D; Kendall's tau when there are no equals.
    """
    higher = np.sign(high_N[:, None] - high_N[None, :])
    lower = np.sign(low_N[:, None] - low_N[None, :])
    num_differing = np.count_nonzero(higher)
    return float((higher * lower).sum() / num_differing) if num_differing else 0.0
