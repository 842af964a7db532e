"""Search spaces and configurations as JSON."""

from __future__ import annotations

from typing import Any

from assay_server.domain.space import (
    KIND_NAMES,
    Boolean,
    Categorical,
    Condition,
    Configuration,
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

Json = dict[str, Any]


def configuration_to_json(configuration: Configuration) -> dict[str, Value]:
    """JSON's own numbers, texts and truth values: their kinds survive."""
    return dict(configuration)


def space_to_json(space: SearchSpace) -> Json:
    """Every field, also those at their default: a later default must not change a stored study."""
    return {
        "parameters": [_parameter_to_json(p) for p in space.parameters],
        "constraints": [
            {"terms": _terms_to_json(c.terms), "at_most": c.at_most, "bound": c.bound} for c in space.constraints
        ],
    }


def space_from_json(data: Json) -> SearchSpace:
    """The inverse of `space_to_json`."""
    return SearchSpace(
        parameters=tuple(_parameter_from_json(p) for p in data["parameters"]),
        constraints=tuple(
            ParameterConstraint(terms=_terms_from_json(c["terms"]), at_most=c["at_most"], bound=c["bound"])
            for c in data["constraints"]
        ),
    )


def _parameter_to_json(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        KIND_NAMES[type(parameter.kind)]: _kind_to_json(parameter.kind),
        "conditions": [{"parameter": c.parameter, "values": list(c.values)} for c in parameter.conditions],
    }


def _parameter_from_json(data: Json) -> Parameter:
    (name,) = data.keys() & _KINDS.keys()
    return Parameter(
        name=data["name"],
        kind=_KINDS[name](data[name]),
        conditions=tuple(Condition(parameter=c["parameter"], values=tuple(c["values"])) for c in data["conditions"]),
    )


def _kind_to_json(kind: Kind) -> Json:
    match kind:
        case Double() | Integer():
            return {
                "min": kind.min,
                "max": kind.max,
                "log": kind.log,
                "step": kind.step,
                "default": kind.default,
                "prior": _prior_to_json(kind.prior),
            }
        case Categorical():
            return {
                "values": list(kind.values),
                "ordered": kind.ordered,
                "default": kind.default,
                "prior_weights": list(kind.prior_weights),
            }
        case Boolean():
            return {"default": kind.default}
        case Fixed():
            return {"value": kind.value}
        case Derived():
            return {"terms": _terms_to_json(kind.terms), "constant": kind.constant, "integer": kind.integer}


def _double(data: Json) -> Kind:
    return Double(
        min=data["min"],
        max=data["max"],
        log=data["log"],
        step=data["step"],
        default=data["default"],
        prior=_prior_from_json(data["prior"]),
    )


def _integer(data: Json) -> Kind:
    return Integer(
        min=data["min"],
        max=data["max"],
        log=data["log"],
        step=data["step"],
        default=data["default"],
        prior=_prior_from_json(data["prior"]),
    )


def _categorical(data: Json) -> Kind:
    return Categorical(
        values=tuple(data["values"]),
        ordered=data["ordered"],
        default=data["default"],
        prior_weights=tuple(data["prior_weights"]),
    )


def _boolean(data: Json) -> Kind:
    return Boolean(default=data["default"])


def _fixed(data: Json) -> Kind:
    return Fixed(value=data["value"])


def _derived(data: Json) -> Kind:
    return Derived(terms=_terms_from_json(data["terms"]), constant=data["constant"], integer=data["integer"])


_KINDS = {
    "double": _double,
    "integer": _integer,
    "categorical": _categorical,
    "boolean": _boolean,
    "fixed": _fixed,
    "derived": _derived,
}


def _prior_to_json(prior: NormalPrior | None) -> Json | None:
    return None if prior is None else {"mean": prior.mean, "standard_deviation": prior.standard_deviation}


def _prior_from_json(data: Json | None) -> NormalPrior | None:
    return None if data is None else NormalPrior(mean=data["mean"], standard_deviation=data["standard_deviation"])


def _terms_to_json(terms: tuple[LinearTerm, ...]) -> list[Json]:
    return [{"name": t.name, "weight": t.weight} for t in terms]


def _terms_from_json(data: list[Json]) -> tuple[LinearTerm, ...]:
    return tuple(LinearTerm(name=t["name"], weight=t["weight"]) for t in data)
