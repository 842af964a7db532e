"""The search space: `double(1e-4, 1e-1, log=True)`, `integer(1, 6)`, `choice("relu", "gelu")` and the rest."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

from .errors import InvalidArgument
from .linear import parse_linear

Scalar = bool | int | float | str
"""A value of a parameter."""
When = Mapping[str, Scalar | Sequence[Scalar]]
"""Conditions, all of which must hold: {"optimizer": "sgd"} or {"optimizer": ("sgd", "adam")}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalPrior:
    """An expert's belief about where good values are."""

    mean: float
    standard_deviation: float
    """In the parameter's unit; in decades on a log scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A real number in [min, max]."""

    min: float
    max: float
    log: bool = False
    step: float | None = None
    default: float | None = None
    prior: NormalPrior | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer:
    """A whole number in [min, max]."""

    min: int
    max: int
    log: bool = False
    step: int | None = None
    default: int | None = None
    prior: NormalPrior | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a list, all of one kind."""

    values: tuple[Scalar, ...]
    ordered: bool = False
    default: Scalar | None = None
    weights: tuple[float, ...] = ()
    """Prior weight of each value, or none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean:
    """True or false."""

    default: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Always the same; handed to every trial."""

    value: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """constant + sum of weight * parameter; handed to trials, not searched."""

    weights: Mapping[str, float]
    constant: float = 0.0
    integer: bool = False
    """Rounded, and handed over as an integer."""


Kind = Double | Integer | Choice | Boolean | Fixed | Derived


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Active only while *parameter* is active and has one of *values*."""

    parameter: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One dimension of the space; its name is its key in the space."""

    kind: Kind
    conditions: tuple[Condition, ...] = ()


Space = Mapping[str, Parameter]


def double(
    low: SupportsFloat,
    high: SupportsFloat,
    *,
    log: bool = False,
    step: SupportsFloat | None = None,
    default: SupportsFloat | None = None,
    when: When | None = None,
    prior: NormalPrior | None = None,
) -> Parameter:
    """A real number in [low, high]."""
    kind = Double(
        min=float(low),
        max=float(high),
        log=log,
        step=None if step is None else float(step),
        default=None if default is None else float(default),
        prior=prior,
    )
    return Parameter(kind=kind, conditions=_conditions(when))


def integer(
    low: SupportsIndex,
    high: SupportsIndex,
    *,
    log: bool = False,
    step: SupportsIndex | None = None,
    default: SupportsIndex | None = None,
    when: When | None = None,
    prior: NormalPrior | None = None,
) -> Parameter:
    """A whole number in [low, high]."""
    kind = Integer(
        min=_whole(low),
        max=_whole(high),
        log=log,
        step=None if step is None else _whole(step),
        default=None if default is None else _whole(default),
        prior=prior,
    )
    return Parameter(kind=kind, conditions=_conditions(when))


def choice(
    *values: Scalar,
    ordered: bool = False,
    default: Scalar | None = None,
    when: When | None = None,
    weights: Iterable[float] = (),
) -> Parameter:
    """One of *values*, which are all numbers or all strings.

    Args:
        values: whole and real numbers together are all taken as real ones.
        ordered: neighbours in the list are more alike than others.
        default: the first value when None.
        when: the conditions under which the parameter exists.
        weights: how likely each value is good, one for each.
    """
    of_one_kind = _of_one_kind(values)
    if default is not None and isinstance(of_one_kind[0], float) and not isinstance(default, str):
        default = float(default)
    kind = Choice(values=of_one_kind, ordered=ordered, default=default, weights=tuple(weights))
    return Parameter(kind=kind, conditions=_conditions(when))


def boolean(*, default: bool | None = None, when: When | None = None) -> Parameter:
    """True or false."""
    return Parameter(kind=Boolean(default=default), conditions=_conditions(when))


def fixed(value: Scalar, *, when: When | None = None) -> Parameter:
    """One value, handed to every trial."""
    return Parameter(kind=Fixed(value=value), conditions=_conditions(when))


def derived(expression: str, *, integer: bool = False, when: When | None = None) -> Parameter:
    """A parameter computed from others: "2 * width + 1".

    Raises:
        InvalidArgument: the expression is not a weighted sum of parameters.
    """
    linear = parse_linear(expression, what="derived")
    if not linear.weights:
        raise InvalidArgument.of("derived", f"{expression!r}: names no parameter; use fixed()")
    kind = Derived(weights=linear.weights, constant=linear.constant, integer=integer)
    return Parameter(kind=kind, conditions=_conditions(when))


def normal(mean: float, standard_deviation: float) -> NormalPrior:
    """A prior: good values are expected around *mean*; the deviation is in decades on a log scale."""
    return NormalPrior(mean=float(mean), standard_deviation=float(standard_deviation))


def fitted(space: Space, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """*params* in the kinds of *space*, so that `lr=1` is sent as the double it means.

    What does not fit, and what the space does not know, is left for the server to refuse by name.
    """
    return {name: _fitted(space[name].kind, value) if name in space else value for name, value in params.items()}


def _fitted(kind: Kind, value: Scalar) -> Scalar:
    if isinstance(value, bool | str):
        return value
    is_real = isinstance(kind, Double) or (isinstance(kind, Derived) and not kind.integer)
    if isinstance(kind, Choice) and kind.values:
        is_real = isinstance(kind.values[0], float)
    if isinstance(kind, Fixed):
        is_real = isinstance(kind.value, float)
    return float(value) if is_real else value


def _whole(value: SupportsIndex) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise InvalidArgument.of("integer", f"{value!r} is not a whole number; use double()") from None


def _conditions(when: When | None) -> tuple[Condition, ...]:
    return tuple(Condition(parameter=name, values=_listed(values)) for name, values in (when or {}).items())


def _listed(values: Scalar | Sequence[Scalar]) -> tuple[Scalar, ...]:
    return (values,) if isinstance(values, bool | int | float | str) else tuple(values)


def _of_one_kind(values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    if not values:
        raise InvalidArgument.of("choice", "needs at least one value")
    if any(isinstance(value, bool) for value in values):
        raise InvalidArgument.of("choice", f"{list(values)} holds truth values; use boolean()")
    if all(isinstance(value, str) for value in values):
        return values
    if any(not isinstance(value, int | float) for value in values):
        raise InvalidArgument.of("choice", f"{list(values)} are not all numbers or all strings")
    if any(isinstance(value, float) for value in values):
        return tuple(float(value) for value in values)
    return values
