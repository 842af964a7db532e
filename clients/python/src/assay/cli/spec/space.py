"""The search space of a specification: `lr: {double: [1e-4, 1e-1], log: true}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from assay.cli.spec.document import Node
from assay.cli.spec.fields import (
    Fields,
    Value,
    as_flag,
    as_list,
    as_mapping,
    as_number,
    as_value,
    as_whole,
    did_you_mean,
)
from assay.cli.spec.places import Draft
from assay.errors import InvalidArgument
from assay.linear import Linear, parse_linear
from assay.v1 import space_pb2

Wire = space_pb2.Parameter


def read_space(entries: Mapping[str, Node], draft: Draft) -> space_pb2.SearchSpace:
    """The parameters, in the order of the file."""
    parameters: list[Wire] = []
    for name, node in entries.items():
        path = f"spec.space.parameters[{len(parameters)}]"
        draft.places[path] = node
        parameters.append(_parameter(name, node, path, entries, draft))
    kinds = {parameter.name: kind_of(parameter) for parameter in parameters}
    for i, parameter in enumerate(parameters):
        _read_conditions(entries[parameter.name], parameter, f"spec.space.parameters[{i}]", kinds, draft)
    return space_pb2.SearchSpace(parameters=parameters)


def wire_value(value: Value) -> space_pb2.Value:
    """A value of the file as the wire's; its kind stays what it is."""
    match value:
        case bool():
            return space_pb2.Value(boolean_value=value)
        case int():
            return space_pb2.Value(integer_value=value)
        case float():
            return space_pb2.Value(double_value=value)
        case str():
            return space_pb2.Value(string_value=value)


def values_for(kind: str | None, node: Node, draft: Draft) -> list[space_pb2.Value]:
    """The values under *node*, one or a list of them, as a parameter of that kind takes them.

    A double takes 1 for 1.0; an integer takes 1e3 for 1000.
    """
    items = node.content if isinstance(node.content, Sequence) and not isinstance(node.content, str) else (node,)
    found = (_typed_value(kind, item, draft) for item in items)
    return [wire_value(value) for value in found if value is not None]


def kind_of(parameter: Wire) -> str | None:
    """The kind of value that a parameter takes: "double", "integer", "string" or "boolean"."""
    match parameter.WhichOneof("kind"):
        case "double" | "integer" | "boolean" as kind:
            return str(kind)
        case "categorical" if parameter.categorical.values:
            return _kind_of_value(parameter.categorical.values[0])
        case "fixed":
            return _kind_of_value(parameter.fixed.value)
    return None


def _kind_of_value(value: space_pb2.Value) -> str | None:
    kind = value.WhichOneof("kind")
    return kind.removesuffix("_value") if kind else None


def _typed_value(kind: str | None, node: Node, draft: Draft) -> Value | None:
    if kind == "double":
        return as_number(node, draft.problems)
    if kind == "integer":
        return as_whole(node, draft.problems)
    if kind == "boolean":
        return as_flag(node, draft.problems)
    return as_value(node, draft.problems)


def _parameter(name: str, node: Node, path: str, siblings: Mapping[str, Node], draft: Draft) -> Wire:
    parameter = Wire(name=name)
    if node.content == "boolean":
        parameter.boolean.SetInParent()
        return parameter
    fields = Fields(node, draft.problems, what=f"parameter {name!r}")
    if not isinstance(node.content, Mapping):
        return parameter
    # `integer: true` beside `derived` says how the sum is rounded.
    kinds = ["derived"] if "derived" in fields else [kind for kind in _KINDS if kind in fields]
    if len(kinds) == 1:
        _KINDS[kinds[0]](fields, parameter, path, siblings, draft)
    elif kinds:
        draft.complain(node, f"is {' and '.join(kinds)} at once")
    elif unknown := [key for key in node.content if key not in _OPTIONS]:
        draft.complain(node, f"has no kind {unknown[0]!r}{did_you_mean(unknown[0], _KINDS)}")
        return parameter
    else:
        draft.complain(node, f"has no kind; give one of {', '.join(_KINDS)}")
        return parameter
    fields.take("when")  # read when the kinds of all parameters are known
    fields.close()
    return parameter


def _double(fields: Fields, parameter: Wire, path: str, _siblings: Mapping[str, Node], draft: Draft) -> None:
    kind = parameter.double
    kind.SetInParent()
    ends = [as_number(node, draft.problems) for node in _ends(fields, "double", f"{path}.double", draft)]
    match ends:
        case [float() as low, float() as high]:
            kind.min, kind.max = low, high
    _read_scale(fields, kind)
    if (step := fields.number("step")) is not None:
        kind.step = step
    if (default := fields.number("default")) is not None:
        kind.default_value = default
    _read_prior(fields, kind, draft)


def _integer(fields: Fields, parameter: Wire, path: str, _siblings: Mapping[str, Node], draft: Draft) -> None:
    kind = parameter.integer
    kind.SetInParent()
    ends = [as_whole(node, draft.problems) for node in _ends(fields, "integer", f"{path}.integer", draft)]
    match ends:
        case [int() as low, int() as high]:
            kind.min, kind.max = low, high
    _read_scale(fields, kind)
    if (step := fields.whole("step")) is not None:
        kind.step = step
    if (default := fields.whole("default")) is not None:
        kind.default_value = default
    _read_prior(fields, kind, draft)


