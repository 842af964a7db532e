"""The search space: parameters, when they are active, and the configurations they allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .errors import Violation

Value = bool | int | float | str
Configuration = Mapping[str, Value]
"""A value for each active parameter, by name; derived and fixed ones included."""

MAX_PARAMETERS = 256
MAX_CONSTRAINTS = 64
MAX_VALUES = 1000
MAX_NAME = 128
MAX_TEXT = 256
MAX_INTEGER = 2**53


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
class Categorical:
    """One of a list, all of one kind."""

    values: tuple[Value, ...]
    ordered: bool = False
    default: Value | None = None
    prior_weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean:
    """True or false."""

    default: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Always the same; handed to every trial."""

    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearTerm:
    """weight * parameter."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """constant + sum of terms; handed to trials, not searched."""

    terms: tuple[LinearTerm, ...]
    constant: float = 0.0
    integer: bool = False


Kind = Double | Integer | Categorical | Boolean | Fixed | Derived
KIND_NAMES: Mapping[type, str] = {
    Double: "double",
    Integer: "integer",
    Categorical: "categorical",
    Boolean: "boolean",
    Fixed: "fixed",
    Derived: "derived",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Active only while *parameter* is active and has one of *values*."""

    parameter: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One dimension of the space."""

    name: str
    kind: Kind
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterConstraint:
    """sum of terms <= bound, or >= bound; inactive parameters count as zero."""

    terms: tuple[LinearTerm, ...]
    at_most: bool
    """True for <=, False for >=."""
    bound: float

    def holds(self, configuration: Configuration) -> bool:
        """Whether *configuration* keeps it, up to rounding (1e-9 relative)."""
        total = sum(t.weight * float(configuration.get(t.name, 0.0)) for t in self.terms)
        slack = 1e-9 * max(1.0, abs(self.bound))
        return total <= self.bound + slack if self.at_most else total >= self.bound - slack


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """What may be tuned."""

    parameters: tuple[Parameter, ...]
    constraints: tuple[ParameterConstraint, ...] = ()
    _by_name: Mapping[str, Parameter] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {p.name: p for p in self.parameters})

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if any."""
        return self._by_name.get(name)

    def in_order(self) -> Sequence[Parameter]:
        """Parameters, each after those it depends on.

        Ordered as declared where nothing else decides. Parameters on a cycle are left out.
        """
        placed: dict[str, Parameter] = {}
        waiting = list(self.parameters)
        while waiting:
            ready = [p for p in waiting if _needs(p) <= placed.keys()]
            if not ready:
                break
            placed.update((p.name, p) for p in ready)
            waiting = [p for p in waiting if p.name not in placed]
        return tuple(placed.values())

    def is_active(self, parameter: Parameter, configuration: Configuration) -> bool:
        """Whether *parameter* exists, given the values of those it depends on."""
        return all(
            c.parameter in configuration and any(same(configuration[c.parameter], v) for v in c.values)
            for c in parameter.conditions
        )

    def complete(self, searched: Configuration) -> dict[str, Value]:
        """*searched* without inactive parameters, with fixed and derived ones filled in.

        Searched parameters that are active must be present; values are not checked.
        """
        out: dict[str, Value] = {}
        for p in self.in_order():
            if not self.is_active(p, out):
                continue
            if isinstance(p.kind, Fixed):
                out[p.name] = p.kind.value
            elif isinstance(p.kind, Derived):
                out[p.name] = derive(p.kind, out)
            elif p.name in searched:
                out[p.name] = searched[p.name]
        return out

    def defaults(self) -> dict[str, Value]:
        """The configuration of all defaults (the baseline)."""
        searched = {p.name: default_value(p.kind) for p in self.parameters if not isinstance(p.kind, Fixed | Derived)}
        return self.complete(searched)

    def is_feasible(self, configuration: Configuration) -> bool:
        """Whether *configuration* keeps every parameter constraint."""
        return all(c.holds(configuration) for c in self.constraints)

    def num_configurations(self) -> int | None:
        """How many searched configurations there are before constraints; None if infinitely many.

        An upper bound when there are conditions.
        """
        total = 1
        for p in self.parameters:
            if isinstance(p.kind, Double) and p.kind.step is None:
                return None
            total *= max(1, _num_values(p.kind))
        return total


def same(a: Value, b: Value) -> bool:
    """Equality that keeps kinds apart: True is not 1, but 1 equals 1.0."""
    return isinstance(a, bool) == isinstance(b, bool) and isinstance(a, str) == isinstance(b, str) and a == b


def derive(kind: Derived, configuration: Configuration) -> int | float:
    """The value of a derived parameter; inactive terms count as zero, as do values of a wrong kind."""
    values = {t.name: configuration.get(t.name, 0.0) for t in kind.terms}
    total = kind.constant + sum(t.weight * v for t in kind.terms if not isinstance(v := values[t.name], str))
    return round(total) if kind.integer and math.isfinite(total) else total


