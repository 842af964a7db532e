"""What makes a search space valid: every rule, with the path of the field that breaks it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from .errors import Violation
from .space import (
    KIND_NAMES,
    MAX_CONSTRAINTS,
    MAX_INTEGER,
    MAX_NAME,
    MAX_PARAMETERS,
    MAX_TEXT,
    MAX_VALUES,
    Boolean,
    Categorical,
    Derived,
    Double,
    Fixed,
    Integer,
    LinearTerm,
    NormalPrior,
    Parameter,
    SearchSpace,
    Value,
    configuration_violations,
    value_problem,
)

MAX_CONDITIONS = 8
MAX_TERMS = 64
MAX_DERIVED_TERMS = 16


def space_violations(space: SearchSpace, path: str) -> Iterator[Violation]:
    """Every rule that *space* breaks, with paths below *path*."""
    if not 1 <= len(space.parameters) <= MAX_PARAMETERS:
        yield _v(f"{path}.parameters", f"1 to {MAX_PARAMETERS} parameters, not {len(space.parameters)}")
    counts = Counter(p.name for p in space.parameters)
    for i, p in enumerate(space.parameters):
        where = f"{path}.parameters[{i}]"
        yield from name_violations(p.name, f"{where}.name")
        if counts[p.name] > 1:
            yield _v(f"{where}.name", f"{p.name!r} is used {counts[p.name]} times")
        yield from _kind_violations(space, p, f"{where}.{KIND_NAMES[type(p.kind)]}")
        yield from _condition_violations(space, p, where)
    yield from _cycle_violations(space, path)
    yield from _constraint_violations(space, path)


def name_violations(name: str, path: str) -> Iterator[Violation]:
    """Rules of names of parameters and metrics."""
    if not 1 <= len(name) <= MAX_NAME:
        yield _v(path, f"1 to {MAX_NAME} characters, not {len(name)}")
    elif not name.isprintable():
        yield _v(path, f"{name!r} has unprintable characters")


def _v(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)


def _kind_violations(space: SearchSpace, parameter: Parameter, path: str) -> Iterator[Violation]:
    kind = parameter.kind
    match kind:
        case Double() | Integer():
            yield from _range_violations(kind, path)
        case Categorical():
            yield from _categorical_violations(kind, path)
        case Fixed():
            yield from _text_violations(kind.value, f"{path}.value")
        case Derived():
            yield from _derived_violations(space, kind, path)
        case Boolean():
            pass


def _range_violations(kind: Double | Integer, path: str) -> Iterator[Violation]:
    limit = MAX_INTEGER if isinstance(kind, Integer) else math.inf
    finite = True
    for name, bound in (("min", kind.min), ("max", kind.max)):
        if not math.isfinite(bound):
            finite = False
            yield _v(f"{path}.{name}", f"{bound!r} is not finite")
        elif abs(bound) > limit:
            yield _v(f"{path}.{name}", f"{bound!r} is beyond 2^53")
    if not finite:
        return
    if not kind.min < kind.max:
        yield _v(f"{path}.min", f"{kind.min!r} is not below max {kind.max!r}")
        return
    if math.isinf(kind.max - kind.min):
        yield _v(f"{path}.max", f"the range from {kind.min!r} to {kind.max!r} is wider than a double")
    if kind.log and kind.min <= 0:
        yield _v(f"{path}.min", f"{kind.min!r} is not above 0, as a log scale needs")
    yield from _step_violations(kind, path)
    if kind.default is not None and (problem := value_problem(kind, kind.default)):
        yield _v(f"{path}.default_value", problem)
    if kind.prior is not None:
        yield from _prior_violations(kind, kind.prior, f"{path}.prior")


def _step_violations(kind: Double | Integer, path: str) -> Iterator[Violation]:
    if kind.step is None:
        return
    if not math.isfinite(kind.step) or kind.step <= 0:
        yield _v(f"{path}.step", f"{kind.step!r} is not above 0")
    elif kind.log:
        yield _v(f"{path}.step", "a step needs a linear scale")
    elif kind.step > kind.max - kind.min:
        yield _v(f"{path}.step", f"{kind.step!r} is wider than the range")
    elif math.isinf((kind.max - kind.min) / kind.step):
        yield _v(f"{path}.step", f"{kind.step!r} is too small for the range")


def _prior_violations(kind: Double | Integer, prior: NormalPrior, path: str) -> Iterator[Violation]:
    if not kind.min <= prior.mean <= kind.max:
        yield _v(f"{path}.mean", f"{prior.mean!r} is not in [{kind.min!r}, {kind.max!r}]")
    if not (math.isfinite(prior.standard_deviation) and prior.standard_deviation > 0):
        yield _v(f"{path}.standard_deviation", f"{prior.standard_deviation!r} is not above 0")


def _categorical_violations(kind: Categorical, path: str) -> Iterator[Violation]:
    if not 1 <= len(kind.values) <= MAX_VALUES:
        yield _v(f"{path}.values", f"1 to {MAX_VALUES} values, not {len(kind.values)}")
    if len({type(v) for v in kind.values}) > 1:
        yield _v(f"{path}.values", "values of several kinds; all must be doubles, integers or strings")
    elif any(isinstance(v, bool) for v in kind.values):
        yield _v(f"{path}.values", "booleans; use a boolean parameter")
    for i, v in enumerate(kind.values):
        yield from _text_violations(v, f"{path}.values[{i}]")
        if v in kind.values[:i]:
            yield _v(f"{path}.values[{i}]", f"{v!r} is listed twice")
    if kind.default is not None and (problem := value_problem(kind, kind.default)):
        yield _v(f"{path}.default_value", problem)
    weights = kind.prior_weights
    if weights and len(weights) != len(kind.values):
        yield _v(f"{path}.prior_weights", f"{len(weights)} weights for {len(kind.values)} values")
    if any(not math.isfinite(w) or w < 0 for w in weights) or (weights and not any(weights)):
        yield _v(f"{path}.prior_weights", "weights must be finite, >= 0 and not all 0")


def _text_violations(value: Value, path: str) -> Iterator[Violation]:
    if isinstance(value, str) and len(value.encode()) > MAX_TEXT:
        yield _v(path, f"longer than {MAX_TEXT} bytes")
    if isinstance(value, float) and not math.isfinite(value):
        yield _v(path, f"{value!r} is not finite")


def _derived_violations(space: SearchSpace, kind: Derived, path: str) -> Iterator[Violation]:
    if not 1 <= len(kind.terms) <= MAX_DERIVED_TERMS:
        yield _v(f"{path}.terms", f"1 to {MAX_DERIVED_TERMS} terms, not {len(kind.terms)}")
    if not math.isfinite(kind.constant):
        yield _v(f"{path}.constant", f"{kind.constant!r} is not finite")
    for i, term in enumerate(kind.terms):
        yield from _term_violations(space, term, f"{path}.terms[{i}]", log_allowed=True)


def _term_violations(space: SearchSpace, term: LinearTerm, path: str, *, log_allowed: bool) -> Iterator[Violation]:
    target = space.parameter(term.name)
    if target is None:
        yield _v(f"{path}.name", f"the space has no parameter {term.name!r}")
    elif not isinstance(target.kind, Double | Integer):
        yield _v(f"{path}.name", f"{term.name!r} is not a double or integer parameter")
    elif target.kind.log and not log_allowed:
        yield _v(f"{path}.name", f"{term.name!r} is on a log scale; constraints are linear")
    if not math.isfinite(term.weight) or term.weight == 0:
        yield _v(f"{path}.weight", f"{term.weight!r} is not finite and different from 0")


def _condition_violations(space: SearchSpace, parameter: Parameter, path: str) -> Iterator[Violation]:
    if len(parameter.conditions) > MAX_CONDITIONS:
        yield _v(f"{path}.conditions", f"at most {MAX_CONDITIONS}, not {len(parameter.conditions)}")
    for i, condition in enumerate(parameter.conditions):
        where = f"{path}.conditions[{i}]"
        parent = space.parameter(condition.parameter)
        if parent is None:
            yield _v(f"{where}.parameter", f"the space has no parameter {condition.parameter!r}")
        elif isinstance(parent.kind, Double | Derived):
            yield _v(f"{where}.parameter", f"{condition.parameter!r} is {KIND_NAMES[type(parent.kind)]}, not discrete")
        else:
            for j, value in enumerate(condition.values):
                if problem := value_problem(parent.kind, value):
                    yield _v(f"{where}.values[{j}]", problem)
        if not condition.values:
            yield _v(f"{where}.values", "at least one value")


def _cycle_violations(space: SearchSpace, path: str) -> Iterator[Violation]:
    known = {p.name for p in space.parameters}
    placed = {p.name for p in space.in_order()}
    for i, p in enumerate(space.parameters):
        if p.name not in placed and all(c.parameter in known for c in p.conditions) and not isinstance(p.kind, Derived):
            yield _v(f"{path}.parameters[{i}].conditions", f"{p.name!r} depends on itself through its conditions")


def _constraint_violations(space: SearchSpace, path: str) -> Iterator[Violation]:
    if len(space.constraints) > MAX_CONSTRAINTS:
        yield _v(f"{path}.constraints", f"at most {MAX_CONSTRAINTS}, not {len(space.constraints)}")
    for i, c in enumerate(space.constraints):
        where = f"{path}.constraints[{i}]"
        if not 1 <= len(c.terms) <= MAX_TERMS:
            yield _v(f"{where}.terms", f"1 to {MAX_TERMS} terms, not {len(c.terms)}")
        if not math.isfinite(c.bound):
            yield _v(f"{where}.bound", f"{c.bound!r} is not finite")
        for j, term in enumerate(c.terms):
            yield from _term_violations(space, term, f"{where}.terms[{j}]", log_allowed=False)
        if len({t.name for t in c.terms}) < len(c.terms):
            yield _v(f"{where}.terms", "a parameter has two terms")


__all__ = ["configuration_violations", "name_violations", "space_violations"]
