"""Between the flat parameters that travel on the wire and the typed configuration.

`{"model.family": "cnn", "model.cnn.width": 16, ...}` <-> `ImageConfig(model=CnnConfig(width=16), ...)`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from typing_extensions import override

from assay_trainer.config import TRAIN_CONFIG, ImageConfig, TrainConfig
from assay_trainer.space import ChoiceParameter, Parameter, Space, Value, derive_space, is_active

MISSING = "<missing>"
TAGS = frozenset({"family", "name", "kind"})
"""Fields that tell the branches of a union apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is wrong with a set of parameters."""

    path: str
    value: object
    reason: str

    @override
    def __str__(self) -> str:
        return f"{self.path} = {self.value!r}: {self.reason}"


class ConfigError(ValueError):
    """Parameters that are no configuration; carries everything that is wrong with them."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("; ".join(map(str, violations)))
        self.violations = violations


def config_from_flat(params: Mapping[str, Value], base: TrainConfig | None = None, *, seed: int = 0) -> TrainConfig:
    """The typed configuration of a trial.

    Every parameter that exists under the chosen branches must be there and no other may be. *base* (the
    defaults for images when None) gives the kind of data and every field that is not searched.

    Raises:
        ConfigError: with all violations, each with its path, its value and the reason.
    """
    base = ImageConfig() if base is None else base
    space = derive_space(base)
    violations = tuple(_shape_violations(params, space))
    if violations:
        raise ConfigError(violations)
    return checked(_merged(base.model_dump(), _nest(params)) | {"seed": seed})


def checked(fields: Mapping[str, object]) -> TrainConfig:
    """The configuration with these fields, `kind` among them.

    Raises:
        ConfigError: with all violations, each with its path, its value and the reason.
    """
    try:
        return TRAIN_CONFIG.validate_python(fields)
    except ValidationError as error:
        raise ConfigError(tuple(_range_violations(error))) from error


def flat_from_config(config: TrainConfig) -> dict[str, Value]:
    """The searched parameters of a configuration, as `config_from_flat` takes them."""
    flat: dict[str, Value] = {}
    for name, parameter in derive_space(config).items():
        if is_active(parameter, flat):
            flat[name] = parameter.default
    return flat


def _shape_violations(params: Mapping[str, Value], space: Space) -> Iterator[Violation]:
    for name, value in params.items():
        if name not in space:
            yield Violation(path=name, value=value, reason="there is no such parameter")
    unknown_tags = set(_unknown_tags(params, space))
    for name, parameter in space.items():
        if name in unknown_tags:
            yield Violation(path=name, value=params[name], reason=f"must be one of {_choices(parameter)}")
        if not unknown_tags.isdisjoint(parameter.when):
            continue  # which parameters exist cannot be said
        active = is_active(parameter, params)
        if active and name not in params:
            yield Violation(path=name, value=MISSING, reason="the parameter is required")
        if not active and name in params:
            needs = " and ".join(f"{parent} in {list(values)}" for parent, values in parameter.when.items())
            yield Violation(path=name, value=params[name], reason=f"exists only with {needs}")


def _unknown_tags(params: Mapping[str, Value], space: Space) -> Iterator[str]:
    parents = {parent for parameter in space.values() for parent in parameter.when}
    for parent in parents & params.keys():
        if params[parent] not in _choices(space[parent]):
            yield parent


def _choices(parameter: Parameter) -> list[Value]:
    return list(parameter.choices) if isinstance(parameter, ChoiceParameter) else [parameter.default]


def _nest(params: Mapping[str, Value]) -> dict[str, object]:
    """`model.cnn.width` -> `{"model": {"width": ...}}`: the branch's name is in the tag already."""
    nested: dict[str, object] = {}
    for name, value in params.items():
        field, *rest = name.split(".")
        if not rest:
            nested[field] = value
            continue
        part = nested.setdefault(field, {})
        assert isinstance(part, dict), f"{name} is below a plain field"
        part[rest[-1]] = value
    return nested


def _merged(base: Mapping[str, object], nested: Mapping[str, object]) -> dict[str, object]:
    """What was searched on top of what was given; a section of another branch has nothing in common with the base's."""
    merged = dict(base)
    for field, part in nested.items():
        given = base[field]
        assert isinstance(given, dict)
        assert isinstance(part, dict)
        is_same_branch = all(given.get(tag) == part[tag] for tag in TAGS & part.keys())
        merged[field] = {**given, **part} if is_same_branch else part
    return merged


def _range_violations(error: ValidationError) -> Iterator[Violation]:
    for item in error.errors():
        path = ".".join(map(str, item["loc"][1:]))  # the first is the kind of data
        value: object = item["input"]
        if item["type"] == "union_tag_invalid":
            tag = str(item["ctx"]["discriminator"]).strip("'")
            path, value = f"{path}.{tag}", item["ctx"]["tag"]
        yield Violation(path=path, value=value, reason=item["msg"].lower())
