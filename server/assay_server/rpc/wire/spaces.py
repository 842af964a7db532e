"""Search spaces on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assay.v1 import space_pb2
from assay_server.domain.space import (
    MAX_CONSTRAINTS,
    MAX_PARAMETERS,
    MAX_VALUES,
    Boolean,
    Categorical,
    Condition,
    Derived,
    Double,
    Fixed,
    Integer,
    Kind,
    LinearTerm,
    NormalPrior,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    Value,
)
from assay_server.domain.space_rules import MAX_CONDITIONS, MAX_DERIVED_TERMS, MAX_TERMS
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.values import value_from_wire, value_to_wire

SCALES: Mapping[int, bool] = {space_pb2.SCALE_LINEAR: False, space_pb2.SCALE_LOG: True}
"""Whether it is logarithmic."""
COMPARISONS: Mapping[int, bool] = {space_pb2.COMPARISON_LESS_EQUAL: True, space_pb2.COMPARISON_GREATER_EQUAL: False}
"""Whether it is at most the bound."""


def comparison_to_wire(*, at_most: bool) -> space_pb2.Comparison:
    """Which side of a bound."""
    return space_pb2.COMPARISON_LESS_EQUAL if at_most else space_pb2.COMPARISON_GREATER_EQUAL


def space_to_wire(space: SearchSpace) -> space_pb2.SearchSpace:
    """A search space."""
    return space_pb2.SearchSpace(
        parameters=[_parameter_to_wire(p) for p in space.parameters],
        constraints=[
            space_pb2.ParameterConstraint(
                terms=_terms_to_wire(c.terms), comparison=comparison_to_wire(at_most=c.at_most), bound=c.bound
            )
            for c in space.constraints
        ],
    )


def space_from_wire(message: space_pb2.SearchSpace, path: str, problems: Problems) -> SearchSpace:
    """A search space; its rules are the domain's."""
    parameters = problems.at_most(message.parameters, MAX_PARAMETERS, f"{path}.parameters")
    constraints = problems.at_most(message.constraints, MAX_CONSTRAINTS, f"{path}.constraints")
    return SearchSpace(
        parameters=tuple(
            _parameter_from_wire(p, f"{path}.parameters[{i}]", problems) for i, p in enumerate(parameters)
        ),
        constraints=tuple(
            _constraint_from_wire(c, f"{path}.constraints[{i}]", problems) for i, c in enumerate(constraints)
        ),
    )


def _parameter_to_wire(parameter: Parameter) -> space_pb2.Parameter:
    message = space_pb2.Parameter(name=parameter.name)
    match parameter.kind:
        case Double() as kind:
            message.double.CopyFrom(_double_to_wire(kind))
        case Integer() as kind:
            message.integer.CopyFrom(_integer_to_wire(kind))
        case Categorical() as kind:
            message.categorical.CopyFrom(_categorical_to_wire(kind))
        case Boolean(default=default):
            message.boolean.SetInParent()
            if default is not None:
                message.boolean.default_value = default
        case Fixed(value=value):
            message.fixed.value.CopyFrom(value_to_wire(value))
        case Derived() as kind:
            message.derived.CopyFrom(
                space_pb2.DerivedParameter(
                    terms=_terms_to_wire(kind.terms), constant=kind.constant, integer=kind.integer
                )
            )
    message.conditions.extend(
        space_pb2.Condition(parameter=c.parameter, values=[value_to_wire(v) for v in c.values])
        for c in parameter.conditions
    )
    return message


def _parameter_from_wire(message: space_pb2.Parameter, path: str, problems: Problems) -> Parameter:
    conditions = problems.at_most(message.conditions, MAX_CONDITIONS, f"{path}.conditions")
    return Parameter(
        name=message.name,
        kind=_kind_from_wire(message, path, problems),
        conditions=tuple(
            Condition(
                parameter=c.parameter,
                values=_values_from_wire(c.values, f"{path}.conditions[{i}].values", problems),
            )
            for i, c in enumerate(conditions)
        ),
    )


def _kind_from_wire(message: space_pb2.Parameter, path: str, problems: Problems) -> Kind:
    match message.WhichOneof("kind"):
        case "double":
            return _double_from_wire(message.double, f"{path}.double", problems)
        case "integer":
            return _integer_from_wire(message.integer, f"{path}.integer", problems)
        case "categorical":
            return _categorical_from_wire(message.categorical, f"{path}.categorical", problems)
        case "boolean":
            has_default = message.boolean.HasField("default_value")
            return Boolean(default=message.boolean.default_value if has_default else None)
        case "fixed":
            return Fixed(value=value_from_wire(message.fixed.value, f"{path}.fixed.value", problems))
        case "derived":
            return _derived_from_wire(message.derived, f"{path}.derived", problems)
    problems.add(path, "required: one kind of parameter")
    return Derived(terms=())


