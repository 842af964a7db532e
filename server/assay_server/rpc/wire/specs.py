"""Specifications of studies on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from assay.v1 import study_pb2
from assay_server.domain.budget import Budget, Convergence, Target
from assay_server.domain.fidelity import MAX_RUNGS, CostModel, Fidelity
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.provenance import MAX_TEXT, ComparabilityKey
from assay_server.domain.space import SearchSpace
from assay_server.domain.strategy import Strategy
from assay_server.domain.study import (
    MAX_BASELINES,
    MAX_LABELS,
    MAX_OBJECTIVES,
    MAX_OUTCOME_CONSTRAINTS,
    MAX_TRACKED,
    StudySpec,
)
from assay_server.domain.transfer import MAX_SOURCES, TransferSource
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.spaces import COMPARISONS, comparison_to_wire, space_from_wire, space_to_wire
from assay_server.rpc.wire.strategies import strategy_from_wire, strategy_to_wire
from assay_server.rpc.wire.values import (
    configuration_from_wire,
    configuration_to_wire,
    duration_from_wire,
    duration_to_wire,
)

GOALS: Mapping[int, bool] = {study_pb2.GOAL_MINIMIZE: True, study_pb2.GOAL_MAXIMIZE: False}
"""Whether smaller is better."""


def spec_to_wire(spec: StudySpec) -> study_pb2.StudySpec:
    """A specification, as the user gave it."""
    return study_pb2.StudySpec(
        description=spec.description,
        labels=spec.labels,
        space=space_to_wire(spec.space),
        objectives=[_objective_to_wire(o) for o in spec.objectives],
        constraints=[_constraint_to_wire(c) for c in spec.constraints],
        tracked_metrics=spec.tracked_metrics,
        fidelity=None if spec.fidelity is None else _fidelity_to_wire(spec.fidelity),
        budget=budget_to_wire(spec.budget),
        strategy=strategy_to_wire(spec.strategy),
        seed=spec.seed,
        baselines=[configuration_to_wire(b) for b in spec.baselines],
        no_default_baseline=spec.no_default_baseline,
        max_attempts=spec.max_attempts,
        lease_ttl=None if spec.lease_ttl_s is None else duration_to_wire(spec.lease_ttl_s),
        comparability=key_to_wire(spec.comparability),
        transfer=[study_pb2.TransferSource(study=t.study, max_trials=t.max_trials) for t in spec.transfer],
    )


def key_to_wire(key: ComparabilityKey) -> study_pb2.ComparabilityKey:
    """What trials must share to be ranked together."""
    return study_pb2.ComparabilityKey(
        dataset_fingerprint=key.dataset_fingerprint,
        code_version=key.code_version,
        evaluation_protocol=key.evaluation_protocol,
    )


def spec_from_wire(message: study_pb2.StudySpec, path: str, problems: Problems) -> StudySpec:
    """A specification, judged by the domain's rules."""
    has_space = message.HasField("space")
    if not has_space:
        problems.add(f"{path}.space", "required")
    baselines = problems.at_most(message.baselines, MAX_BASELINES, f"{path}.baselines") if has_space else ()
    fidelity, strategy = message.fidelity, message.strategy
    ttl = message.lease_ttl
    spec = StudySpec(
        space=space_from_wire(message.space, f"{path}.space", problems) if has_space else SearchSpace(parameters=()),
        objectives=_objectives_from_wire(message, f"{path}.objectives", problems),
        constraints=_constraints_from_wire(message, f"{path}.constraints", problems),
        description=message.description,
        labels=labels_from_wire(message.labels, f"{path}.labels", problems),
        tracked_metrics=tuple(problems.at_most(message.tracked_metrics, MAX_TRACKED, f"{path}.tracked_metrics")),
        fidelity=_fidelity_from_wire(fidelity, f"{path}.fidelity", problems) if message.HasField("fidelity") else None,
        budget=budget_from_wire(message.budget, f"{path}.budget", problems),
        strategy=strategy_from_wire(strategy, f"{path}.strategy", problems)
        if message.HasField("strategy")
        else Strategy(),
        seed=message.seed if message.HasField("seed") else None,
        baselines=tuple(
            configuration_from_wire(b, f"{path}.baselines[{i}]", problems) for i, b in enumerate(baselines)
        ),
        no_default_baseline=message.no_default_baseline,
        max_attempts=message.max_attempts if message.HasField("max_attempts") else None,
        lease_ttl_s=duration_from_wire(ttl, f"{path}.lease_ttl", problems) if message.HasField("lease_ttl") else None,
        comparability=_key_from_wire(message.comparability, f"{path}.comparability", problems),
        transfer=tuple(
            TransferSource(study=t.study, max_trials=t.max_trials if t.HasField("max_trials") else None)
            for t in problems.at_most(message.transfer, MAX_SOURCES, f"{path}.transfer")
        ),
    )
    problems.judge(spec.violations(path))
    return spec


def labels_from_wire(labels: Mapping[str, str], path: str, problems: Problems) -> Mapping[str, str]:
    """Labels in the order of their keys; their rules are the domain's."""
    return {key: labels[key] for key in problems.at_most(sorted(labels), MAX_LABELS, path)}


