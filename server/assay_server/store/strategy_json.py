"""Strategies as JSON."""

from __future__ import annotations

from typing import Any

from assay_server.domain.strategy import (
    GENERATOR_NAMES,
    SCHEDULER_NAMES,
    AsynchronousHalving,
    Bayesian,
    Evolutionary,
    Freshness,
    FullFidelity,
    GeneratorSpec,
    Grid,
    HalvingForm,
    Hyperband,
    Percentile,
    Phase,
    PopulationBased,
    Random,
    SchedulerSpec,
    Sobol,
    Strategy,
    SuccessiveHalving,
)

Json = dict[str, Any]


def strategy_to_json(strategy: Strategy) -> Json:
    """Every field, also those at their default: a later default must not change a stored study."""
    return {
        "phases": [_phase_to_json(p) for p in strategy.phases],
        "scheduler": None if strategy.scheduler is None else _scheduler_to_json(strategy.scheduler),
        "freshness": strategy.freshness.value,
        "max_staleness": strategy.max_staleness,
    }


def strategy_from_json(data: Json) -> Strategy:
    """The inverse of `strategy_to_json`."""
    return Strategy(
        phases=tuple(_phase_from_json(p) for p in data["phases"]),
        scheduler=None if data["scheduler"] is None else _scheduler_from_json(data["scheduler"]),
        freshness=Freshness(data["freshness"]),
        max_staleness=data["max_staleness"],
    )


def _phase_to_json(phase: Phase) -> Json:
    return {
        "generator": {GENERATOR_NAMES[type(phase.generator)]: _generator_to_json(phase.generator)},
        "max_trials": phase.max_trials,
        "min_feasible": phase.min_feasible,
        "min_model_quality": phase.min_model_quality,
    }


def _phase_from_json(data: Json) -> Phase:
    ((name, fields),) = data["generator"].items()
    return Phase(
        generator=_generator_from_json(name, fields),
        max_trials=data["max_trials"],
        min_feasible=data["min_feasible"],
        min_model_quality=data["min_model_quality"],
    )


def _generator_to_json(generator: GeneratorSpec) -> Json:
    match generator:
        case Grid():
            return {"resolution": generator.resolution}
        case Random() | Sobol():
            return {}
        case Bayesian():
            return {"batch_size": generator.batch_size}
        case Evolutionary():
            return {"population_size": generator.population_size, "regularised": generator.regularised}
        case PopulationBased():
            return {
                "population_size": generator.population_size,
                "ready_interval": generator.ready_interval,
                "bandit": generator.bandit,
            }


def _generator_from_json(name: str, data: Json) -> GeneratorSpec:
    match name:
        case "grid":
            return Grid(resolution=data["resolution"])
        case "random":
            return Random()
        case "sobol":
            return Sobol()
        case "bayesian":
            return Bayesian(batch_size=data["batch_size"])
        case "evolutionary":
            return Evolutionary(population_size=data["population_size"], regularised=data["regularised"])
        case "population_based":
            return PopulationBased(
                population_size=data["population_size"], ready_interval=data["ready_interval"], bandit=data["bandit"]
            )
    raise ValueError(f"a stored study has the unknown generator {name!r}")


def _scheduler_to_json(scheduler: SchedulerSpec) -> Json:
    fields: Json = {}
    match scheduler:
        case FullFidelity():
            pass
        case SuccessiveHalving():
            fields = {"bracket_size": scheduler.bracket_size}
        case Hyperband():
            fields = {"asynchronous": scheduler.asynchronous}
        case AsynchronousHalving():
            fields = {"form": scheduler.form.value, "progressive": scheduler.progressive}
        case Percentile():
            fields = {"percentile": scheduler.percentile, "min_trials": scheduler.min_trials}
    return {SCHEDULER_NAMES[type(scheduler)]: fields}


def _scheduler_from_json(data: Json) -> SchedulerSpec:
    ((name, fields),) = data.items()
    match name:
        case "full_fidelity":
            return FullFidelity()
        case "successive_halving":
            return SuccessiveHalving(bracket_size=fields["bracket_size"])
        case "hyperband":
            return Hyperband(asynchronous=fields["asynchronous"])
        case "asynchronous_halving":
            return AsynchronousHalving(form=HalvingForm(fields["form"]), progressive=fields["progressive"])
        case "percentile":
            return Percentile(percentile=fields["percentile"], min_trials=fields["min_trials"])
    raise ValueError(f"a stored study has the unknown scheduler {name!r}")