def _double_to_wire(kind: Double) -> space_pb2.DoubleParameter:
    return space_pb2.DoubleParameter(
        min=kind.min,
        max=kind.max,
        scale=_scale_to_wire(log=kind.log),
        step=kind.step,
        default_value=kind.default,
        prior=_prior_to_wire(kind.prior),
    )


def _double_from_wire(message: space_pb2.DoubleParameter, path: str, problems: Problems) -> Double:
    return Double(
        min=message.min,
        max=message.max,
        log=problems.enum(SCALES, message.scale, f"{path}.scale", default=False),
        step=message.step if message.HasField("step") else None,
        default=message.default_value if message.HasField("default_value") else None,
        prior=_prior_from_wire(message),
    )


def _integer_to_wire(kind: Integer) -> space_pb2.IntegerParameter:
    return space_pb2.IntegerParameter(
        min=kind.min,
        max=kind.max,
        scale=_scale_to_wire(log=kind.log),
        step=kind.step,
        default_value=kind.default,
        prior=_prior_to_wire(kind.prior),
    )


def _integer_from_wire(message: space_pb2.IntegerParameter, path: str, problems: Problems) -> Integer:
    return Integer(
        min=message.min,
        max=message.max,
        log=problems.enum(SCALES, message.scale, f"{path}.scale", default=False),
        step=message.step if message.HasField("step") else None,
        default=message.default_value if message.HasField("default_value") else None,
        prior=_prior_from_wire(message),
    )


def _categorical_to_wire(kind: Categorical) -> space_pb2.CategoricalParameter:
    return space_pb2.CategoricalParameter(
        values=[value_to_wire(v) for v in kind.values],
        ordered=kind.ordered,
        default_value=None if kind.default is None else value_to_wire(kind.default),
        prior_weights=kind.prior_weights,
    )


def _categorical_from_wire(message: space_pb2.CategoricalParameter, path: str, problems: Problems) -> Categorical:
    has_default = message.HasField("default_value")
    return Categorical(
        values=_values_from_wire(message.values, f"{path}.values", problems),
        ordered=message.ordered,
        default=value_from_wire(message.default_value, f"{path}.default_value", problems) if has_default else None,
        prior_weights=tuple(problems.at_most(message.prior_weights, MAX_VALUES, f"{path}.prior_weights")),
    )


def _derived_from_wire(message: space_pb2.DerivedParameter, path: str, problems: Problems) -> Derived:
    return Derived(
        terms=_terms_from_wire(problems.at_most(message.terms, MAX_DERIVED_TERMS, f"{path}.terms")),
        constant=message.constant,
        integer=message.integer,
    )


def _constraint_from_wire(message: space_pb2.ParameterConstraint, path: str, problems: Problems) -> ParameterConstraint:
    return ParameterConstraint(
        terms=_terms_from_wire(problems.at_most(message.terms, MAX_TERMS, f"{path}.terms")),
        at_most=problems.enum(COMPARISONS, message.comparison, f"{path}.comparison"),
        bound=message.bound,
    )


def _values_from_wire(messages: Sequence[space_pb2.Value], path: str, problems: Problems) -> tuple[Value, ...]:
    return tuple(
        # Distinct placeholders: an unreadable value is no duplicate.
        value_from_wire(message, f"{path}[{i}]", problems, placeholder=f"(value {i})")
        for i, message in enumerate(problems.at_most(messages, MAX_VALUES, path))
    )


def _terms_to_wire(terms: Iterable[LinearTerm]) -> list[space_pb2.LinearTerm]:
    return [space_pb2.LinearTerm(name=t.name, weight=t.weight) for t in terms]


def _terms_from_wire(messages: Iterable[space_pb2.LinearTerm]) -> tuple[LinearTerm, ...]:
    return tuple(LinearTerm(name=m.name, weight=m.weight) for m in messages)


def _scale_to_wire(*, log: bool) -> space_pb2.Scale:
    return space_pb2.SCALE_LOG if log else space_pb2.SCALE_LINEAR


def _prior_to_wire(prior: NormalPrior | None) -> space_pb2.NormalPrior | None:
    if prior is None:
        return None
    return space_pb2.NormalPrior(mean=prior.mean, standard_deviation=prior.standard_deviation)


def _prior_from_wire(message: space_pb2.DoubleParameter | space_pb2.IntegerParameter) -> NormalPrior | None:
    if not message.HasField("prior"):
        return None
    return NormalPrior(mean=message.prior.mean, standard_deviation=message.prior.standard_deviation)
