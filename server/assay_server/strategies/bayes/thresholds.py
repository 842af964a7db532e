"""Reference points: where results stop being worth anything.

They matter more than anything else that the surrogate is told: without them the search spreads over the whole
front including its useless ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay_server.domain.objective import Objective, Score
from assay_server.pareto import infer_reference

from .columns import Array


def reference_of(objectives: Sequence[Objective], scores: Sequence[Score]) -> Array:
    """The reference point as losses, shape (M,): thresholds as given, the others inferred from the data.

    They are inferred from the feasible results, or from all while none is feasible; *scores* must not be empty.
    """
    known = [s for s in scores if s.is_feasible] or list(scores)
    inferred_M = infer_reference(np.array([s.losses for s in known], dtype=np.float64))
    given = [None if o.threshold is None else o.loss(o.threshold) for o in objectives]
    return np.array([float(inferred_M[j]) if t is None else t for j, t in enumerate(given)])
