"""The search space as plain data, derived from the schema in `config`.

A field that is searched becomes a parameter named by its dotted path (`training.batch_size`). A tagged
union becomes a choice named after its tag (`model.family`), and the fields of each branch become
parameters that exist only under that choice (`model.cnn.width`). `overrides` narrows what is derived.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from assay_trainer.config import ImageConfig, Schema, Search, branches

Value = float | int | str | bool
Condition = Mapping[str, tuple[Value, ...]]
"""Parent parameter -> values of it under which a parameter exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleParameter:
    """A real number in a closed interval."""

    name: str
    low: float
    high: float
    log: bool
    step: float | None
    default: float
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerParameter:
    """A whole number in a closed interval."""

    name: str
    low: int
    high: int
    log: bool
    step: int | None
    default: int
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceParameter:
    """One of a few values."""

    name: str
    choices: tuple[Value, ...]
    ordered: bool
    default: Value
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanParameter:
    """Yes or no."""

    name: str
    default: bool
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedParameter:
    """A parameter that the user has decided; it is sent along with every trial."""

    name: str
    default: Value
    when: Condition


Parameter = DoubleParameter | IntegerParameter | ChoiceParameter | BooleanParameter | FixedParameter
Space = Mapping[str, Parameter]

P_co = TypeVar("P_co", covariant=True)
P = TypeVar("P")


class ParameterMaker(Protocol[P_co]):
    """The functions of the client that make parameters; the module `assay` fits."""

    def double(
        self,
        lo: float,
        hi: float,
        /,
        *,
        log: bool,
        step: float | None,
        default: float,
        when: Condition | None,
    ) -> P_co: ...

    def integer(
        self, lo: int, hi: int, /, *, log: bool, step: int | None, default: int, when: Condition | None
    ) -> P_co: ...

    def choice(self, /, *values: Value, ordered: bool, default: Value, when: Condition | None) -> P_co: ...

    def boolean(self, /, *, default: bool, when: Condition | None) -> P_co: ...

    def fixed(self, value: Value, /, *, when: Condition | None) -> P_co: ...


class SpaceError(ValueError):
    """An override names a parameter that does not exist, or a value it cannot take."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"parameter {name}: {reason}")
        self.name, self.reason = name, reason


def derive_space(schema: Schema | None = None) -> dict[str, Parameter]:
    """Every searched parameter of *schema* by name, parents before children; its values are the defaults.

    Without a schema: the space of `ImageConfig`, whose defaults are the baseline configuration.
    """
    root = ImageConfig() if schema is None else schema
    return {parameter.name: parameter for parameter in _walk(root, prefix="", when={})}


def fix(space: Space, values: Mapping[str, Value]) -> dict[str, Parameter]:
    """The space with these parameters decided; branches that a decided tag rules out disappear.

    Raises:
        SpaceError: for an unknown name or a value outside the parameter's range.
    """
    fixed = dict(space)
    for name, value in values.items():
        if name not in space:
            raise SpaceError(name, "does not exist")
        if not takes(space[name], value):
            raise SpaceError(name, f"cannot take {value!r}")
        fixed[name] = FixedParameter(name=name, default=value, when=space[name].when)
    return _without_dead_branches(fixed, values)


def takes(parameter: Parameter, value: Value) -> bool:
    """Whether *value* is of the parameter's kind and within its range."""
    match parameter:
        case DoubleParameter(low=low, high=high):
            return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        case IntegerParameter(low=smallest, high=largest):
            return isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest
        case ChoiceParameter(choices=choices):
            return any(type(value) is type(choice) and value == choice for choice in choices)
        case BooleanParameter():
            return isinstance(value, bool)
        case FixedParameter(default=default):
            return value == default


def for_client(space: Space, maker: ParameterMaker[P]) -> dict[str, P]:
    """The space in the client's own terms: `client.create_study(space=for_client(space, assay))`."""
    return {name: _for_client(parameter, maker) for name, parameter in space.items()}


def baseline(space: Space) -> dict[str, Value]:
    """The default configuration as a flat dictionary: the parameters that exist under the defaults."""
    chosen: dict[str, Value] = {}
    for name, parameter in space.items():
        if is_active(parameter, chosen):
            chosen[name] = parameter.default
    return chosen


