"""Specifications from messages: the way back from encode.py."""

from __future__ import annotations

from collections.abc import Iterable

from .budget import Budget, Convergence, CostModel, Fidelity
from .errors import AssayError
from .objectives import Objective, OutcomeConstraint, ParameterConstraint
from .space import Boolean, Choice, Condition, Derived, Double, Fixed, Integer, Kind, NormalPrior, Parameter, Scalar
from .spec import Comparability, StudySpec
from .strategy import (
    AsynchronousHalving,
    Bayesian,
    Evolutionary,
    Freshness,
    FullFidelity,
    Generator,
    Grid,
    Hyperband,
    Percentile,
    Phase,
    PopulationBased,
    Random,
    Scheduler,
    Sobol,
    Strategy,
    SuccessiveHalving,
)
from .v1 import space_pb2, study_pb2


class UnknownToThisVersion(AssayError):
    """A newer server sent a kind that this client does not know."""


def scalar(message: space_pb2.Value) -> Scalar:
    """A value in its Python kind."""
    match message.WhichOneof("kind"):
        case "double_value":
            return message.double_value
        case "integer_value":
            return message.integer_value
        case "string_value":
            return message.string_value
        case "boolean_value":
            return message.boolean_value
    raise UnknownToThisVersion("a value of an unknown kind; upgrade assay")


def params(message: space_pb2.Configuration) -> dict[str, Scalar]:
    """Values by parameter name."""
    return {name: scalar(value) for name, value in message.values.items()}


def study_spec(message: study_pb2.StudySpec) -> StudySpec:
    """A whole specification."""
    return StudySpec(
        space={parameter.name: _parameter(parameter) for parameter in message.space.parameters},
        objectives=tuple(objective(o) for o in message.objectives),
        parameter_constraints=tuple(_parameter_constraint(c) for c in message.space.constraints),
        outcome_constraints=tuple(_outcome_constraint(c) for c in message.constraints),
        tracked=tuple(message.tracked_metrics),
        fidelity=_fidelity(message.fidelity) if message.HasField("fidelity") else None,
        budget=_budget(message.budget),
        strategy=strategy(message.strategy),
        seed=message.seed if message.HasField("seed") else None,
        baselines=tuple(params(configuration) for configuration in message.baselines),
        baseline=not message.no_default_baseline,
        max_attempts=message.max_attempts if message.HasField("max_attempts") else None,
        lease_ttl_s=message.lease_ttl.ToTimedelta().total_seconds() if message.HasField("lease_ttl") else None,
        comparability=comparability(message.comparability),
        transfer={of.study: of.max_trials if of.HasField("max_trials") else None for of in message.transfer},
        description=message.description,
        labels=dict(message.labels),
    )


def comparability(message: study_pb2.ComparabilityKey) -> Comparability:
    """What trials must share to be ranked together."""
    return Comparability(
        dataset_fingerprint=message.dataset_fingerprint,
        code_version=message.code_version,
        evaluation_protocol=message.evaluation_protocol,
    )


def objective(message: study_pb2.Objective) -> Objective:
    """A metric to optimise."""
    return Objective(
        metric=message.metric,
        maximize=message.goal == study_pb2.GOAL_MAXIMIZE,
        threshold=message.threshold if message.HasField("threshold") else None,
    )


def strategy(message: study_pb2.Strategy) -> Strategy:
    """How a study chooses."""
    is_strict = message.freshness == study_pb2.FRESHNESS_STRICT
    return Strategy(
        phases=tuple(_phase(phase) for phase in message.phases),
        scheduler=_scheduler(message.scheduler) if message.HasField("scheduler") else None,
        freshness=Freshness.STRICT if is_strict else Freshness.BUFFERED,
        max_staleness=message.max_staleness if message.HasField("max_staleness") else None,
    )


def _parameter(message: space_pb2.Parameter) -> Parameter:
    conditions = tuple(
        Condition(parameter=c.parameter, values=tuple(scalar(v) for v in c.values)) for c in message.conditions
    )
    return Parameter(kind=_kind(message), conditions=conditions)


def _kind(message: space_pb2.Parameter) -> Kind:
    match message.WhichOneof("kind"):
        case "double":
            return _double(message.double)
        case "integer":
            return _integer(message.integer)
        case "categorical":
            return _choice(message.categorical)
        case "boolean":
            of = message.boolean
            return Boolean(default=of.default_value if of.HasField("default_value") else None)
        case "fixed":
            return Fixed(value=scalar(message.fixed.value))
        case "derived":
            derived = message.derived
            weights = _weights(derived.terms)
            return Derived(weights=weights, constant=derived.constant, integer=derived.integer)
    raise UnknownToThisVersion(f"parameter {message.name!r} is of an unknown kind; upgrade assay")


