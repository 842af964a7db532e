"""Transfer: configurations of an earlier study, brought into the space of a new one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import Violation
from .names import ID_RULE, is_id
from .space import (
    Configuration,
    Derived,
    Double,
    Fixed,
    Integer,
    Parameter,
    SearchSpace,
    Value,
    configuration_violations,
    default_value,
    num_steps,
    value_problem,
)

MAX_SOURCES = 8
MAX_TRANSFERRED = 64
DEFAULT_TRANSFERRED = 3
"""As many runs as a source that has nothing to say may cost; one or two good ones are what a start needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSource:
    """An earlier study to start from."""

    study: str
    """Id within the project of the new study."""
    max_trials: int | None = None
    """Configurations taken at most; DEFAULT_TRANSFERRED when None."""

    def violations(self, path: str) -> Iterator[Violation]:
        """Every rule it breaks."""
        if not is_id(self.study):
            yield Violation(field=f"{path}.study", description=f"{self.study[:100]!r} is not {ID_RULE}")
        if self.max_trials is not None and not 1 <= self.max_trials <= MAX_TRANSFERRED:
            text = f"{self.max_trials} is not in [1, {MAX_TRANSFERRED}]"
            yield Violation(field=f"{path}.max_trials", description=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """A configuration of the new space, and what had to be changed."""

    configuration: Configuration
    """Searched parameters, complete."""
    changed: tuple[str, ...]
    """Parameters whose values lay outside of the new bounds or grid: the nearest ones are used."""
    filled: tuple[str, ...]
    """Parameters that it did not have, or of another kind: their defaults are used."""


def transfer_violations(sources: Sequence[TransferSource], path: str) -> Iterator[Violation]:
    """Rules of all sources together."""
    if len(sources) > MAX_SOURCES:
        yield Violation(field=path, description=f"at most {MAX_SOURCES}, not {len(sources)}")
    for i, source in enumerate(sources):
        yield from source.violations(f"{path}[{i}]")
        if source.study in {s.study for s in sources[:i]}:
            yield Violation(field=f"{path}[{i}].study", description=f"{source.study!r} is a source twice")


def shared_parameters(space: SearchSpace, earlier: SearchSpace) -> list[str]:
    """Names of the searched parameters that both have."""
    ours, theirs = _searched(space), _searched(earlier)
    return [name for name in ours if name in theirs]


def brought_into(space: SearchSpace, configuration: Configuration) -> Fitting | None:
    """The configuration of *space* that is nearest to *configuration*; None when it breaks a parameter constraint."""
    out: dict[str, Value] = {}
    changed: list[str] = []
    filled: list[str] = []
    for parameter in space.in_order():
        if isinstance(parameter.kind, Fixed | Derived):
            continue
        if not space.is_active(parameter, space.complete(out)):
            continue
        given = configuration.get(parameter.name)
        fitting = None if given is None else _nearest(parameter, given)
        if fitting is None:
            filled.append(parameter.name)
            fitting = default_value(parameter.kind)
        elif fitting != given:
            changed.append(parameter.name)
        out[parameter.name] = fitting
    if any(True for _ in configuration_violations(space, out, "")):
        return None
    return Fitting(configuration=out, changed=tuple(changed), filled=tuple(filled))


def _searched(space: SearchSpace) -> list[str]:
    return [p.name for p in space.parameters if not isinstance(p.kind, Fixed | Derived)]


def _nearest(parameter: Parameter, value: Value) -> Value | None:
    """The value of the parameter that is nearest to *value*; None when it is of another kind."""
    kind = parameter.kind
    if value_problem(kind, value) is None:
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not isinstance(kind, Double | Integer):
        return None
    number = min(max(float(value), kind.min), kind.max)
    if kind.step is not None:
        steps = min(max(round((number - kind.min) / kind.step), 0), num_steps(kind))
        number = kind.min + steps * kind.step
    return round(number) if isinstance(kind, Integer) else float(number)
