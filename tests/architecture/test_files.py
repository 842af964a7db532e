"""What every file in the repository keeps to."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

MOST_LINES = 400
"""The house style aims at 60 to 250; beyond this a module is no longer one noun or one act."""

CONTAINERS = ["proto", "server", "trainer", "clients", "clients/python", "clients/python/src", "tests"]

# One letter in brackets, so that this file does not break its own rule.
_MACHINE_PATH = re.compile(r"(?<![\w.}\])/-])/(?:wor[k]|roo[t]|hom[e]/\w+)/[\w.]")
_INDEX_HOST = re.compile(
    r"\b(?:pypi[.]org|files[.]pythonhosted[.]org|registry[.]npmjs[.]org|repo\d?[.]maven[.]"
    r"|crates[.]io|proxy[.]golang[.]org)\b"
)


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    """Every file under version control that is still there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := root / name).is_file()]


def test_no_file_names_a_machine_or_an_index(root: Path, tracked: list[Path]) -> None:
    """A clone works anywhere: no path of one machine, no address of one package index."""
    for path in tracked:
        for number, line in enumerate(_text(path).splitlines(), start=1):
            found = _MACHINE_PATH.findall(line) + _INDEX_HOST.findall(line)
            assert not found, f"{path.relative_to(root)}:{number} names {found}"


def test_no_module_outgrows_its_noun(root: Path, tracked: list[Path]) -> None:
    """A module that nobody can hold in their head gets split; generated code is not read."""
    long = {
        f"{path.relative_to(root)}: {lines} lines"
        for path in _modules(tracked)
        if (lines := len(_text(path).splitlines())) > MOST_LINES
    }

    assert not long


def test_every_module_opens_with_its_docstring(root: Path, tracked: list[Path]) -> None:
    """The first thing in a module says what it is, before `from __future__`."""
    silent = {
        str(path.relative_to(root)) for path in _modules(tracked) if not ast.get_docstring(ast.parse(_text(path)))
    }

    assert not silent


def test_every_test_says_what_it_proves(root: Path, tracked: list[Path]) -> None:
    """A test's docstring states the property; its name alone is too short for that."""
    silent = {
        f"{path.relative_to(root)}::{node.name}"
        for path in _modules(tracked)
        if path.name.startswith("test_") or "testing" in path.parts
        for node in ast.walk(ast.parse(_text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    }

    assert not silent


@pytest.mark.parametrize("folder", CONTAINERS)
def test_top_level_folders_are_plain_containers(root: Path, folder: str) -> None:
    """The import packages sit one level down (docs/adr/0001); an __init__.py here would shadow them."""
    assert not (root / folder / "__init__.py").exists()


def test_every_package_is_typed(root: Path) -> None:
    """Users' type checkers read our annotations."""
    for package in ("clients/python/src/assay", "server/assay_server", "trainer/assay_trainer"):
        assert (root / package / "py.typed").is_file()


def _modules(paths: list[Path]) -> list[Path]:
    return [path for path in paths if path.suffix == ".py" and not re.search(r"_pb2(_grpc)?\.py$", path.name)]


def _text(path: Path) -> str:
    """The text of a file; nothing for one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