def _double(of: space_pb2.DoubleParameter) -> Double:
    return Double(
        min=of.min,
        max=of.max,
        log=of.scale == space_pb2.SCALE_LOG,
        step=of.step if of.HasField("step") else None,
        default=of.default_value if of.HasField("default_value") else None,
        prior=_prior(of.prior) if of.HasField("prior") else None,
    )


def _integer(of: space_pb2.IntegerParameter) -> Integer:
    return Integer(
        min=of.min,
        max=of.max,
        log=of.scale == space_pb2.SCALE_LOG,
        step=of.step if of.HasField("step") else None,
        default=of.default_value if of.HasField("default_value") else None,
        prior=_prior(of.prior) if of.HasField("prior") else None,
    )


def _choice(of: space_pb2.CategoricalParameter) -> Choice:
    return Choice(
        values=tuple(scalar(v) for v in of.values),
        ordered=of.ordered,
        default=scalar(of.default_value) if of.HasField("default_value") else None,
        weights=tuple(of.prior_weights),
    )


def _prior(of: space_pb2.NormalPrior) -> NormalPrior:
    return NormalPrior(mean=of.mean, standard_deviation=of.standard_deviation)


def _weights(terms: Iterable[space_pb2.LinearTerm]) -> dict[str, float]:
    return {term.name: term.weight for term in terms}


def _parameter_constraint(of: space_pb2.ParameterConstraint) -> ParameterConstraint:
    at_most = of.comparison == space_pb2.COMPARISON_LESS_EQUAL
    return ParameterConstraint(weights=_weights(of.terms), at_most=at_most, bound=of.bound)


def _outcome_constraint(of: study_pb2.OutcomeConstraint) -> OutcomeConstraint:
    return OutcomeConstraint(
        metric=of.metric,
        at_most=of.comparison == space_pb2.COMPARISON_LESS_EQUAL,
        bound=of.bound,
        soft_weight=of.soft_weight if of.HasField("soft_weight") else None,
    )


def _fidelity(of: study_pb2.Fidelity) -> Fidelity:
    cost = of.cost_model
    return Fidelity(
        name=of.name,
        min=of.min,
        max=of.max,
        eta=of.eta if of.HasField("eta") else None,
        rungs=tuple(of.rungs),
        cost_model=CostModel(cost_per_step=cost.cost_per_step, startup_cost=cost.startup_cost)
        if of.HasField("cost_model")
        else None,
    )


def _budget(of: study_pb2.Budget) -> Budget:
    return Budget(
        trials=of.max_trials if of.HasField("max_trials") else None,
        cost=of.max_cost if of.HasField("max_cost") else None,
        duration=of.max_duration.ToTimedelta() if of.HasField("max_duration") else None,
        parallelism=of.parallelism if of.HasField("parallelism") else None,
        targets={target.metric: target.value for target in of.targets},
        convergence=_convergence(of.convergence) if of.HasField("convergence") else None,
    )


def _convergence(of: study_pb2.Convergence) -> Convergence:
    return Convergence(
        window_trials=of.window_trials,
        min_relative_improvement=of.min_relative_improvement if of.HasField("min_relative_improvement") else None,
    )


def _phase(of: study_pb2.Phase) -> Phase:
    return Phase(
        generator=_generator(of.generator),
        trials=of.max_trials if of.HasField("max_trials") else None,
        min_feasible=of.min_feasible if of.HasField("min_feasible") else None,
        min_model_quality=of.min_model_quality if of.HasField("min_model_quality") else None,
    )


def _generator(message: study_pb2.Generator) -> Generator:
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
            of = message.evolutionary
            size = of.population_size if of.HasField("population_size") else None
            return Evolutionary(population_size=size, regularised=of.regularised)
        case "population_based":
            pbt = message.population_based
            return PopulationBased(
                population_size=pbt.population_size, ready_interval=pbt.ready_interval, bandit=pbt.bandit
            )
    raise UnknownToThisVersion("a generator of an unknown kind; upgrade assay")


def _scheduler(message: study_pb2.Scheduler) -> Scheduler:
    match message.WhichOneof("kind"):
        case "full_fidelity":
            return FullFidelity()
        case "successive_halving":
            return SuccessiveHalving(bracket_size=message.successive_halving.bracket_size)
        case "hyperband":
            return Hyperband(asynchronous=message.hyperband.asynchronous)
        case "asynchronous_halving":
            of = message.asynchronous_halving
            return AsynchronousHalving(stopping=of.form == study_pb2.HALVING_FORM_STOPPING, progressive=of.progressive)
        case "percentile":
            rule = message.percentile
            return Percentile(percentile=rule.percentile, min_trials=rule.min_trials)
    raise UnknownToThisVersion("a scheduler of an unknown kind; upgrade assay")
