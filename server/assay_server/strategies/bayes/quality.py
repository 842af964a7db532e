"""How well a study's models predict configurations that they have not seen: see `leave_out`."""

from __future__ import annotations

import numpy as np

from assay_server.domain.analysis import ModelQuality

from .columns import Array
from .encode import Mask
from .fitted import MIN_CONFIGURATIONS, Fitted, FittedMetric
from .leave_out import groups_of, left_out, rank_correlation
from .posterior import processes_of


def qualities_of(fitted: Fitted) -> tuple[ModelQuality, ...]:
    """The cross-validated rank correlation of each metric, at the largest step that enough configurations reached."""
    groups_N = groups_of(fitted.metrics[0].points_ND[:, : fitted.encoding.width])
    shares_N = _shares(fitted)
    share = _compared_share(shares_N, groups_N)
    compared_N = np.isclose(shares_N, share)
    fidelity = fitted.spec.fidelity
    step = None if fidelity is None else round(fidelity.max**share)
    return tuple(
        ModelQuality(
            metric=m.metric,
            rank_correlation=_correlation(m, groups_N, compared_N),
            num_trials=len(set(groups_N[compared_N])),
            step=step,
        )
        for m in fitted.metrics
    )


def _correlation(metric: FittedMetric, groups_N: Array, compared_N: Mask) -> float | None:
    (process,) = processes_of(metric.model)
    observed_N, predicted_N = left_out(process, groups_N)
    return rank_correlation(observed_N[compared_N], predicted_N[compared_N])


def _shares(fitted: Fitted) -> Array:
    points_ND = fitted.metrics[0].points_ND
    return np.ones(len(points_ND)) if fitted.spec.fidelity is None else points_ND[:, -1]


def _compared_share(shares_N: Array, groups_N: Array) -> float:
    """The largest fidelity with enough configurations, else the one with the most."""
    counts = {float(s): len(set(groups_N[np.isclose(shares_N, s)])) for s in np.unique(shares_N)}
    enough = [share for share, count in counts.items() if count >= MIN_CONFIGURATIONS]
    return max(enough) if enough else max(counts, key=lambda share: (counts[share], share))
