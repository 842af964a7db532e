"""What a user decides about a search: fields given, parameters fixed or narrowed.

{"model.family": ["mlp", "cnn"],                 # a list narrows to these values
 "optimizer.adamw.lr": {"min": 1e-4, "max": 1e-2},  # a range narrows, and may move the default
 "training": {"batch_size": 64,                  # a value fixes; sections may be nested
              "clip_norm": 1.0}}                 # a field that is not searched is set
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from assay_trainer.config import TrainConfig
from assay_trainer.flat import TAGS, ConfigError, checked, config_from_flat
from assay_trainer.space import (
    BooleanParameter,
    ChoiceParameter,
    DoubleParameter,
    FixedParameter,
    IntegerParameter,
    Parameter,
    SpaceError,
    Value,
    baseline,
    derive_space,
    fix,
    takes,
)

RANGE = {"min", "max", "default"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is left to search, and everything else."""

    base: TrainConfig
    """With all fields that are not searched."""
    space: dict[str, Parameter]


def decide(base: TrainConfig, overrides: Mapping[str, object]) -> Decided:
    """The space of *base* as the user wants it. Every choice that is left has been tried for being a configuration.

    Raises:
        SpaceError: a name that does not exist, a value that cannot be, a combination that could never be trained.
    """
    derived = derive_space(base)
    wanted = dict(_flattened(overrides, derived))
    given = {name: value for name, value in wanted.items() if name not in derived}
    base = _with_given(base, given, derived)
    space = derive_space(base)
    fixed: dict[str, Value] = {}
    for name, wish in wanted.items():
        if name in given:
            continue
        if isinstance(wish, list | tuple):
            space[name] = _narrowed_to(space[name], list(wish))
        elif isinstance(wish, Mapping):
            space[name] = _narrowed_range(space[name], wish)
        else:
            fixed[name] = _value(name, wish)
    space = fix(_without_ruled_out(space), fixed)
    _check_choices(base, space)
    return Decided(base=base, space=space)


def _flattened(
    overrides: Mapping[str, object], space: Mapping[str, Parameter], prefix: str = ""
) -> Iterator[tuple[str, object]]:
    for key, value in overrides.items():
        name = f"{prefix}{key}"
        is_range = isinstance(value, Mapping) and name in space
        if isinstance(value, Mapping) and not is_range:
            yield from _flattened(value, space, f"{name}.")
        else:
            yield name, value


def _with_given(base: TrainConfig, given: Mapping[str, object], space: Mapping[str, Parameter]) -> TrainConfig:
    fields = base.model_dump()
    for name, value in given.items():
        section, key = _place_of(name, fields, space)
        section[key] = value
    try:
        return checked(fields)
    except ConfigError as error:
        first = error.violations[0]
        raise SpaceError(first.path or "combination", f"cannot be {first.value!r}: {first.reason}") from error


def _place_of(name: str, fields: dict[str, object], space: Mapping[str, Parameter]) -> tuple[dict[str, object], str]:
    """Section and key of a field that is not searched; the name may hold the branch, as parameters' names do."""
    parts = name.split(".")
    section: object = fields
    for part in parts[:-1]:
        if isinstance(section, dict) and part in section:
            section = section[part]
        elif not (isinstance(section, dict) and part in (section.get(tag) for tag in TAGS)):
            raise _unknown(name, space)
    if not isinstance(section, dict) or parts[-1] not in section or isinstance(section[parts[-1]], dict):
        raise _unknown(name, space)
    return section, parts[-1]


def _unknown(name: str, space: Mapping[str, Parameter]) -> SpaceError:
    near = get_close_matches(name, space, n=1)
    return SpaceError(name, "does not exist" + (f"; did you mean {near[0]}?" if near else ""))


def _narrowed_to(parameter: Parameter, values: list[object]) -> Parameter:
    name, typed = parameter.name, [_value(parameter.name, value) for value in values]
    if not typed:
        raise SpaceError(name, "is narrowed to nothing")
    for value in typed:
        if not takes(parameter, value):
            raise SpaceError(name, f"cannot take {value!r}")
    default = parameter.default if parameter.default in typed else typed[0]
    if len(typed) == 1:
        return FixedParameter(name=name, default=typed[0], when=parameter.when)
    match parameter:
        case ChoiceParameter():
            return replace(parameter, choices=tuple(typed), default=default)
        case BooleanParameter():
            return parameter
        case _:
            return ChoiceParameter(name=name, choices=tuple(typed), ordered=True, default=default, when=parameter.when)


def _narrowed_range(parameter: Parameter, wish: Mapping[str, object]) -> Parameter:
    name = parameter.name
    if unknown := wish.keys() - RANGE:
        raise SpaceError(name, f"has a range of min, max and default, not {', '.join(sorted(unknown))}")
    bounds = {key: _value(name, value) for key, value in wish.items()}
    for key, value in bounds.items():
        if not takes(parameter, value):
            raise SpaceError(name, f"cannot take {value!r} as its {key}")
    match parameter:
        case DoubleParameter(low=low, high=high, default=default):
            lowest, highest = float(bounds.get("min", low)), float(bounds.get("max", high))
            _check_order(name, lowest, highest)
            start = min(max(float(bounds.get("default", default)), lowest), highest)
            return replace(parameter, low=lowest, high=highest, default=start)
        case IntegerParameter(low=smallest, high=largest, default=whole):
            least, most = int(bounds.get("min", smallest)), int(bounds.get("max", largest))
            _check_order(name, least, most)
            return replace(
                parameter, low=least, high=most, default=min(max(int(bounds.get("default", whole)), least), most)
            )
        case _:
            raise SpaceError(name, "is not a number and has no range; give a list of values")


def _check_order(name: str, low: float, high: float) -> None:
    if low >= high:
        raise SpaceError(name, f"has min {low} and max {high}; to fix it, give the value alone")


def _value(name: str, value: object) -> Value:
    if isinstance(value, float | int | str | bool):
        return value
    raise SpaceError(name, f"cannot take {value!r}")


def _without_ruled_out(space: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Without branches whose tag cannot be chosen any more."""
    kept: dict[str, Parameter] = {}
    for name, parameter in space.items():
        possible = (
            parent in kept and any(takes(kept[parent], value) for value in allowed)
            for parent, allowed in parameter.when.items()
        )
        if all(possible):
            kept[name] = parameter
    return kept


def _check_choices(base: TrainConfig, space: Mapping[str, Parameter]) -> None:
    """Try every choice once, with defaults for the rest: a combination that cannot be is found before a trial is."""
    for name, parameter in space.items():
        values = parameter.choices if isinstance(parameter, ChoiceParameter) else (parameter.default,)
        for value in values:
            parents = {parent: allowed[0] for parent, allowed in parameter.when.items()}
            try:
                config_from_flat(baseline(fix(space, {**parents, name: value})), base)
            except ConfigError as error:
                raise SpaceError(name, f"cannot be {value!r} here: {error.violations[0].reason}") from error
