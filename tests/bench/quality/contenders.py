"""The contenders by name, and those that the command line adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from assay.cli.spec.study import SpecificationError
from tests.bench.quality.assay_optimizer import Options, strategy_of
from tests.bench.quality.contender import AssayContender, Contender
from tests.bench.quality.errors import WrongArgument

OURS: Mapping[str, AssayContender] = {
    c.name: c
    for c in (
        AssayContender(name="assay"),
        AssayContender(name="assay_unthresholded", options=Options(has_thresholds=False)),
        AssayContender(name="random", options=Options(strategy="phases: [random]", has_baseline=False)),
        AssayContender(name="sobol", options=Options(strategy="phases: [sobol]", has_baseline=False)),
    )
}
"""Random and Sobol are the server's own generators; both take full evaluations unless a variant says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contenders:
    """Everyone there is."""

    all: Mapping[str, Contender]
    added: tuple[str, ...]
    """By the command line."""

    def named(self, name: str) -> Contender:
        """Raises WrongArgument when there is none."""
        if name not in self.all:
            raise WrongArgument(f"there is no contender {name!r}; there are {', '.join(self.all)}")
        return self.all[name]


def contenders_of(variants: Sequence[str], pythons: Sequence[str]) -> Contenders:
    """Those of the table and the variants.

    Raises:
        WrongArgument: a variant cannot be read.
    """
    added = [variant_of(text) for text in variants]
    return Contenders(all={**OURS, **{c.name: c for c in added}}, added=tuple(c.name for c in added))


def variant_of(text: str) -> AssayContender:
    """`NAME=YAML` with any of: of, strategy, thresholds, baseline, environment, python.

    Raises:
        WrongArgument: it cannot be read; the message says what is wrong.
    """
    name, equals, options = text.partition("=")
    if not (name.isidentifier() and equals):
        raise WrongArgument(f"--variant {text!r}: wants NAME=YAML")
    try:
        given = yaml.safe_load(options)
    except yaml.YAMLError as error:
        raise WrongArgument(f"--variant {name}: {' '.join(str(error).split())}") from None
    if not isinstance(given, dict):
        raise WrongArgument(f"--variant {name}: {options!r} is no mapping")
    return _variant(name, given)


def _variant(name: str, given: dict[str, object]) -> AssayContender:
    unknown = given.keys() - {"of", "strategy", "thresholds", "baseline", "environment", "python"}
    if unknown:
        raise WrongArgument(f"--variant {name}: there is no option {min(unknown)!r}")
    of = str(given.get("of", "assay"))
    if of not in OURS:
        raise WrongArgument(f"--variant {name}: of {of!r} is none of {', '.join(OURS)}")
    options = OURS[of].options
    options = replace(
        options,
        strategy=_strategy(name, given.get("strategy", options.strategy)),
        has_thresholds=_flag(name, "thresholds", given, options.has_thresholds),
        has_baseline=_flag(name, "baseline", given, options.has_baseline),
    )
    environment = given.get("environment", {})
    if not isinstance(environment, dict):
        raise WrongArgument(f"--variant {name}: environment {environment!r} is no mapping")
    return replace(
        OURS[of],
        name=name,
        options=options,
        environment={str(key): str(value) for key, value in environment.items()},
        python=str(given.get("python", OURS[of].python)),
    )


def _strategy(name: str, given: object) -> str:
    """Text that `strategy_of` reads."""
    text = given if isinstance(given, str) else yaml.safe_dump(given, default_flow_style=False)
    try:
        strategy_of(text)
    except SpecificationError as error:
        raise WrongArgument(f"--variant {name}: strategy: {error}") from None
    return text


def _flag(name: str, key: str, given: dict[str, object], default: bool) -> bool:
    value = given.get(key, default)
    if not isinstance(value, bool):
        raise WrongArgument(f"--variant {name}: {key} {value!r} is neither true nor false")
    return value
