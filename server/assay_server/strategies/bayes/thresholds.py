"""Reference points: where results stop being worth anything.

They matter more than anything else that the surrogate is told: without them the search spreads over the whole
front including its useless ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay_server.domain.objective import Objective
from assay_server.pareto import infer_reference

from .columns import Array
from .encode import Mask


def reference_of(objectives: Sequence[Objective], losses_NM: Array, feasible_N: Mask) -> Array:
    """The reference point as losses, shape (M,): thresholds as given, the others inferred from the data.

    They are inferred from the feasible results, or from all while none is feasible. *losses_NM* must be free of NaN
    and of outliers, and not empty.
    """
    inferred_M = infer_reference(losses_NM[feasible_N] if feasible_N.any() else losses_NM)
    given = [given_threshold(o) for o in objectives]
    return np.array([float(inferred_M[j]) if t is None else t for j, t in enumerate(given)])


def given_threshold(objective: Objective) -> float | None:
    """The user's threshold as a loss, if there is one."""
    return None if objective.threshold is None else objective.loss(objective.threshold)
