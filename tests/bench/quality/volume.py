"""Hypervolume, by moocore."""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
import numpy.typing as npt


def hypervolume(points_NM: Sequence[Sequence[float]] | npt.NDArray[np.float64], reference: Sequence[float]) -> float:
    """Volume that the points dominate within the reference, all minimised; 0 without points that dominate it."""
    found_NM = np.asarray(points_NM, dtype=np.float64).reshape(-1, len(reference))
    within_NM = found_NM[(found_NM < np.asarray(reference)).all(axis=1)]
    return float(moocore.hypervolume(within_NM, ref=list(reference))) if len(within_NM) else 0.0
