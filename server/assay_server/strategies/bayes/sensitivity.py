"""How much each parameter matters: Sobol indices of what the models predict at full fidelity.

Every searched parameter is one uniform number, independent of the others, from which its columns follow: a choice is
one input however many columns it has, and a conditional parameter counts where it is active. Indices are estimated by
SciPy (Saltelli et al. 2010 for first order, Jansen 1999 for total).

For the hypervolume the output is what one configuration is worth by itself, in many directions: the hypervolume of a
front is the mean over directions v of max over its points of min_j (max(0, r_j - loss_j) / (w_j v_j))^M (Zhang and
Golovin 2020), with r the reference point and w the widths. That is a vector of outputs, whose indices are the sums of
the partial variances over the sum of variances (Gamboa et al. 2014). Where there are hard constraints, a
configuration's worth is multiplied by the probability that it keeps them.

N is the number of points, P of searched parameters, M of objectives, L of outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm, qmc, sobol_indices

from assay_server.domain.analysis import HYPERVOLUME, Importance
from assay_server.domain.objective import OutcomeConstraint

from .columns import Array
from .fitted import Fitted

MAX_POINTS = 40_000
"""Predicted in all: seconds at a few hundred rows."""
NUM_SAMPLES = (256, 4096)
"""Least and most per index; at 1024 an index of 0.5 has a standard error of about 0.02."""
NUM_DIRECTIONS = 32


def importances_of(
    fitted: Fitted, reference_M: Sequence[float] | None, rng: np.random.Generator
) -> tuple[Importance, ...]:
    """One for each metric, and with a *reference_M* (losses) one for the hypervolume."""
    num = _num_samples(fitted.encoding.num_searched)
    points_ND = fitted.at_step(fitted.encoding.sample(_design(fitted.encoding.num_searched, num, rng)))
    means_NM = fitted.means(points_ND)
    out = [_importance(fitted, name, means_NM[:, j : j + 1], num) for j, name in enumerate(fitted.names)]
    if reference_M is not None:
        out.append(_importance(fitted, HYPERVOLUME, _worth(fitted, points_ND, means_NM, reference_M, rng), num))
    return tuple(out)


def losses_of(fitted: Fitted, metrics_NM: Array) -> Array:
    """Losses of the study's objectives, soft constraints included, from values of all metrics in their units."""
    spec, column = fitted.spec, {name: j for j, name in enumerate(fitted.names)}
    penalty = sum(
        (c.soft_weight * _excess(c, metrics_NM[..., column[c.metric]]))
        for c in spec.constraints
        if c.soft_weight is not None
    )
    return np.stack([o.loss(1.0) * metrics_NM[..., column[o.metric]] + penalty for o in spec.objectives], axis=-1)


def violations_of(fitted: Fitted, metrics_NM: Array) -> Array:
    """Sum of hard violations, from values of all metrics in their units; 0 is feasible."""
    column = {name: j for j, name in enumerate(fitted.names)}
    hard = [c for c in fitted.spec.constraints if c.soft_weight is None]
    parts = [_excess(c, metrics_NM[..., column[c.metric]]) for c in hard]
    return np.sum(parts, axis=0) if parts else np.zeros(metrics_NM.shape[:-1])


def _num_samples(num_parameters: int) -> int:
    least, most = NUM_SAMPLES
    fitting = MAX_POINTS // (num_parameters + 2)
    return int(np.clip(1 << (fitting.bit_length() - 1), least, most))


def _design(num_parameters: int, num: int, rng: np.random.Generator) -> Array:
    """Two independent samples, and for each parameter the first with that parameter's column of the second."""
    both = qmc.Sobol(2 * num_parameters, rng=rng).random(num)
    first, second = both[:, :num_parameters], both[:, num_parameters:]
    mixed = np.repeat(first[None], num_parameters, axis=0)
    for i in range(num_parameters):
        mixed[i, :, i] = second[:, i]
    return np.concatenate([first, second, mixed.reshape(-1, num_parameters)])


def _importance(fitted: Fitted, metric: str, outputs_NL: Array, num: int) -> Importance:
    parts = outputs_NL.reshape(-1, num, outputs_NL.shape[1]).transpose(0, 2, 1)  # (P + 2, L, num)
    variances_L = parts[:2].var(axis=(0, 2))
    size_L = np.abs(parts[:2]).max(axis=(0, 2))
    varies_L = variances_L > np.square(1e-9 * size_L)  # less is rounding
    if not varies_L.any():
        return Importance(metric=metric, first_order={}, total={})
    names = fitted.encoding.searched_names
    if len(names) == 1:  # the only one has it all; SciPy 1.17 does not take it
        return Importance(metric=metric, first_order={names[0]: 1.0}, total={names[0]: 1.0})
    parts = parts[:, varies_L] / np.sqrt(variances_L[varies_L])[None, :, None]
    found = sobol_indices(func={"f_A": parts[0], "f_B": parts[1], "f_AB": parts[2:]}, n=num)
    weights_L = variances_L[varies_L] / variances_L[varies_L].sum()
    shape = (len(weights_L), len(names))  # SciPy drops dimensions of size 1
    return Importance(
        metric=metric,
        first_order=dict(zip(names, _bounded(weights_L @ found.first_order.reshape(shape)), strict=True)),
        total=dict(zip(names, _bounded(weights_L @ found.total_order.reshape(shape)), strict=True)),
    )


def _bounded(indices_P: Array) -> list[float]:
    """An estimate may stray a little below 0 or above 1."""
    return [float(i) for i in np.clip(indices_P, 0.0, 1.0)]


def _worth(
    fitted: Fitted, points_ND: Array, means_NM: Array, reference_M: Sequence[float], rng: np.random.Generator
) -> Array:
    """What each point is worth in each direction, shape (N, L)."""
    losses_NM = losses_of(fitted, means_NM)
    gains_NM = np.maximum(0.0, np.array(reference_M) - losses_NM)
    gains_NM /= np.maximum(gains_NM.max(axis=0), 1e-300)
    num_objectives = gains_NM.shape[1]
    directions_LM = np.abs(rng.normal(size=(NUM_DIRECTIONS if num_objectives > 1 else 1, num_objectives)))
    directions_LM /= np.linalg.norm(directions_LM, axis=1, keepdims=True)
    worth_NL = (gains_NM[:, None, :] / np.maximum(directions_LM, 1e-3)).min(axis=2) ** num_objectives
    return np.asarray(worth_NL * _feasible_probability(fitted, points_ND)[:, None])


def _feasible_probability(fitted: Fitted, points_ND: Array) -> Array:
    hard = [c for c in fitted.spec.constraints if c.soft_weight is None]
    probability_N = np.ones(len(points_ND))
    if not hard:
        return probability_N
    means_NM, deviations_NM = fitted.estimates(points_ND)
    for c in hard:
        j = fitted.names.index(c.metric)
        margin_N = (c.bound - means_NM[:, j]) * (1.0 if c.at_most else -1.0)
        probability_N *= norm.cdf(margin_N / np.maximum(deviations_NM[:, j], 1e-300))
    return probability_N


def _excess(constraint: OutcomeConstraint, values: Array) -> Array:
    return np.maximum(0.0, (values - constraint.bound) * (1.0 if constraint.at_most else -1.0))
