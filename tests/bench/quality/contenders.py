"""The contenders by name, and those that the command line adds."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from assay.cli.spec.study import SpecificationError
from tests.bench.quality.assay_optimizer import Options, strategy_of
from tests.bench.quality.contender import AssayContender, Contender
from tests.bench.quality.errors import WrongArgument
from tests.bench.quality.foreign import ADAPTERS, ForeignContender, adapted


def full(generator: str) -> str:
    """Strategy of one generator whose trials are all full evaluations."""
    return f"phases: [{generator}]\nscheduler: full_fidelity"


OURS: Mapping[str, AssayContender] = {
    c.name: c
    for c in (
        AssayContender(name="assay"),
        AssayContender(name="assay_unthresholded", options=Options(has_thresholds=False)),
        AssayContender(name="halving", options=Options(strategy="phases: [random]", has_baseline=False)),
        AssayContender(name="random", options=Options(strategy=full("random"), has_baseline=False)),
        AssayContender(name="sobol", options=Options(strategy=full("sobol"), has_baseline=False)),
    )
}
"""The last three are the server's own: what its model is worth shows against them."""


@dataclass(frozen=True, slots=True)
class Library:
    """A contender of another library."""

    adapter: str
    """The module in adapters/; what --python goes by."""
    options: Mapping[str, str] = field(default_factory=dict)


LIBRARIES: Mapping[str, Library] = {
    "ax_thr": Library("ax", {"thresholds": "yes"}),
    "ax": Library("ax"),
    "optuna_tpe": Library("optuna", {"sampler": "tpe"}),
    "optuna_gp": Library("optuna", {"sampler": "gp"}),
    "optuna_nsga2": Library("optuna", {"sampler": "nsga2"}),
    "optuna_tpe_hb": Library("optuna", {"sampler": "tpe", "pruner": "hyperband"}),
    "optuna_tpe_median": Library("optuna", {"sampler": "tpe", "pruner": "median"}),
    "pymoo_nsga2": Library("pymoo"),
    "syne_moasha": Library("syne", {"scheduler": "MOASHA"}),
    "syne_asha": Library("syne", {"scheduler": "ASHA"}),
    "syne_bohb": Library("syne", {"scheduler": "BOHB"}),
    "smac": Library("smac", {"facade": "hpo"}),
    "smac_mf": Library("smac", {"facade": "mf"}),
    "smac_hb": Library("smac", {"facade": "hb"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contenders:
    """Everyone there is."""

    added: Mapping[str, Contender]
    """By the command line."""
    pythons: Mapping[str, str]
    """The interpreter of each library; ours where there is none."""

    def named(self, name: str) -> Contender:
        """One of the table, one that was added, or an adapter of yours: a file that ends in .py.

        Raises WrongArgument when there is none.
        """
        if (found := self.added.get(name) or OURS.get(name)) is not None:
            return found
        if name.endswith(".py"):
            return self._adapted(name, Path(name), Path(name).stem, {})
        if (library := LIBRARIES.get(name)) is not None:
            path = ADAPTERS / f"{library.adapter}_.py"
            return self._adapted(name, path, library.adapter, library.options)
        names = ", ".join([*OURS, *LIBRARIES, *self.added])
        raise WrongArgument(f"there is no contender {name!r}; there are {names}, and adapters that end in .py")

    def _adapted(self, name: str, path: Path, library: str, options: Mapping[str, str]) -> Contender:
        if not path.is_file():
            raise WrongArgument(f"contender {name!r}: there is no such file")
        return adapted(name, path, python=self.pythons.get(library, sys.executable), options=options)


def contenders_of(variants: Sequence[str], commands: Sequence[str], pythons: Sequence[str]) -> Contenders:
    """Those of the tables and those that the command line adds.

    Raises:
        WrongArgument: an option cannot be read.
    """
    added: dict[str, Contender] = {}
    for text in variants:
        variant = variant_of(text)
        added[variant.name] = variant
    for name, command in (_pair("command", text) for text in commands):
        added[name] = ForeignContender(name=name, command=tuple(shlex.split(command)))
    return Contenders(added=added, pythons=dict(_pair("python", text) for text in pythons))


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals and value):
        raise WrongArgument(f"--{option} {text!r}: wants NAME=VALUE")
    return name, value


def variant_of(text: str) -> AssayContender:
    """`NAME=YAML` with any of: of, strategy, thresholds, baseline, environment, python.

    Raises:
        WrongArgument: it cannot be read; the message says what is wrong.
    """
    name, options = _pair("variant", text)
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
