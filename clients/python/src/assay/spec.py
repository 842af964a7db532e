"""A study's specification, put together from what the user wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Required, TypedDict

from .budget import Budget, Fidelity, seconds
from .errors import InvalidArgument
from .objectives import Constraint, Objective, OutcomeConstraint, ParameterConstraint, constraint
from .space import Parameter, Scalar, Space, fitted
from .strategy import Freshness, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparability:
    """What all trials must share to be ranked together. Empty fields are not compared."""

    dataset_fingerprint: str = ""
    code_version: str = ""
    evaluation_protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """What a user says about a study. Everything but description, labels and budget is fixed at creation."""

    space: Space
    objectives: tuple[Objective, ...]
    parameter_constraints: tuple[ParameterConstraint, ...] = ()
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()
    tracked: tuple[str, ...] = ()
    fidelity: Fidelity | None = None
    budget: Budget = Budget()
    strategy: Strategy = Strategy()
    seed: int | None = None
    baselines: tuple[Mapping[str, Scalar], ...] = ()
    baseline: bool = True
    """Whether the configuration of all defaults runs first when there are no baselines."""
    max_attempts: int | None = None
    lease_ttl_s: float | None = None
    comparability: Comparability = Comparability()
    transfer: Mapping[str, int | None] = field(default_factory=dict)
    """Earlier studies to start from, by id, each with how many of its configurations are taken at most; 3 when None."""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


class SpecOptions(TypedDict, total=False):
    """What `study_spec` takes, for those that pass it on."""

    space: Required[Mapping[str, Parameter]]
    objectives: Required[Sequence[Objective]]
    constraints: Iterable[str | Constraint]
    tracked: Iterable[str] | None
    fidelity: Fidelity | None
    budget: Budget | None
    strategy: Strategy | None
    freshness: str | None
    seed: int | None
    baselines: Iterable[Mapping[str, Scalar]]
    baseline: bool
    max_attempts: int | None
    lease_ttl: timedelta | float | None
    comparability: Comparability | None
    transfer: Iterable[str] | Mapping[str, int | None]
    description: str
    labels: Mapping[str, str] | None


def study_spec(
    *,
    space: Mapping[str, Parameter],
    objectives: Sequence[Objective],
    constraints: Iterable[str | Constraint] = (),
    tracked: Iterable[str] | None = None,
    fidelity: Fidelity | None = None,
    budget: Budget | None = None,
    strategy: Strategy | None = None,
    freshness: str | None = None,
    seed: int | None = None,
    baselines: Iterable[Mapping[str, Scalar]] = (),
    baseline: bool = True,
    max_attempts: int | None = None,
    lease_ttl: timedelta | float | None = None,
    comparability: Comparability | None = None,
    transfer: Iterable[str] | Mapping[str, int | None] = (),
    description: str = "",
    labels: Mapping[str, str] | None = None,
) -> StudySpec:
    """Put a specification together.

    Args:
        space: parameters by name, in the order in which they shall be shown.
        objectives: `minimize("loss")`, `maximize("accuracy", threshold=0.5)`, …
        constraints: `"params <= 200_000"`, `constraint("params <= 2e5", soft_weight=1.0)`. One whose names are
            all parameters bounds configurations; one with a single other name bounds that metric.
        tracked: metrics that are kept and shown, but not optimised. Those that constraints need are added when
            this is None.
        fidelity: what a cheap evaluation spends less of.
        budget: how much may be spent.
        strategy: how to choose; the server decides when None.
        freshness: "strict" or "buffered"; a shorthand for the strategy's.
        seed: source of all randomness; drawn by the server when None.
        baselines: configurations that run first.
        baseline: run the configuration of all defaults first when there are no baselines.
        max_attempts: a trial that dies this many times is FAILED.
        lease_ttl: how long a worker may be silent; a number is seconds.
        comparability: what all trials must share to be ranked together.
        transfer: ids of earlier studies of the project: their best configurations run after the baselines. With a
            mapping, how many of each at most; otherwise 3.
        description: for people.
        labels: for filters.

    Raises:
        InvalidArgument: a constraint cannot be read or fits neither kind, or a name is unknown.
    """
    strategy = strategy or Strategy()
    of_parameters, of_outcomes = sort_constraints(space, constraints)
    return StudySpec(
        space=dict(space),
        objectives=tuple(objectives),
        parameter_constraints=of_parameters,
        outcome_constraints=of_outcomes,
        tracked=_tracked(tracked, objectives, of_outcomes),
        fidelity=fidelity,
        budget=budget or Budget(),
        strategy=strategy if freshness is None else replace(strategy, freshness=_freshness(freshness)),
        seed=seed,
        baselines=tuple(fitted(space, params) for params in baselines),
        baseline=baseline,
        max_attempts=max_attempts,
        lease_ttl_s=None if lease_ttl is None else seconds(lease_ttl),
        comparability=comparability or Comparability(),
        transfer=dict(transfer) if isinstance(transfer, Mapping) else dict.fromkeys(transfer),
        description=description,
        labels=dict(labels or {}),
    )


def sort_constraints(
    space: Space, constraints: Iterable[str | Constraint]
) -> tuple[tuple[ParameterConstraint, ...], tuple[OutcomeConstraint, ...]]:
    """Tell bounds on parameters from bounds on metrics."""
    of_parameters: list[ParameterConstraint] = []
    of_outcomes: list[OutcomeConstraint] = []
    if isinstance(constraints, str):  # a string is an iterable of strings
        constraints = (constraints,)
    for given in constraints:
        bound = constraint(given) if isinstance(given, str) else given
        if bound.comparison.weights.keys() <= space.keys():
            of_parameters.append(_on_parameters(bound))
        else:
            of_outcomes.append(_on_a_metric(bound, space))
    return tuple(of_parameters), tuple(of_outcomes)


def _on_parameters(bound: Constraint) -> ParameterConstraint:
    if bound.soft_weight is not None:
        raise InvalidArgument.of("constraint", f"{bound.text!r}: bounds parameters only; soft ones bound a metric")
    of = bound.comparison
    return ParameterConstraint(weights=of.weights, at_most=of.at_most, bound=of.bound)


def _on_a_metric(bound: Constraint, space: Space) -> OutcomeConstraint:
    of = bound.comparison
    others = [name for name in of.weights if name not in space]
    if len(of.weights) > 1:
        raise InvalidArgument.of("constraint", f"{bound.text!r}: {_mixture(list(of.weights), others, space)}")
    weight = of.weights[others[0]]
    at_most = of.at_most if weight > 0 else not of.at_most
    return OutcomeConstraint(metric=others[0], at_most=at_most, bound=of.bound / weight, soft_weight=bound.soft_weight)


def _mixture(names: list[str], others: list[str], space: Space) -> str:
    unknown = ", ".join(_with_hint(name, space) for name in others)
    if len(others) < len(names):
        return f"mixes parameters with {unknown}, which the space does not have"
    return f"bounds several metrics at once ({unknown}); a bound is on one metric, or on parameters alone"


def _with_hint(name: str, space: Space) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, space, n=1)
    return f"{name!r} (did you mean {close[0]!r}?)" if close else repr(name)


def _tracked(
    tracked: Iterable[str] | None, objectives: Sequence[Objective], bounds: Sequence[OutcomeConstraint]
) -> tuple[str, ...]:
    if tracked is not None:
        return (tracked,) if isinstance(tracked, str) else tuple(tracked)
    known = {objective.metric for objective in objectives}
    return tuple(dict.fromkeys(bound.metric for bound in bounds if bound.metric not in known))


def _freshness(text: str) -> Freshness:
    try:
        return Freshness(text)
    except ValueError:
        raise InvalidArgument.of("freshness", f"{text!r} is neither 'strict' nor 'buffered'") from None
