"""What a user is told when something goes wrong: sentences, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import assay
from assay.cli.spec.study import Specification, SpecificationError


class Refused(Exception):
    """A command cannot do what it was asked to; the message says why and what to do, a line for each problem."""


def explain(error: Exception) -> Iterator[str]:
    """The lines to show for an error that is the user's, the server's or the network's."""
    match error:
        case SpecificationError():
            yield from map(str, error.problems)
        case assay.InvalidArgument(violations=violations) if violations:
            yield from (f"{v.field}: {v.description}" if v.field else v.description for v in violations)
        case assay.Unavailable():
            yield f"no server answers: {_one_line(error)}. Start one with 'assay server', or name it with --server."
        case assay.ServerFault():
            yield f"the server failed: {_one_line(error)}. Its log says more."
        case _:
            yield from str(error).splitlines()


def located(error: assay.InvalidArgument, specification: Specification) -> SpecificationError:
    """What the server says about a specification, with the lines of the file."""
    from assay.cli.spec.places import problem_at

    found = [problem_at(specification.places, v.field, v.description) for v in error.violations]
    return SpecificationError(found) if found else SpecificationError([problem_at({}, "", str(error))])


def load_part(module: str, *, extra: str) -> ModuleType:
    """Import a part that the bare client does not need.

    Raises:
        Refused: when what it stands on is not installed, saying what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("assay."):
            raise
        raise _missing(error.name, extra) from error


def require(*packages: str, extra: str) -> None:
    """Check that a part can be imported, without the seconds that importing it takes.

    Raises:
        Refused: as `load_part`.
    """
    for package in packages:
        if find_spec(package) is None:
            raise _missing(package, extra)


def _missing(package: str, extra: str) -> Refused:
    return Refused(f"{package} is not installed; get it with: pip install 'assay[{extra}]'")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