def budget_to_wire(budget: Budget) -> study_pb2.Budget:
    """A budget."""
    return study_pb2.Budget(
        max_trials=budget.max_trials,
        max_cost=budget.max_cost,
        max_duration=None if budget.max_duration_s is None else duration_to_wire(budget.max_duration_s),
        parallelism=budget.parallelism,
        targets=[study_pb2.Target(metric=t.metric, value=t.value) for t in budget.targets],
        convergence=None if budget.convergence is None else _convergence_to_wire(budget.convergence),
    )


def budget_from_wire(message: study_pb2.Budget, path: str, problems: Problems) -> Budget:
    """A budget; its rules are the domain's."""
    duration = message.max_duration
    targets = problems.at_most(message.targets, MAX_OBJECTIVES, f"{path}.targets")
    return Budget(
        max_trials=message.max_trials if message.HasField("max_trials") else None,
        max_cost=message.max_cost if message.HasField("max_cost") else None,
        max_duration_s=duration_from_wire(duration, f"{path}.max_duration", problems)
        if message.HasField("max_duration")
        else None,
        parallelism=message.parallelism if message.HasField("parallelism") else None,
        targets=tuple(Target(metric=t.metric, value=t.value) for t in targets),
        convergence=_convergence_from_wire(message.convergence) if message.HasField("convergence") else None,
    )


def _convergence_to_wire(rule: Convergence) -> study_pb2.Convergence:
    return study_pb2.Convergence(
        window_trials=rule.window_trials, min_relative_improvement=rule.min_relative_improvement
    )


def _convergence_from_wire(message: study_pb2.Convergence) -> Convergence:
    share = message.min_relative_improvement if message.HasField("min_relative_improvement") else None
    return Convergence(window_trials=message.window_trials, min_relative_improvement=share)


def _objective_to_wire(objective: Objective) -> study_pb2.Objective:
    return study_pb2.Objective(
        metric=objective.metric,
        goal=study_pb2.GOAL_MINIMIZE if objective.minimize else study_pb2.GOAL_MAXIMIZE,
        threshold=objective.threshold,
    )


def _objectives_from_wire(message: study_pb2.StudySpec, path: str, problems: Problems) -> tuple[Objective, ...]:
    return tuple(
        Objective(
            metric=o.metric,
            minimize=problems.enum(GOALS, o.goal, f"{path}[{i}].goal"),
            threshold=o.threshold if o.HasField("threshold") else None,
        )
        for i, o in enumerate(problems.at_most(message.objectives, MAX_OBJECTIVES, path))
    )


def _constraint_to_wire(constraint: OutcomeConstraint) -> study_pb2.OutcomeConstraint:
    return study_pb2.OutcomeConstraint(
        metric=constraint.metric,
        comparison=comparison_to_wire(at_most=constraint.at_most),
        bound=constraint.bound,
        soft_weight=constraint.soft_weight,
    )


def _constraints_from_wire(
    message: study_pb2.StudySpec, path: str, problems: Problems
) -> tuple[OutcomeConstraint, ...]:
    return tuple(
        OutcomeConstraint(
            metric=c.metric,
            at_most=problems.enum(COMPARISONS, c.comparison, f"{path}[{i}].comparison"),
            bound=c.bound,
            soft_weight=c.soft_weight if c.HasField("soft_weight") else None,
        )
        for i, c in enumerate(problems.at_most(message.constraints, MAX_OUTCOME_CONSTRAINTS, path))
    )


def _fidelity_to_wire(fidelity: Fidelity) -> study_pb2.Fidelity:
    cost = fidelity.cost_model
    return study_pb2.Fidelity(
        name=fidelity.name,
        min=fidelity.min,
        max=fidelity.max,
        eta=fidelity.eta,
        rungs=fidelity.rungs,
        cost_model=None
        if cost is None
        else study_pb2.CostModel(startup_cost=cost.startup_cost, cost_per_step=cost.cost_per_step),
    )


def _fidelity_from_wire(message: study_pb2.Fidelity, path: str, problems: Problems) -> Fidelity:
    cost = message.cost_model
    return Fidelity(
        name=message.name,
        min=message.min,
        max=message.max,
        eta=message.eta if message.HasField("eta") else None,
        rungs=tuple(problems.at_most(message.rungs, MAX_RUNGS, f"{path}.rungs")),
        cost_model=CostModel(startup_cost=cost.startup_cost, cost_per_step=cost.cost_per_step)
        if message.HasField("cost_model")
        else None,
    )


def _key_from_wire(message: study_pb2.ComparabilityKey, path: str, problems: Problems) -> ComparabilityKey:
    def text(name: str) -> str:
        return problems.text(getattr(message, name), f"{path}.{name}", limit=MAX_TEXT)

    return ComparabilityKey(
        dataset_fingerprint=text("dataset_fingerprint"),
        code_version=text("code_version"),
        evaluation_protocol=text("evaluation_protocol"),
    )
