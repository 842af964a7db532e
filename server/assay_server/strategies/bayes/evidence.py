"""What a study has taught so far, as arrays: points, values to be maximised, feasibility.

N rows, D columns, M objectives, K hard constraints. All values are in units of their spread, so that neither
1e-12 nor 1e12 meets the surrogate; a row without a value has NaN there.

What counts: without a fidelity the last report of a trial that SUCCEEDED (or was measured elsewhere); with one,
every report at a rung and the last of each curve, whatever became of the trial, with the step as a column of its
own. A trial that FAILED or was INFEASIBLE teaches where not to go. What was measured elsewhere is used as far as
the space can say where it was: with a value out of bounds or missing it is left out, parameters that the space
does not have are ignored, parameter constraints may be broken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Score, score
from assay_server.domain.study import StudySpec
from assay_server.domain.trial import TrialState
from assay_server.pareto import arrays, top

from .columns import Array
from .encode import Encoding, Mask, key_of
from .scaling import Scaling, scaling_of
from .thinning import thinned
from .thresholds import given_threshold, reference_of

MAX_PENDING = 64
"""Each makes every suggestion slower; beyond this many, the newest say where not to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Rows for a surrogate."""

    points_ND: Array
    """With the share of the full fidelity as the last column, if there is a fidelity."""
    values_NM: Array
    """Objectives, to be maximised."""
    scalings: tuple[Scaling, ...]
    """What the objectives' losses went through to become values."""
    errors_NM: Array | None
    """Standard errors of the values; None where they are not known for all."""
    slacks_NK: Array
    """Hard constraints, kept where >= 0."""
    runs_N: Array | None
    """1 where a trial ran, 0 where it failed; None when none failed."""
    reference_M: Array
    """Values below are worth nothing."""
    pending_PD: Array
    """Points whose results are awaited."""
    tried: frozenset[tuple[float, ...]]
    """Keys of all points that were tried or are being tried, without the fidelity column."""
    good_GD: Array
    """The best points, best first, without the fidelity column."""
    has_fidelity: bool


@dataclass(frozen=True, slots=True)
class _Row:
    point_D: Array
    metrics: dict[str, MetricValue]
    score: Score | None
    runs: bool


def evidence_of(snapshot: StudySnapshot, encoding: Encoding) -> Evidence | None:
    """The evidence in *snapshot*; None when fewer than two rows have all objectives and hard constraints."""
    spec = snapshot.spec
    rows = thinned(_rows(snapshot, encoding), lambda r: r.score, with_fidelity=spec.fidelity is not None)
    complete = [row for row in rows if row.score is not None]
    if len(complete) < 2:
        return None
    losses_NM = np.array([row.score.losses if row.score else [math.nan] * len(spec.objectives) for row in rows])
    scalings = [scaling_of(losses_NM[:, j], given_threshold(o)) for j, o in enumerate(spec.objectives)]
    reference_M = _reference(spec, [row.score for row in complete if row.score], scalings)
    pending = [point_D for c in snapshot.pending if (point_D := encoding.encode(c)) is not None]
    tried = [p for o in snapshot.observations if (p := encoding.encode(o.configuration)) is not None] + pending
    runs_N = np.array([float(row.runs) for row in rows])
    return Evidence(
        points_ND=np.array([row.point_D for row in rows]),
        values_NM=np.stack([-s.apply(losses_NM[:, j]) for j, s in enumerate(scalings)], axis=1),
        scalings=tuple(scalings),
        errors_NM=_errors(spec, rows, scalings),
        slacks_NK=_slacks(spec, rows),
        runs_N=None if runs_N.all() else runs_N,
        reference_M=np.array([-s.apply(reference_M[j : j + 1])[0] for j, s in enumerate(scalings)]),
        pending_PD=_at_full_fidelity(pending[-MAX_PENDING:], encoding, spec),
        tried=frozenset(key_of(point_D) for point_D in tried),
        good_GD=_good(complete, encoding),
        has_fidelity=spec.fidelity is not None,
    )


