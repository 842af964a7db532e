"""The table of generators: complete, lazy, and with an end to every line."""

import subprocess
import sys

import pytest

from assay_server.domain.strategy import GENERATOR_NAMES, Bayesian, Evolutionary, Grid, Random, Sobol
from assay_server.strategies.table import TABLE, line

HEAVY = {"torch", "ax", "scipy", "pandas"}


def test_every_generator_has_a_row() -> None:
    """What a specification may name can be run."""
    assert TABLE.keys() == GENERATOR_NAMES.keys()


def test_the_lines_are_as_documented() -> None:
    """Bayesian and evolution fall back to Sobol, then random; Sobol to random; random and grid to nobody."""
    specs = (Bayesian(), Evolutionary(), Sobol(), Random(), Grid())
    lines = [[name for name, _ in line(TABLE, spec)] for spec in specs]

    assert lines == [
        ["bayesian", "sobol", "random"],
        ["evolutionary", "sobol", "random"],
        ["sobol", "random"],
        ["random"],
        ["grid"],
    ]


def test_whoever_falls_back_falls_on_a_row_with_a_name() -> None:
    """No line ends in the void."""
    for row in TABLE.values():
        assert set(row.fallbacks) <= TABLE.keys() & GENERATOR_NAMES.keys()


@pytest.mark.parametrize("module", ["table", "random_", "grid", "sampling", "sampling_draw"])
def test_random_and_grid_load_nothing_heavy(module: str) -> None:
    """A study without a model needs neither scipy nor ax nor torch."""
    code = f"import sys, assay_server.strategies.{module}; print(*{{m.split('.')[0] for m in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not set(result.stdout.split()) & HEAVY


def test_evolution_loads_no_model() -> None:
    """It runs in the process of the light generators."""
    code = "import sys, assay_server.strategies.evolution; print(*{m.split('.')[0] for m in sys.modules})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not set(result.stdout.split()) & {"torch", "ax", "pandas"}