def _ends(fields: Fields, kind: str, path: str, draft: Draft) -> Sequence[Node]:
    node = fields.take(kind)
    assert node is not None
    ends = as_list(node, draft.problems)
    if isinstance(node.content, Sequence) and not isinstance(node.content, str) and len(ends) != 2:
        draft.complain(node, f"must be [smallest, largest], not a list of {len(ends)}")
        return ()
    if len(ends) == 2:
        draft.places[f"{path}.min"], draft.places[f"{path}.max"] = ends
    return ends


def _read_scale(fields: Fields, kind: space_pb2.DoubleParameter | space_pb2.IntegerParameter) -> None:
    log = fields.flag("log")
    if log is not None:
        kind.scale = space_pb2.SCALE_LOG if log else space_pb2.SCALE_LINEAR


def _read_prior(fields: Fields, kind: space_pb2.DoubleParameter | space_pb2.IntegerParameter, draft: Draft) -> None:
    node = fields.take("prior")
    if node is None:
        return
    prior = Fields(node, draft.problems, what="a prior")
    mean = prior.number("mean", required=True)
    deviation = prior.number("standard_deviation", required=True)
    prior.close()
    if mean is not None and deviation is not None:
        kind.prior.mean, kind.prior.standard_deviation = mean, deviation


def _choice(fields: Fields, parameter: Wire, path: str, _siblings: Mapping[str, Node], draft: Draft) -> None:
    node = fields.take("choice")
    assert node is not None
    found = [as_value(item, draft.problems) for item in as_list(node, draft.problems)]
    values = [value for value in found if value is not None]
    kinds = {type(value) for value in values}
    if bool in kinds:
        draft.complain(node, "lists true or false; use boolean, or quote them if they are text")
    elif kinds == {int, float}:  # [0.5, 1] means doubles
        values = [float(value) for value in values]
    elif len(kinds) > 1:
        draft.complain(node, "mixes numbers and text")
    draft.places[f"{path}.categorical.values"] = node
    kind = parameter.categorical
    kind.SetInParent()
    kind.values.extend(wire_value(value) for value in values)
    if fields.flag("ordered"):
        kind.ordered = True
    default = fields.take("default")
    if default is not None:
        for value in values_for(kind_of(parameter), default, draft)[:1]:
            kind.default_value.CopyFrom(value)
    weights = (as_number(item, draft.problems) for item in fields.items("weights"))
    kind.prior_weights.extend(weight for weight in weights if weight is not None)


def _boolean(fields: Fields, parameter: Wire, _path: str, _siblings: Mapping[str, Node], draft: Draft) -> None:
    node = fields.take("boolean")
    assert node is not None
    parameter.boolean.SetInParent()
    if node.content is not None and node.content != []:
        draft.complain(node, f"takes no range; write 'boolean: []' and perhaps 'default: {node.shown}' beside it")
    if (default := fields.flag("default")) is not None:
        parameter.boolean.default_value = default


def _fixed(fields: Fields, parameter: Wire, _path: str, _siblings: Mapping[str, Node], _draft: Draft) -> None:
    parameter.fixed.SetInParent()
    if (value := fields.value("fixed")) is not None:
        parameter.fixed.value.CopyFrom(wire_value(value))


def _derived(fields: Fields, parameter: Wire, path: str, siblings: Mapping[str, Node], draft: Draft) -> None:
    kind = parameter.derived
    kind.SetInParent()
    if fields.flag("integer"):
        kind.integer = True
    node = fields.take("derived")
    assert node is not None
    total = _formula(node, draft)
    if total is None:
        return
    kind.constant = total.constant
    for name, weight in total.weights.items():
        draft.places[f"{path}.derived.terms[{len(kind.terms)}]"] = node
        kind.terms.append(space_pb2.LinearTerm(name=name, weight=weight))
        if name not in siblings:
            draft.complain(node, f"the space has no parameter {name!r}{did_you_mean(name, siblings)}")


def _formula(node: Node, draft: Draft) -> Linear | None:
    if not isinstance(node.content, str):
        draft.complain(node, f"must be a formula such as '2 * depth + 1', not {node.shown}")
        return None
    try:
        return parse_linear(node.content)
    except InvalidArgument as error:
        for violation in error.violations:
            draft.complain(node, violation.description)
        return None


def _read_conditions(node: Node, parameter: Wire, path: str, kinds: Mapping[str, str | None], draft: Draft) -> None:
    when = node.content.get("when") if isinstance(node.content, Mapping) else None
    if when is None:
        return
    for name, allowed in as_mapping(when, draft.problems).items():
        draft.places[f"{path}.conditions[{len(parameter.conditions)}]"] = allowed
        if name not in kinds:
            draft.complain(allowed, f"the space has no parameter {name!r}{did_you_mean(name, kinds)}")
        values = values_for(kinds.get(name), allowed, draft)
        parameter.conditions.append(space_pb2.Condition(parameter=name, values=values))


_Reader = Callable[[Fields, Wire, str, Mapping[str, Node], Draft], None]
_KINDS: Mapping[str, _Reader] = {
    "double": _double,
    "integer": _integer,
    "choice": _choice,
    "boolean": _boolean,
    "fixed": _fixed,
    "derived": _derived,
}
_OPTIONS = ("log", "step", "default", "prior", "ordered", "weights", "when")