def num_steps(kind: Double | Integer) -> int:
    """Number of steps that fit into the range; the kind must have a step."""
    assert kind.step is not None
    return math.floor((kind.max - kind.min) / kind.step + 1e-9)


def default_value(kind: Kind) -> Value:
    """The declared default, or the middle of the range, the first value, False."""
    match kind:
        case Boolean():
            return bool(kind.default)
        case Categorical():
            return kind.values[0] if kind.default is None else kind.default
        case Double() | Integer():
            return _numeric_default(kind)
        case Fixed():
            return kind.value
        case Derived():
            return kind.constant


def _numeric_default(kind: Double | Integer) -> int | float:
    if kind.default is not None:
        return kind.default
    middle = math.sqrt(kind.min * kind.max) if kind.log else kind.min + (kind.max - kind.min) / 2
    if kind.step is not None:
        middle = kind.min + kind.step * round((middle - kind.min) / kind.step)
    if isinstance(kind, Integer):
        return min(kind.max, max(kind.min, round(middle)))
    return min(kind.max, max(kind.min, middle))


def _needs(parameter: Parameter) -> set[str]:
    needs = {c.parameter for c in parameter.conditions}
    if isinstance(parameter.kind, Derived):
        needs |= {t.name for t in parameter.kind.terms}
    return needs


def _num_values(kind: Kind) -> int:
    """How many values a kind has; a double must have a step."""
    match kind:
        case Boolean():
            return 2
        case Categorical():
            return len(kind.values)
        case Integer():
            return num_steps(kind) + 1 if kind.step is not None else kind.max - kind.min + 1
        case Double():
            return num_steps(kind) + 1
        case Fixed() | Derived():
            return 1


def value_problem(kind: Kind, value: Value) -> str | None:
    """Why *value* is not one of *kind*'s, or None if it is."""
    match kind:
        case Boolean():
            return None if isinstance(value, bool) else f"{value!r} is not a boolean"
        case Categorical():
            ok = any(same(value, v) and type(value) is type(v) for v in kind.values)
            return None if ok else f"{value!r} is not one of {_shown(kind.values)}"
        case Integer():
            if isinstance(value, bool) or not isinstance(value, int):
                return f"{value!r} is not an integer"
            return _range_problem(kind, value)
        case Double():
            if isinstance(value, bool | str):
                return f"{value!r} is not a number"
            return _range_problem(kind, value) if math.isfinite(value) else f"{value!r} is not finite"
        case Fixed():
            return None if same(value, kind.value) else f"{value!r} is not the fixed value {kind.value!r}"
        case Derived():
            return None


def configuration_violations(space: SearchSpace, configuration: Configuration, path: str) -> Iterator[Violation]:
    """What keeps *configuration* from being one of *space*; fixed and derived parameters may be left out."""
    for name in configuration:
        if space.parameter(name) is None:
            yield Violation(field=f"{path}.values[{name!r}]", description="the space has no such parameter")
    full = space.complete(configuration)
    for p in space.in_order():
        where = f"{path}.values[{p.name!r}]"
        given = configuration.get(p.name)
        if not space.is_active(p, full):
            if given is not None:
                yield Violation(field=where, description="given, but its conditions do not hold")
        elif given is not None:
            if problem := value_problem(p.kind, given):
                yield Violation(field=where, description=problem)
        elif not isinstance(p.kind, Fixed | Derived):
            yield Violation(field=where, description="missing")
    for i, c in enumerate(space.constraints):
        if _is_numeric(c, full) and not c.holds(full):
            yield Violation(field=f"{path}.values", description=f"breaks parameter constraint {i}: {shown(c)}")


def shown(constraint: ParameterConstraint) -> str:
    """The constraint as a formula, for people."""
    terms = " + ".join(f"{t.weight:g} * {t.name}" for t in constraint.terms)
    return f"{terms} {'<=' if constraint.at_most else '>='} {constraint.bound:g}"


def _is_numeric(constraint: ParameterConstraint, configuration: Configuration) -> bool:
    return not any(isinstance(configuration.get(t.name, 0.0), str) for t in constraint.terms)


def _range_problem(kind: Double | Integer, value: float) -> str | None:
    if not kind.min <= value <= kind.max:
        return f"{value!r} is not in [{kind.min!r}, {kind.max!r}]"
    if kind.step is not None and kind.step > 0:  # a step that is not is judged by itself
        steps = (value - kind.min) / kind.step
        if math.isfinite(steps) and abs(steps - round(steps)) > 1e-6:
            return f"{value!r} is not {kind.min!r} plus a multiple of the step {kind.step!r}"
    return None


def _shown(values: Sequence[Value]) -> str:
    head = ", ".join(repr(v) for v in values[:10])
    return f"[{head}, ... {len(values)} in all]" if len(values) > 10 else f"[{head}]"
