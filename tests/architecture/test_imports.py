"""Which way imports point, and what importing a part costs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAVY = {"torch", "ax", "botorch", "gpytorch", "sklearn", "pandas", "lightning_fabric", "matplotlib", "pymoo"}
"""What takes seconds to import and hundreds of megabytes to hold."""


def test_the_import_contracts_hold(root: Path) -> None:
    """Every rule of [tool.importlinter] in pyproject.toml is kept."""
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_domain_imports_the_standard_library_only(root: Path) -> None:
    """What Assay knows about trials and studies needs nothing installed."""
    for path in (root / "server/assay_server/domain").rglob("*.py"):
        foreign = {name for name in _imported(path) if not name.startswith("assay_server.domain")}
        foreign = {name for name in foreign if name.split(".")[0] not in sys.stdlib_module_names}
        assert not foreign, f"{path.relative_to(root)} imports {sorted(foreign)}"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        pytest.param("assay", HEAVY | {"numpy", "scipy", "pydantic", "rich", "typer", "yaml"}, id="client"),
        pytest.param("assay.__main__", HEAVY | {"numpy", "scipy", "assay_server"}, id="command line"),
        pytest.param("assay_server.main", HEAVY, id="front"),
    ],
)
def test_importing_stays_light(module: str, unwanted: set[str]) -> None:
    """The client and the front start in a blink: nothing they import loads a heavy library."""
    loaded = _loaded_by(module)

    assert not loaded & unwanted


def _loaded_by(module: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter holds after importing *module*."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:  # ruff bans `from ..`
            yield node.module