def is_active(parameter: Parameter, values: Mapping[str, Value]) -> bool:
    """Whether the parameter exists, given the values of its parents."""
    return all(parent in values and values[parent] in allowed for parent, allowed in parameter.when.items())


def _walk(schema: Schema, *, prefix: str, when: Condition) -> Iterator[Parameter]:
    for field, info in type(schema).model_fields.items():
        name, default = f"{prefix}{field}", getattr(schema, field)
        if isinstance(info.discriminator, str):
            yield from _walk_union(name, info, info.discriminator, default, when)
            continue
        if isinstance(default, Schema):
            yield from _walk(default, prefix=f"{name}.", when=when)
            continue
        for mark in info.metadata:
            if isinstance(mark, Search):
                yield _parameter(name, info, mark, default, when)


def _walk_union(name: str, info: FieldInfo, tag: str, default: Schema, when: Condition) -> Iterator[Parameter]:
    tagged = {str(branch.model_fields[tag].default): branch for branch in branches(info.annotation)}
    parent, chosen = f"{name}.{tag}", str(getattr(default, tag))
    yield ChoiceParameter(name=parent, choices=tuple(tagged), ordered=False, default=chosen, when=when)
    for value, branch in tagged.items():
        values = default if value == chosen else branch()
        yield from _walk(values, prefix=f"{name}.{value}.", when={parent: (value,)})


def _parameter(name: str, info: FieldInfo, mark: Search, default: Value, when: Condition) -> Parameter:
    annotation = info.annotation
    if annotation is bool and isinstance(default, bool):
        return BooleanParameter(name=name, default=default, when=when)
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        return ChoiceParameter(name=name, choices=choices, ordered=mark.ordered, default=default, when=when)
    if annotation is int and isinstance(default, int):
        low, high = map(int, _bounds(name, info))
        step = None if mark.step is None else int(mark.step)
        return IntegerParameter(name=name, low=low, high=high, log=mark.log, step=step, default=default, when=when)
    if annotation is float and isinstance(default, float):
        lowest, highest = _bounds(name, info)
        return DoubleParameter(
            name=name, low=lowest, high=highest, log=mark.log, step=mark.step, default=default, when=when
        )
    raise TypeError(f"field {name} is searched but its type {annotation} has no kind of parameter")


def _bounds(name: str, info: FieldInfo) -> tuple[float, float]:
    lows = [mark.ge for mark in info.metadata if isinstance(mark, Ge)]
    highs = [mark.le for mark in info.metadata if isinstance(mark, Le)]
    match lows, highs:
        case [int() | float() as low], [int() | float() as high]:
            return low, high
    raise TypeError(f"field {name} is searched but has no closed range (ge and le)")


def _without_dead_branches(space: Space, decided: Mapping[str, Value]) -> dict[str, Parameter]:
    kept: dict[str, Parameter] = {}
    for name, parameter in space.items():
        when = {parent: allowed for parent, allowed in parameter.when.items() if parent not in decided}
        met = [decided[parent] in parameter.when[parent] for parent in parameter.when.keys() - when.keys()]
        if all(met) and when.keys() <= kept.keys():
            kept[name] = replace(parameter, when=when)
    for name in decided:
        if name not in kept:
            raise SpaceError(name, "does not exist under the other values that were fixed")
    return kept


def _for_client(parameter: Parameter, maker: ParameterMaker[P]) -> P:
    when = parameter.when or None
    match parameter:
        case DoubleParameter(low=low, high=high, log=log, step=step, default=default):
            return maker.double(low, high, log=log, step=step, default=default, when=when)
        case IntegerParameter(low=low, high=high, log=log, step=whole_step, default=whole):
            return maker.integer(low, high, log=log, step=whole_step, default=whole, when=when)
        case ChoiceParameter(choices=choices, ordered=ordered, default=value):
            return maker.choice(*choices, ordered=ordered, default=value, when=when)
        case BooleanParameter(default=flag):
            return maker.boolean(default=flag, when=when)
        case FixedParameter(default=value):
            return maker.fixed(value, when=when)