def _rows(snapshot: StudySnapshot, encoding: Encoding) -> Iterator[_Row]:
    spec = snapshot.spec
    for observation in sorted(snapshot.observations, key=lambda o: o.number):
        point_D = encoding.encode(observation.configuration)
        if point_D is None:
            continue
        failed = observation.state in (TrialState.FAILED, TrialState.INFEASIBLE)
        if failed and not (spec.fidelity and observation.measurements):
            yield _Row(_with_share(point_D, spec, None), {}, None, runs=False)
            continue
        for step, metrics in _reports(observation, spec):
            values = {name: m.value for name, m in metrics.items()}
            yield _Row(
                _with_share(point_D, spec, step), metrics, score(spec.objectives, spec.constraints, values), not failed
            )


def _reports(observation: Observation, spec: StudySpec) -> Iterator[tuple[int, dict[str, MetricValue]]]:
    """Step and metrics of the reports that count; a metric that one does not have keeps its last value."""
    curve: list[tuple[int, dict[str, MetricValue]]] = []
    latest: dict[str, MetricValue] = {}
    for measurement in sorted(observation.measurements, key=_step):
        latest = {**latest, **measurement.metrics}
        curve.append((measurement.step, latest))
    if spec.fidelity is None:
        if observation.state is TrialState.SUCCEEDED or observation.is_external:
            yield from curve[-1:]
        return
    rungs = set(spec.fidelity.resolved_rungs())
    for step, metrics in curve[:-1]:
        if step in rungs:
            yield step, metrics
    yield from curve[-1:]


def _step(measurement: Measurement) -> int:
    return measurement.step


def _with_share(point_D: Array, spec: StudySpec, step: int | None) -> Array:
    """The point with its fidelity: 0 at one step, 1 at the largest, even in the logarithm between."""
    if spec.fidelity is None:
        return point_D
    full = math.log(max(2, spec.fidelity.max))
    share = 1.0 if step is None else min(1.0, math.log(max(1, step)) / full)
    return np.append(point_D, 1.0 if spec.fidelity.max == 1 else share)


def _at_full_fidelity(points: Sequence[Array], encoding: Encoding, spec: StudySpec) -> Array:
    with_share = [_with_share(point_D, spec, None) for point_D in points]
    return np.array(with_share) if with_share else np.zeros((0, encoding.width + (spec.fidelity is not None)))


def _errors(spec: StudySpec, rows: Sequence[_Row], scalings: Sequence[Scaling]) -> Array | None:
    """All or none: Ax refuses noise that is known for some rows only."""
    sems_NM = np.full((len(rows), len(spec.objectives)), math.nan)
    for i, row in enumerate(rows):
        for j, objective in enumerate(spec.objectives):
            if row.score is not None:
                sem = row.metrics[objective.metric].sem
                if sem is None:
                    return None
                sems_NM[i, j] = sem / scalings[j].width
    return sems_NM


def _slacks(spec: StudySpec, rows: Sequence[_Row]) -> Array:
    """How far inside its bound each hard constraint is, in units of its spread; zero stays zero."""
    hard = [c for c in spec.constraints if c.soft_weight is None]
    slacks_NK = np.full((len(rows), len(hard)), math.nan)
    for k, constraint in enumerate(hard):
        sign = 1.0 if constraint.at_most else -1.0
        for i, row in enumerate(rows):
            if row.score is not None:
                slacks_NK[i, k] = sign * (constraint.bound - row.metrics[constraint.metric].value)
        slacks_NK[:, k] = scaling_of(slacks_NK[:, k], 0.0).without_centre(slacks_NK[:, k])
    return slacks_NK


def _reference(spec: StudySpec, scores: Sequence[Score], scalings: Sequence[Scaling]) -> Array:
    losses_NM, violation_N = arrays(scores)
    clipped_NM = np.stack([s.clip(losses_NM[:, j]) for j, s in enumerate(scalings)], axis=1)
    return reference_of(spec.objectives, clipped_NM, violation_N == 0)


def _good(complete: Sequence[_Row], encoding: Encoding) -> Array:
    """Points of the front, then of the best of the rest: where to look around."""
    best = top(*arrays([row.score for row in complete if row.score]), 32)
    return np.array([complete[i].point_D[: encoding.width] for i in best])


__all__ = ["Evidence", "Mask", "evidence_of"]
