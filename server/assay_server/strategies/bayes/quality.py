"""How well a model predicts configurations that it has not seen.

Every configuration is left out in turn, with all its rows: had a later or an earlier point of the same curve stayed,
the model would only have to copy it. Hyperparameters stay as they are; then the predictions follow from the inverse of
the covariance K of all N rows, without another fit (Rasmussen and Williams 2006, section 5.4.2; Ginsbourger and
Schärer 2021 for groups): the rows G of a configuration are predicted as y_G - (K^-1)_GG^-1 (K^-1 (y - mean))_G.
"""

from __future__ import annotations

import numpy as np
import torch
from gpytorch.likelihoods import Likelihood
from scipy.stats import spearmanr

from assay_server.domain.analysis import ModelQuality

from .columns import Array
from .encode import key_of
from .fitted import MIN_CONFIGURATIONS, Fitted, FittedMetric


def qualities_of(fitted: Fitted) -> tuple[ModelQuality, ...]:
    """The cross-validated rank correlation of each metric, at the largest step that enough configurations reached."""
    groups_N = _groups(fitted)
    shares_N = _shares(fitted)
    share = _compared_share(shares_N, groups_N)
    compared_N = np.isclose(shares_N, share)
    fidelity = fitted.spec.fidelity
    step = None if fidelity is None else round(fidelity.max**share)
    return tuple(
        ModelQuality(
            metric=m.metric,
            rank_correlation=_rank_correlation(*(values_N[compared_N] for values_N in left_out(m, groups_N))),
            num_trials=len(set(groups_N[compared_N])),
            step=step,
        )
        for m in fitted.metrics
    )


def left_out(metric: FittedMetric, groups_N: Array) -> tuple[Array, Array]:
    """What the model was fitted to, and what it predicts for each row without the rows of its group; standardised."""
    model = metric.model
    likelihood: Likelihood = model.likelihood
    assert model.train_inputs is not None
    with torch.no_grad():
        model.train()
        noisy = likelihood(model(*model.train_inputs), *model.train_inputs)
        inverse_NN = torch.linalg.inv(noisy.covariance_matrix).numpy()
        values_N = model.train_targets.numpy()
        pulls_N = inverse_NN @ (values_N - noisy.mean.numpy())
        model.eval()
    errors_N = np.empty_like(pulls_N)
    for group in np.unique(groups_N):
        rows = np.flatnonzero(groups_N == group)
        errors_N[rows] = np.linalg.solve(inverse_NN[np.ix_(rows, rows)], pulls_N[rows])
    return values_N, values_N - errors_N


def _groups(fitted: Fitted) -> Array:
    """A number for each row, the same for rows of one configuration."""
    keys = [key_of(point_D[: fitted.encoding.width]) for point_D in fitted.metrics[0].points_ND]
    number = {key: float(i) for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys])


def _shares(fitted: Fitted) -> Array:
    points_ND = fitted.metrics[0].points_ND
    return np.ones(len(points_ND)) if fitted.spec.fidelity is None else points_ND[:, -1]


def _compared_share(shares_N: Array, groups_N: Array) -> float:
    """The largest fidelity with enough configurations, else the one with the most."""
    counts = {float(s): len(set(groups_N[np.isclose(shares_N, s)])) for s in np.unique(shares_N)}
    enough = [share for share, count in counts.items() if count >= MIN_CONFIGURATIONS]
    return max(enough) if enough else max(counts, key=lambda share: (counts[share], share))


def _rank_correlation(observed_N: Array, predicted_N: Array) -> float | None:
    if len(observed_N) < MIN_CONFIGURATIONS or np.ptp(observed_N) == 0 or np.ptp(predicted_N) == 0:
        return None
    return float(spearmanr(observed_N, predicted_N).statistic)
