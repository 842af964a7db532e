"""What the user wrote, as messages."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import SupportsFloat, SupportsIndex

from google.protobuf.duration_pb2 import Duration

from .budget import Budget, Convergence, Fidelity, seconds
from .errors import InvalidArgument
from .objectives import Objective, OutcomeConstraint, ParameterConstraint
from .records import Measurement, Provenance
from .space import Boolean, Choice, Condition, Derived, Double, Fixed, Integer, Kind, NormalPrior, Parameter, Scalar
from .spec import StudySpec
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
from .v1 import space_pb2, study_pb2, trial_pb2


def duration(length_s: float) -> Duration:
    """Seconds as a duration."""
    message = Duration()
    message.FromTimedelta(timedelta(seconds=length_s))
    return message


def value(scalar: Scalar, *, where: str = "value") -> space_pb2.Value:
    """A value of the kind that the scalar has in Python; numbers of other libraries count as what they are."""
    given: object = scalar
    if isinstance(given, bool):
        return space_pb2.Value(boolean_value=given)
    if isinstance(given, str):
        return space_pb2.Value(string_value=str(given))
    if isinstance(given, SupportsIndex):
        if not -(2**63) <= operator.index(given) < 2**63:
            raise InvalidArgument.of(where, f"{scalar!r} does not fit 64 bits")
        return space_pb2.Value(integer_value=operator.index(given))
    if isinstance(given, SupportsFloat):
        return space_pb2.Value(double_value=float(given))
    raise InvalidArgument.of(where, f"{scalar!r} is not a bool, an int, a float or a str")


def configuration(params: Mapping[str, Scalar]) -> space_pb2.Configuration:
    """Values by parameter name."""
    return space_pb2.Configuration(values={name: value(scalar, where=name) for name, scalar in params.items()})


def measurement(of: Measurement) -> trial_pb2.Measurement:
    """Metrics at a step."""
    metrics = {name: trial_pb2.MetricValue(value=v, sem=of.sem.get(name)) for name, v in of.metrics.items()}
    return trial_pb2.Measurement(
        step=of.step,
        metrics=metrics,
        cost=of.cost,
        elapsed=None if of.elapsed_s is None else duration(of.elapsed_s),
    )


def provenance(of: Provenance) -> trial_pb2.Provenance:
    """Under what circumstances an attempt runs."""
    message = trial_pb2.Provenance(
        seed=of.seed,
        code_version=of.code_version,
        dataset_fingerprint=of.dataset_fingerprint,
        evaluation_protocol=of.evaluation_protocol,
        environment=dict(of.environment),
        hardware=of.hardware,
    )
    if of.code_dirty is not None:
        message.code_dirty = of.code_dirty
    return message


def study_spec(spec: StudySpec) -> study_pb2.StudySpec:
    """A whole specification."""
    return study_pb2.StudySpec(
        description=spec.description,
        labels=dict(spec.labels),
        space=_space(spec),
        objectives=[_objective(objective) for objective in spec.objectives],
        constraints=[_outcome_constraint(bound) for bound in spec.outcome_constraints],
        tracked_metrics=spec.tracked,
        fidelity=None if spec.fidelity is None else _fidelity(spec.fidelity),
        budget=None if spec.budget == Budget() else budget(spec.budget),
        strategy=None if spec.strategy == Strategy() else _strategy(spec.strategy),
        seed=spec.seed,
        baselines=[configuration(params) for params in spec.baselines],
        no_default_baseline=not spec.baseline,
        max_attempts=spec.max_attempts,
        lease_ttl=None if spec.lease_ttl_s is None else duration(spec.lease_ttl_s),
        comparability=_comparability(spec),
        transfer=[study_pb2.TransferSource(study=study, max_trials=num) for study, num in spec.transfer.items()],
    )


def budget(of: Budget) -> study_pb2.Budget:
    """How much may be spent."""
    return study_pb2.Budget(
        max_trials=of.trials,
        max_cost=of.cost,
        max_duration=None if of.duration is None else duration(seconds(of.duration)),
        parallelism=of.parallelism,
        targets=[study_pb2.Target(metric=metric, value=target) for metric, target in of.targets.items()],
        convergence=None if of.convergence is None else _convergence(of.convergence),
    )


def _convergence(of: Convergence) -> study_pb2.Convergence:
    return study_pb2.Convergence(window_trials=of.window_trials, min_relative_improvement=of.min_relative_improvement)


def _comparability(spec: StudySpec) -> study_pb2.ComparabilityKey | None:
    of = spec.comparability
    key = study_pb2.ComparabilityKey(
        dataset_fingerprint=of.dataset_fingerprint,
        code_version=of.code_version,
        evaluation_protocol=of.evaluation_protocol,
    )
    return key if key.ByteSize() else None


def _space(spec: StudySpec) -> space_pb2.SearchSpace:
    return space_pb2.SearchSpace(
        parameters=[_parameter(name, parameter) for name, parameter in spec.space.items()],
        constraints=[_parameter_constraint(bound) for bound in spec.parameter_constraints],
    )


def _parameter(name: str, parameter: Parameter) -> space_pb2.Parameter:
    if not isinstance(parameter, Parameter):
        raise InvalidArgument.of(f"space[{name!r}]", f"{parameter!r} is not a parameter; use double(), fixed(), …")
    message = _KINDS[type(parameter.kind)](parameter.kind)
    message.name = name
    message.conditions.extend(_condition(condition) for condition in parameter.conditions)
    return message


def _condition(of: Condition) -> space_pb2.Condition:
    return space_pb2.Condition(parameter=of.parameter, values=[value(v, where=of.parameter) for v in of.values])


def _prior(of: NormalPrior | None) -> space_pb2.NormalPrior | None:
    return None if of is None else space_pb2.NormalPrior(mean=of.mean, standard_deviation=of.standard_deviation)


def _scale(log: bool) -> space_pb2.Scale:
    return space_pb2.SCALE_LOG if log else space_pb2.SCALE_UNSPECIFIED


def _double(of: Double) -> space_pb2.Parameter:
    return space_pb2.Parameter(
        double=space_pb2.DoubleParameter(
            min=of.min,
            max=of.max,
            scale=_scale(of.log),
            step=of.step,
            default_value=of.default,
            prior=_prior(of.prior),
        )
    )


def _integer(of: Integer) -> space_pb2.Parameter:
    return space_pb2.Parameter(
        integer=space_pb2.IntegerParameter(
            min=of.min,
            max=of.max,
            scale=_scale(of.log),
            step=of.step,
            default_value=of.default,
            prior=_prior(of.prior),
        )
    )


def _choice(of: Choice) -> space_pb2.Parameter:
    return space_pb2.Parameter(
        categorical=space_pb2.CategoricalParameter(
            values=[value(v, where="choice") for v in of.values],
            ordered=of.ordered,
            default_value=None if of.default is None else value(of.default, where="choice"),
            prior_weights=of.weights,
        )
    )


def _boolean(of: Boolean) -> space_pb2.Parameter:
    message = space_pb2.BooleanParameter()
    if of.default is not None:
        message.default_value = of.default
    return space_pb2.Parameter(boolean=message)


def _fixed(of: Fixed) -> space_pb2.Parameter:
    return space_pb2.Parameter(fixed=space_pb2.FixedParameter(value=value(of.value, where="fixed")))


def _derived(of: Derived) -> space_pb2.Parameter:
    return space_pb2.Parameter(
        derived=space_pb2.DerivedParameter(terms=_terms(of.weights), constant=of.constant, integer=of.integer)
    )


# One entry for each kind; the value takes exactly the kind of its key.
_KINDS: Mapping[type[Kind], Callable[..., space_pb2.Parameter]] = {
    Double: _double,
    Integer: _integer,
    Choice: _choice,
    Boolean: _boolean,
    Fixed: _fixed,
    Derived: _derived,
}


def _terms(weights: Mapping[str, float]) -> Iterable[space_pb2.LinearTerm]:
    return [space_pb2.LinearTerm(name=name, weight=weight) for name, weight in weights.items()]


def _comparison(at_most: bool) -> space_pb2.Comparison:
    return space_pb2.COMPARISON_LESS_EQUAL if at_most else space_pb2.COMPARISON_GREATER_EQUAL


def _parameter_constraint(of: ParameterConstraint) -> space_pb2.ParameterConstraint:
    return space_pb2.ParameterConstraint(terms=_terms(of.weights), comparison=_comparison(of.at_most), bound=of.bound)


def _outcome_constraint(of: OutcomeConstraint) -> study_pb2.OutcomeConstraint:
    return study_pb2.OutcomeConstraint(
        metric=of.metric, comparison=_comparison(of.at_most), bound=of.bound, soft_weight=of.soft_weight
    )


def _objective(of: Objective) -> study_pb2.Objective:
    goal = study_pb2.GOAL_MAXIMIZE if of.maximize else study_pb2.GOAL_MINIMIZE
    return study_pb2.Objective(metric=of.metric, goal=goal, threshold=of.threshold)


def _fidelity(of: Fidelity) -> study_pb2.Fidelity:
    cost = of.cost_model
    return study_pb2.Fidelity(
        name=of.name,
        min=of.min,
        max=of.max,
        eta=of.eta,
        rungs=of.rungs,
        cost_model=None
        if cost is None
        else study_pb2.CostModel(startup_cost=cost.startup_cost, cost_per_step=cost.cost_per_step),
    )


def _strategy(of: Strategy) -> study_pb2.Strategy:
    is_strict = of.freshness is Freshness.STRICT
    return study_pb2.Strategy(
        phases=[_phase(phase) for phase in of.phases],
        scheduler=None if of.scheduler is None else _scheduler(of.scheduler),
        freshness=study_pb2.FRESHNESS_STRICT if is_strict else study_pb2.FRESHNESS_UNSPECIFIED,
        max_staleness=of.max_staleness,
    )


def _phase(of: Phase) -> study_pb2.Phase:
    return study_pb2.Phase(
        generator=_generator(of.generator),
        max_trials=of.trials,
        min_feasible=of.min_feasible,
        min_model_quality=of.min_model_quality,
    )


def _generator(of: Generator) -> study_pb2.Generator:
    match of:
        case Grid():
            return study_pb2.Generator(grid=study_pb2.GridGenerator(resolution=of.resolution))
        case Random():
            return study_pb2.Generator(random=study_pb2.RandomGenerator())
        case Sobol():
            return study_pb2.Generator(sobol=study_pb2.SobolGenerator())
        case Bayesian():
            return study_pb2.Generator(bayesian=study_pb2.BayesianGenerator(batch_size=of.batch_size))
        case Evolutionary():
            return study_pb2.Generator(
                evolutionary=study_pb2.EvolutionaryGenerator(
                    population_size=of.population_size, regularised=of.regularised
                )
            )
        case PopulationBased():
            return study_pb2.Generator(
                population_based=study_pb2.PopulationBasedGenerator(
                    population_size=of.population_size, ready_interval=of.ready_interval, bandit=of.bandit
                )
            )


def _scheduler(of: Scheduler) -> study_pb2.Scheduler:
    match of:
        case FullFidelity():
            return study_pb2.Scheduler(full_fidelity=study_pb2.FullFidelityScheduler())
        case SuccessiveHalving():
            halving = study_pb2.SuccessiveHalvingScheduler(bracket_size=of.bracket_size)
            return study_pb2.Scheduler(successive_halving=halving)
        case Hyperband():
            return study_pb2.Scheduler(hyperband=study_pb2.HyperbandScheduler(asynchronous=of.asynchronous))
        case AsynchronousHalving():
            form = study_pb2.HALVING_FORM_STOPPING if of.stopping else study_pb2.HALVING_FORM_UNSPECIFIED
            asha = study_pb2.AsynchronousHalvingScheduler(form=form, progressive=of.progressive)
            return study_pb2.Scheduler(asynchronous_halving=asha)
        case Percentile():
            rule = study_pb2.PercentileScheduler(percentile=of.percentile, min_trials=of.min_trials)
            return study_pb2.Scheduler(percentile=rule)
