"""A study's evidence as an Ax experiment, rebuilt from nothing every time.

Ax reads expressions with an `eval`: the only texts it gets are made here, of aliases (`p0`, `m0`) and numbers.
All columns are real numbers in [0, 1]; grids, choices, conditions and parameter constraints are the business of
our own optimizer. Objectives come first (`m0` ...), then hard constraints, then whether a trial ran at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ax.adapter.transforms.bilog_y import BilogY
from ax.adapter.transforms.standardize_y import StandardizeY
from ax.adapter.transforms.winsorize import Winsorize
from ax.core.arm import Arm
from ax.core.data import MAP_KEY, Data, DataRow
from ax.core.experiment import Experiment
from ax.core.metric import Metric
from ax.core.objective import Objective
from ax.core.observation import ObservationFeatures
from ax.core.optimization_config import MultiObjectiveOptimizationConfig, OptimizationConfig
from ax.core.outcome_constraint import OutcomeConstraint
from ax.core.parameter import ParameterType, RangeParameter
from ax.core.search_space import SearchSpace
from ax.generators.winsorization_config import WinsorizationConfig

from .columns import Array
from .encode import Encoding
from .evidence import Evidence

TRANSFORMS = (Winsorize, BilogY, StandardizeY)
"""Ax's own, on values; points are in [0, 1] already."""

FIDELITY = MAP_KEY
"""The name by which Ax knows the progress of a curve: it then judges what was observed as if at the target."""

RUNS_AT_LEAST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What Ax fits and generates from."""

    experiment: Experiment
    data: Data
    columns: list[str]
    """Aliases, the fidelity last."""
    num_objectives: int
    runs_metric: str | None
    """Alias of the metric that says whether a trial ran, if one did not."""
    pending: dict[str, list[ObservationFeatures]]
    fixed: ObservationFeatures
    """The fidelity at its target, if there is one."""
    transform_configs: dict[str, dict[str, dict[str, WinsorizationConfig]]]


def rebuild(evidence: Evidence, encoding: Encoding) -> Rebuilt:
    """The experiment of *evidence*."""
    columns = encoding.names + ([FIDELITY] if evidence.has_fidelity else [])
    metrics = _metrics(evidence)
    experiment = Experiment(
        name="study",
        search_space=SearchSpace([RangeParameter(c, ParameterType.FLOAT, 0.0, 1.0) for c in columns]),
        optimization_config=_optimization(evidence, metrics),
    )
    pending = [ObservationFeatures(parameters=_parameters(columns, p_D)) for p_D in evidence.pending_PD]
    num_objectives = evidence.values_NM.shape[1]
    as_it_is = WinsorizationConfig()  # slacks are clipped already; the few failures are no outliers
    return Rebuilt(
        experiment=experiment,
        data=Data(data_rows=list(_data_rows(experiment, evidence, columns, metrics))),
        columns=columns,
        num_objectives=num_objectives,
        runs_metric=None if evidence.runs_N is None else metrics[-1],
        pending=dict.fromkeys(metrics, pending) if pending else {},
        fixed=ObservationFeatures(parameters={FIDELITY: 1.0} if evidence.has_fidelity else {}),
        transform_configs={"Winsorize": {"winsorization_config": dict.fromkeys(metrics[num_objectives:], as_it_is)}},
    )


def _metrics(evidence: Evidence) -> list[str]:
    num = evidence.values_NM.shape[1] + evidence.slacks_NK.shape[1] + (evidence.runs_N is not None)
    return [f"m{i}" for i in range(num)]


def _optimization(evidence: Evidence, metrics: list[str]) -> OptimizationConfig:
    num_objectives, num_hard = evidence.values_NM.shape[1], evidence.slacks_NK.shape[1]
    signatures = {m: m for m in metrics}

    def at_least(metric: str, bound: float) -> OutcomeConstraint:
        return OutcomeConstraint(expression=f"{metric} >= {float(bound)!r}", metric_name_to_signature=signatures)

    constraints = [at_least(m, 0.0) for m in metrics[num_objectives : num_objectives + num_hard]]
    if evidence.runs_N is not None:
        constraints.append(at_least(metrics[-1], RUNS_AT_LEAST))
    objectives = metrics[:num_objectives]
    objective = Objective(expression=", ".join(objectives), metric_name_to_signature=signatures)
    if num_objectives == 1:
        return OptimizationConfig(objective=objective, outcome_constraints=constraints)
    return MultiObjectiveOptimizationConfig(
        objective=objective,
        outcome_constraints=constraints,
        objective_thresholds=[at_least(m, evidence.reference_M[j]) for j, m in enumerate(objectives)],
    )


def _parameters(columns: Sequence[str], point_D: Array) -> dict[str, str | bool | float | int | None]:
    return {c: float(u) for c, u in zip(columns, point_D, strict=True)}


def _data_rows(
    experiment: Experiment, evidence: Evidence, columns: Sequence[str], metrics: Sequence[str]
) -> Iterator[DataRow]:
    """One trial a row, its arm unnamed: rows with the same parameters share an arm, as Ax wants it."""
    for name in metrics:
        if name not in experiment.metrics:
            experiment.add_tracking_metric(Metric(name))
    num_objectives = evidence.values_NM.shape[1]
    for i, point_D in enumerate(evidence.points_ND):
        trial = experiment.new_trial()
        trial.add_arm(Arm(parameters=_parameters(columns, point_D)))
        trial.mark_running(no_runner_required=True)
        trial.mark_completed()
        assert trial.arm is not None
        values = [*evidence.values_NM[i], *evidence.slacks_NK[i]]
        if evidence.runs_N is not None:
            values.append(evidence.runs_N[i])
        for j, (name, value) in enumerate(zip(metrics, values, strict=True)):
            if not math.isnan(value):
                error = math.nan
                if j < num_objectives and evidence.errors_NM is not None:
                    error = float(evidence.errors_NM[i, j])
                yield DataRow(
                    trial_index=i,
                    arm_name=trial.arm.name,
                    metric_name=name,
                    metric_signature=name,
                    mean=float(value),
                    se=error,
                )
