"""The problems by name; a name that ends in .py is a file of yours with a `PROBLEM`."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.quality.errors import WrongArgument
from tests.bench.quality.problem import Problem

HERE = Path(__file__).resolve().parent
ATTRIBUTE = "PROBLEM"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is found."""

    module: str
    attribute: str = ATTRIBUTE


PROBLEMS: Mapping[str, Place] = {
    "branin_currin": Place("branin_currin"),
    "zdt1_6d": Place("zdt1"),
    "c2dtlz2_4d": Place("c2dtlz2"),
    "dtlz2_3obj": Place("dtlz2"),
    "mixed_probe": Place("mixed_probe"),
    "hartmann6": Place("hartmann6"),
    "conditional_network": Place("conditional_network"),
    "aug_branin": Place("augmented_branin"),
    "momf_branin_currin": Place("momf_branin_currin"),
    "misleading_fidelity": Place("misleading_fidelity"),
    "digits_mlp_params": Place("digits", "PARAMS"),
    "digits_mlp_so": Place("digits", "ERROR_ALONE"),
}


def problem_named(name: str) -> Problem:
    """The problem of the table, or of a file.

    Raises:
        WrongArgument: there is none of that name, or what the file has is no problem.
    """
    if name.endswith(".py"):
        return _checked(name, _load(Path(name)), ATTRIBUTE)
    place = PROBLEMS.get(name)
    if place is None:
        raise WrongArgument(f"there is no problem {name!r}; there are {', '.join(PROBLEMS)}, and files that end in .py")
    return _checked(name, importlib.import_module(f"tests.bench.quality.problems.{place.module}"), place.attribute)


def source_of(name: str) -> Path:
    """The file that the problem is written in: what it is made of, for the version of a result."""
    return Path(name) if name.endswith(".py") else HERE / f"{PROBLEMS[name].module}.py"


def _load(path: Path) -> object:
    if not path.is_file():
        raise WrongArgument(f"problem {str(path)!r}: there is no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _checked(name: str, module: object, attribute: str) -> Problem:
    found = getattr(module, attribute, None)
    if not isinstance(found, Problem):
        raise WrongArgument(f"{name}: {attribute} is {type(found).__name__}, not a Problem")
    found.validate()
    return found
