"""Strategies on the wire: phases, generators, schedulers, freshness."""

from __future__ import annotations

from collections.abc import Mapping

from assay.v1 import study_pb2
from assay_server.domain.strategy import (
    MAX_PHASES,
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
from assay_server.rpc.wire.problems import Problems

FRESHNESS: Mapping[int, Freshness] = {
    study_pb2.FRESHNESS_BUFFERED: Freshness.BUFFERED,
    study_pb2.FRESHNESS_STRICT: Freshness.STRICT,
}
FORMS: Mapping[int, HalvingForm] = {
    study_pb2.HALVING_FORM_PROMOTING: HalvingForm.PROMOTING,
    study_pb2.HALVING_FORM_STOPPING: HalvingForm.STOPPING,
}


def strategy_to_wire(strategy: Strategy) -> study_pb2.Strategy:
    """A strategy."""
    return study_pb2.Strategy(
        phases=[_phase_to_wire(p) for p in strategy.phases],
        scheduler=None if strategy.scheduler is None else _scheduler_to_wire(strategy.scheduler),
        freshness=f"FRESHNESS_{strategy.freshness.value}",
        max_staleness=strategy.max_staleness,
    )


def strategy_from_wire(message: study_pb2.Strategy, path: str, problems: Problems) -> Strategy:
    """A strategy; its rules, and what this version serves, are the domain's."""
    phases = problems.at_most(message.phases, MAX_PHASES, f"{path}.phases")
    has_scheduler = message.HasField("scheduler")
    return Strategy(
        phases=tuple(_phase_from_wire(p, f"{path}.phases[{i}]", problems) for i, p in enumerate(phases)),
        scheduler=_scheduler_from_wire(message.scheduler, f"{path}.scheduler", problems) if has_scheduler else None,
        freshness=problems.enum(FRESHNESS, message.freshness, f"{path}.freshness", default=Freshness.BUFFERED),
        max_staleness=message.max_staleness if message.HasField("max_staleness") else None,
    )


def _phase_to_wire(phase: Phase) -> study_pb2.Phase:
    return study_pb2.Phase(
        generator=_generator_to_wire(phase.generator),
        max_trials=phase.max_trials,
        min_feasible=phase.min_feasible,
        min_model_quality=phase.min_model_quality,
    )


def _phase_from_wire(message: study_pb2.Phase, path: str, problems: Problems) -> Phase:
    return Phase(
        generator=_generator_from_wire(message.generator, f"{path}.generator", problems),
        max_trials=message.max_trials if message.HasField("max_trials") else None,
        min_feasible=message.min_feasible if message.HasField("min_feasible") else None,
        min_model_quality=message.min_model_quality if message.HasField("min_model_quality") else None,
    )


def _generator_to_wire(generator: GeneratorSpec) -> study_pb2.Generator:
    match generator:
        case Grid(resolution=resolution):
            return study_pb2.Generator(grid=study_pb2.GridGenerator(resolution=resolution))
        case Random():
            return study_pb2.Generator(random=study_pb2.RandomGenerator())
        case Sobol():
            return study_pb2.Generator(sobol=study_pb2.SobolGenerator())
        case Bayesian(batch_size=batch_size):
            return study_pb2.Generator(bayesian=study_pb2.BayesianGenerator(batch_size=batch_size))
        case Evolutionary(population_size=size, regularised=regularised):
            evolutionary = study_pb2.EvolutionaryGenerator(population_size=size, regularised=regularised)
            return study_pb2.Generator(evolutionary=evolutionary)
        case PopulationBased(population_size=size, ready_interval=interval, bandit=bandit):
            population = study_pb2.PopulationBasedGenerator(
                population_size=size, ready_interval=interval, bandit=bandit
            )
            return study_pb2.Generator(population_based=population)


def _generator_from_wire(message: study_pb2.Generator, path: str, problems: Problems) -> GeneratorSpec:
    match message.WhichOneof("kind"):
        case "grid":
            return Grid(resolution=message.grid.resolution if message.grid.HasField("resolution") else None)
        case "random":
            return Random()
        case "sobol":
            return Sobol()
        case "bayesian":
            bayesian = message.bayesian
            return Bayesian(batch_size=bayesian.batch_size if bayesian.HasField("batch_size") else None)
        case "evolutionary":
            evolutionary = message.evolutionary
            size = evolutionary.population_size if evolutionary.HasField("population_size") else None
            return Evolutionary(population_size=size, regularised=evolutionary.regularised)
        case "population_based":
            population = message.population_based
            return PopulationBased(
                population_size=population.population_size,
                ready_interval=population.ready_interval,
                bandit=population.bandit,
            )
    problems.add(path, "required: one kind of generator")
    return Random()


def _scheduler_to_wire(scheduler: SchedulerSpec) -> study_pb2.Scheduler:
    match scheduler:
        case FullFidelity():
            return study_pb2.Scheduler(full_fidelity=study_pb2.FullFidelityScheduler())
        case SuccessiveHalving(bracket_size=size):
            return study_pb2.Scheduler(successive_halving=study_pb2.SuccessiveHalvingScheduler(bracket_size=size))
        case Hyperband(asynchronous=asynchronous):
            return study_pb2.Scheduler(hyperband=study_pb2.HyperbandScheduler(asynchronous=asynchronous))
        case AsynchronousHalving(form=form, progressive=progressive):
            halving = study_pb2.AsynchronousHalvingScheduler(form=f"HALVING_FORM_{form.value}", progressive=progressive)
            return study_pb2.Scheduler(asynchronous_halving=halving)
        case Percentile(percentile=percentile, min_trials=min_trials):
            rule = study_pb2.PercentileScheduler(percentile=percentile, min_trials=min_trials)
            return study_pb2.Scheduler(percentile=rule)


def _scheduler_from_wire(message: study_pb2.Scheduler, path: str, problems: Problems) -> SchedulerSpec:
    match message.WhichOneof("kind"):
        case "full_fidelity":
            return FullFidelity()
        case "successive_halving":
            return SuccessiveHalving(bracket_size=message.successive_halving.bracket_size)
        case "hyperband":
            return Hyperband(asynchronous=message.hyperband.asynchronous)
        case "asynchronous_halving":
            halving = message.asynchronous_halving
            where = f"{path}.asynchronous_halving.form"
            form = problems.enum(FORMS, halving.form, where, default=HalvingForm.PROMOTING)
            return AsynchronousHalving(form=form, progressive=halving.progressive)
        case "percentile":
            return Percentile(percentile=message.percentile.percentile, min_trials=message.percentile.min_trials)
    problems.add(path, "required: one kind of scheduler")
    return FullFidelity()
