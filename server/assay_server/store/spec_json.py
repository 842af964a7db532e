"""Specifications of studies as JSON: explicit, versioned, every field."""

from __future__ import annotations

from typing import Any

from assay_server.domain.budget import Budget, Convergence, Target
from assay_server.domain.fidelity import CostModel, Fidelity
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.provenance import ComparabilityKey
from assay_server.domain.study import StudySpec
from assay_server.domain.transfer import TransferSource
from assay_server.store.space_json import configuration_to_json, space_from_json, space_to_json
from assay_server.store.strategy_json import strategy_from_json, strategy_to_json

Json = dict[str, Any]

SPEC_VERSION = 1
"""Grows when the meaning of a stored specification changes; older ones are then read by their own rule."""


def spec_to_json(spec: StudySpec) -> Json:
    """Every field, also those at their default: a later default must not change a stored study."""
    return {
        "version": SPEC_VERSION,
        "space": space_to_json(spec.space),
        "objectives": [{"metric": o.metric, "minimize": o.minimize, "threshold": o.threshold} for o in spec.objectives],
        "constraints": [
            {"metric": c.metric, "at_most": c.at_most, "bound": c.bound, "soft_weight": c.soft_weight}
            for c in spec.constraints
        ],
        "description": spec.description,
        "labels": dict(spec.labels),
        "tracked_metrics": list(spec.tracked_metrics),
        "fidelity": None if spec.fidelity is None else _fidelity_to_json(spec.fidelity),
        "budget": _budget_to_json(spec.budget),
        "strategy": strategy_to_json(spec.strategy),
        "seed": spec.seed,
        "baselines": [configuration_to_json(b) for b in spec.baselines],
        "no_default_baseline": spec.no_default_baseline,
        "max_attempts": spec.max_attempts,
        "lease_ttl_s": spec.lease_ttl_s,
        "comparability": comparability_to_json(spec.comparability),
        "transfer": [{"study": t.study, "max_trials": t.max_trials} for t in spec.transfer],
    }


def spec_from_json(data: Json) -> StudySpec:
    """The inverse of `spec_to_json`. Raises ValueError for a version it does not know."""
    if data["version"] != SPEC_VERSION:
        raise ValueError(f"a stored specification has the unknown version {data['version']!r}")
    return StudySpec(
        space=space_from_json(data["space"]),
        objectives=tuple(
            Objective(metric=o["metric"], minimize=o["minimize"], threshold=o["threshold"]) for o in data["objectives"]
        ),
        constraints=tuple(
            OutcomeConstraint(metric=c["metric"], at_most=c["at_most"], bound=c["bound"], soft_weight=c["soft_weight"])
            for c in data["constraints"]
        ),
        description=data["description"],
        labels=data["labels"],
        tracked_metrics=tuple(data["tracked_metrics"]),
        fidelity=None if data["fidelity"] is None else _fidelity_from_json(data["fidelity"]),
        budget=_budget_from_json(data["budget"]),
        strategy=strategy_from_json(data["strategy"]),
        seed=data["seed"],
        baselines=tuple(data["baselines"]),
        no_default_baseline=data["no_default_baseline"],
        max_attempts=data["max_attempts"],
        lease_ttl_s=data["lease_ttl_s"],
        comparability=comparability_from_json(data["comparability"]),
        # Absent in specifications that were stored before there was one.
        transfer=tuple(TransferSource(study=t["study"], max_trials=t["max_trials"]) for t in data.get("transfer", ())),
    )


def comparability_to_json(key: ComparabilityKey) -> Json:
    """Every field."""
    return {
        "dataset_fingerprint": key.dataset_fingerprint,
        "code_version": key.code_version,
        "evaluation_protocol": key.evaluation_protocol,
    }


def comparability_from_json(data: Json) -> ComparabilityKey:
    """The inverse of `comparability_to_json`."""
    return ComparabilityKey(
        dataset_fingerprint=data["dataset_fingerprint"],
        code_version=data["code_version"],
        evaluation_protocol=data["evaluation_protocol"],
    )


def _fidelity_to_json(fidelity: Fidelity) -> Json:
    cost = fidelity.cost_model
    return {
        "name": fidelity.name,
        "min": fidelity.min,
        "max": fidelity.max,
        "eta": fidelity.eta,
        "rungs": list(fidelity.rungs),
        "cost_model": cost and {"startup_cost": cost.startup_cost, "cost_per_step": cost.cost_per_step},
    }


def _fidelity_from_json(data: Json) -> Fidelity:
    cost = data["cost_model"]
    return Fidelity(
        name=data["name"],
        min=data["min"],
        max=data["max"],
        eta=data["eta"],
        rungs=tuple(data["rungs"]),
        cost_model=cost and CostModel(startup_cost=cost["startup_cost"], cost_per_step=cost["cost_per_step"]),
    )


def _budget_to_json(budget: Budget) -> Json:
    return {
        "max_trials": budget.max_trials,
        "max_cost": budget.max_cost,
        "max_duration_s": budget.max_duration_s,
        "parallelism": budget.parallelism,
        "targets": [{"metric": t.metric, "value": t.value} for t in budget.targets],
        "convergence": budget.convergence
        and {
            "window_trials": budget.convergence.window_trials,
            "min_relative_improvement": budget.convergence.min_relative_improvement,
        },
    }


def _budget_from_json(data: Json) -> Budget:
    convergence = data.get("convergence")  # absent in specifications stored before there was one
    return Budget(
        max_trials=data["max_trials"],
        max_cost=data["max_cost"],
        max_duration_s=data["max_duration_s"],
        parallelism=data["parallelism"],
        targets=tuple(Target(metric=t["metric"], value=t["value"]) for t in data["targets"]),
        convergence=convergence
        and Convergence(
            window_trials=convergence["window_trials"],
            min_relative_improvement=convergence["min_relative_improvement"],
        ),
    )
