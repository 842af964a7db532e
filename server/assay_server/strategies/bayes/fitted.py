"""Models of a study's metrics, to be asked instead of optimised: fitted as the generator fits its own.

Every objective and every constrained metric, hard or soft, has a process of its own, and is told of in its own unit.

N is the number of rows or points, D of columns (the fidelity last), M of metrics, S of samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import gpytorch
import numpy as np
import torch
from gpytorch.mlls import ExactMarginalLogLikelihood

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.objective import Objective
from assay_server.domain.study import StudySpec
from assay_server.ports import NotReady

from .columns import Array
from .encode import Encoding, key_of
from .evidence import Evidence, evidence_of
from .scaling import Scaling
from .surrogate import Surrogate

MIN_CONFIGURATIONS = 5
"""With fewer a model says nothing, and whether it does cannot be judged."""
CHUNK = 1024
"""Points that are predicted at once: bounds memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedMetric:
    """One metric's process. Values are scaled losses with the sign changed, as the generator's."""

    metric: str
    sign: float
    """1 where smaller is better: what makes losses of the metric, and the metric of losses."""
    scaling: Scaling
    model: Surrogate
    points_ND: Array
    """Of the rows it was fitted to."""

    def in_unit(self, values: Array) -> Array:
        """*values* in the metric's unit."""
        return self.sign * self.scaling.undone(-values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Models of all metrics."""

    spec: StudySpec
    """The study's."""
    encoding: Encoding
    metrics: tuple[FittedMetric, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the metrics: objectives first, then the other constrained ones."""
        return tuple(m.metric for m in self.metrics)

    def means(self, points_ND: Array) -> Array:
        """Expected metrics in their units, shape (N, M)."""
        with gpytorch.settings.skip_posterior_variances():
            columns = [_chunked(m, points_ND)[0] for m in self.metrics]
        return np.stack([m.in_unit(c_N) for m, c_N in zip(self.metrics, columns, strict=True)], axis=1)

    def estimates(self, points_ND: Array) -> tuple[Array, Array]:
        """Means and standard deviations of the metrics without noise, in their units, both of shape (N, M)."""
        parts = [_chunked(m, points_ND) for m in self.metrics]
        means_NM = np.stack([m.in_unit(mean_N) for m, (mean_N, _) in zip(self.metrics, parts, strict=True)], axis=1)
        deviations = [m.scaling.width * deviation_N for m, (_, deviation_N) in zip(self.metrics, parts, strict=True)]
        return means_NM, np.stack(deviations, axis=1)

    def samples(self, points_ND: Array, num: int, rng: np.random.Generator) -> Array:
        """Joint draws of the metrics without noise, in their units, shape (S, N, M)."""
        columns = []
        for m in self.metrics:
            noise_SN = torch.from_numpy(rng.normal(size=(num, len(points_ND))))
            with torch.no_grad():
                posterior = m.model.posterior(torch.from_numpy(points_ND))
                drawn_SN1 = posterior.rsample_from_base_samples(torch.Size([num]), noise_SN)
            columns.append(m.in_unit(drawn_SN1.squeeze(-1).numpy()))
        return np.stack(columns, axis=2)

    def at_step(self, points_ND: Array, step: int | None = None) -> Array:
        """Encoded configurations at a step, as the models know it; at full fidelity when None."""
        if self.spec.fidelity is None:
            return points_ND
        share = share_of(step, self.spec.fidelity.max)
        return np.concatenate([points_ND, np.full((len(points_ND), 1), share)], axis=1)


def fitted(snapshot: StudySnapshot) -> Fitted:
    """Models of what *snapshot* has seen.

    Raises:
        NotReady: too few configurations have all metrics, or there is nothing that varies.
    """
    encoding = Encoding(snapshot.spec.space)
    if encoding.width == 0:
        raise NotReady("the space has no parameter that is searched")
    metrics = metrics_of(snapshot.spec)
    evidence = evidence_of(replace(snapshot, spec=replace(snapshot.spec, objectives=metrics, constraints=())), encoding)
    num = 0 if evidence is None else _num_configurations(evidence, encoding)
    if evidence is None or num < MIN_CONFIGURATIONS:
        names = ", ".join(o.metric for o in metrics)
        raise NotReady(f"{num} configurations have results with all of {names}; it takes {MIN_CONFIGURATIONS}")
    return Fitted(spec=snapshot.spec, encoding=encoding, metrics=tuple(_fits(evidence, metrics)))


def metrics_of(spec: StudySpec) -> tuple[Objective, ...]:
    """All metrics that are modelled, as if each were an objective: a bound is where a metric stops being good."""
    known = {o.metric: o for o in spec.objectives}
    for c in spec.constraints:
        known.setdefault(c.metric, Objective(metric=c.metric, minimize=c.at_most, threshold=c.bound))
    return tuple(known.values())


def share_of(step: int | None, largest: int) -> float:
    """The column of a step; see `evidence`."""
    if step is None or largest == 1:
        return 1.0
    return min(1.0, math.log(max(1, step)) / math.log(largest))


def _num_configurations(evidence: Evidence, encoding: Encoding) -> int:
    whole_N = ~np.isnan(evidence.values_NM).any(axis=1)
    return len({key_of(point_D[: encoding.width]) for point_D in evidence.points_ND[whole_N]})


def _fits(evidence: Evidence, metrics: tuple[Objective, ...]) -> Iterator[FittedMetric]:
    whole_N = ~np.isnan(evidence.values_NM).any(axis=1)
    points_ND = evidence.points_ND[whole_N]
    for j, metric in enumerate(metrics):
        values_N = evidence.values_NM[whole_N, j]
        errors_N = None if evidence.errors_NM is None else evidence.errors_NM[whole_N, j]
        yield FittedMetric(
            metric=metric.metric,
            sign=metric.loss(1.0),
            scaling=evidence.scalings[j],
            model=_fit(points_ND, values_N, errors_N),
            points_ND=points_ND,
        )


def _fit(points_ND: Array, values_N: Array, errors_N: Array | None) -> Surrogate:
    model = Surrogate(
        torch.from_numpy(points_ND),
        torch.from_numpy(values_N[:, None]),
        None if errors_N is None else torch.from_numpy(np.square(errors_N[:, None])),
    )
    model.custom_fit(ExactMarginalLogLikelihood(model.likelihood, model))
    model.eval()
    return model


def _chunked(metric: FittedMetric, points_ND: Array) -> tuple[Array, Array]:
    """Means and standard deviations of scaled values."""
    means, deviations = [], []
    with torch.no_grad():
        for chunk in torch.split(torch.from_numpy(points_ND), CHUNK):
            posterior = metric.model.posterior(chunk)
            means.append(posterior.mean.squeeze(-1))
            deviations.append(posterior.variance.clamp_min(0.0).sqrt().squeeze(-1))
    return torch.cat(means).numpy(), torch.cat(deviations).numpy()
