"""What installing Assay brings along, and that everything it imports is asked for."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

EXTRAS = {
    "clients/python/src/assay": ["cli", "report"],
    "server/assay_server": ["server"],
    "trainer/assay_trainer": ["trainer", "images", "onnx"],
}
OURS = {"assay", "assay_server", "assay_trainer"}
FOR_TESTS = {
    "server/assay_server/testing": {"pytest", "hypothesis"},
    "trainer/assay_trainer/testing": {"pytest"},
}
"""Suites that outsiders run with their own pytest."""
BROUGHT_ALONG = {
    "sqlalchemy": "sqlmodel",
    "pydantic": "pydantic-settings",
    "pydantic-core": "pydantic",
    "botorch": "ax-platform",
    "gpytorch": "ax-platform",
    "linear-operator": "ax-platform",
    "pandas": "ax-platform",
    "annotated-types": "pydantic",
    "typing-extensions": "pydantic",
    "click": "typer",
}
"""Import what a dependency re-exports or is made of: it comes with the dependency on the right."""


def test_the_bare_client_has_three_dependencies() -> None:
    """Whoever only asks and tells installs gRPC, protobuf and Google's common messages."""
    base = {_project(line) for line in requires("assay") or [] if "extra ==" not in line}

    assert base == {"grpcio", "protobuf", "googleapis-common-protos"}


@pytest.mark.parametrize("package", EXTRAS)
def test_every_import_is_asked_for(root: Path, package: str) -> None:
    """A package imports only what its own extra (or the base) installs, so no install is short of one."""
    declared = _declared(root, EXTRAS[package])
    distributions = packages_distributions()

    for path in (root / package).rglob("*.py"):
        for name in _third_party(path) - _allowed_for_tests(root, path):
            offered = {_project(distribution) for distribution in distributions.get(name, [name])}
            offered |= {BROUGHT_ALONG[project] for project in offered & set(BROUGHT_ALONG)}
            assert offered & declared, f"{path.relative_to(root)} imports {name}, which pyproject.toml misses"


def test_constraints_name_versions_and_nothing_else(root: Path) -> None:
    """A set-up is repeatable and asks whatever index the user has: exact versions, no addresses, no paths."""
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]

    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []


def test_constraints_pin_every_dependency(root: Path) -> None:
    """Nothing that we ask for by name floats."""
    pinned = {_project(line) for line in (root / "constraints.txt").read_text().splitlines() if "==" in line}
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]

    assert {_project(line) for lines in lists for line in lines} - {"assay"} <= pinned


def _declared(root: Path, extras: list[str]) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return {_project(line) for lines in lists for line in lines}


def _project(requirement: str) -> str:
    """The normalised name in a requirement such as `PyYAML>=6; extra == "cli"`."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


def _third_party(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - OURS - {"google"}  # a namespace: protobuf and the common protos


def _allowed_for_tests(root: Path, path: Path) -> set[str]:
    return {name for part, names in FOR_TESTS.items() if (root / part) in path.parents for name in names}
