"""What a process predicts of rows that it has not seen.

Every configuration is left out in turn, with all its rows: had a later or an earlier point of the same curve stayed,
the model would only have to copy it. Hyperparameters stay as they are; then the predictions follow from the inverse of
the covariance K of all N rows, without another fit (Rasmussen and Williams 2006, section 5.4.2; Ginsbourger and
Schärer 2021 for groups): the rows G of a configuration are predicted as y_G - (K^-1)_GG^-1 (K^-1 (y - mean))_G.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import spearmanr

from .columns import Array
from .encode import key_of
from .posterior import JITTER, Process

MIN_GROUPS = 5
"""With fewer configurations a rank correlation says nothing."""


def left_out(process: Process, groups_N: Array) -> tuple[Array, Array]:
    """What the process was fitted to, and what it predicts for each row without the rows of its group."""
    with torch.no_grad():
        covariance_NN = process.covariance(process.points_ND, process.points_ND)
        inverse_NN = torch.linalg.inv(covariance_NN + torch.diag(process.noises_N + JITTER)).numpy()
        values_N = process.values_N.numpy()
        pulls_N = inverse_NN @ (values_N - float(process.mean))
    errors_N = np.empty_like(pulls_N)
    for group in np.unique(groups_N):
        rows = np.flatnonzero(groups_N == group)
        errors_N[rows] = np.linalg.solve(inverse_NN[np.ix_(rows, rows)], pulls_N[rows])
    return values_N, values_N - errors_N


def groups_of(points_ND: Array) -> Array:
    """A number for each row, the same for rows of one configuration; *points_ND* without the fidelity."""
    keys = [key_of(point_D) for point_D in points_ND]
    number = {key: float(i) for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys])


def rank_correlation(observed_N: Array, predicted_N: Array) -> float | None:
    """Spearman's; None where there are too few values, or one side is constant."""
    if len(observed_N) < MIN_GROUPS or np.ptp(observed_N) == 0 or np.ptp(predicted_N) == 0:
        return None
    return float(spearmanr(observed_N, predicted_N).statistic)
