"""`make bench-quality`, from the command line to the page."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PROBLEM = """
from assay.space import double
from tests.bench.quality.problem import Problem

PROBLEM = Problem(
    name="bowl",
    summary="one objective, one parameter",
    space={"x": double(-1, 1)},
    evaluate=lambda configuration, step: {"y": float(configuration["x"]) ** 2},
    objectives=("y",),
    best=0.0,
)
"""
ADAPTER = """
import random

PACKAGES = ()


class Adapter:
    def __init__(self, start):
        self.random, self.num = random.Random(start["seed"]), 0

    def ask(self):
        self.num += 1
        return {"id": str(self.num), "configuration": {"x": self.random.uniform(-1, 1)}}

    def report(self, job, step, metrics):
        return False

    def tell(self, job, step, metrics):
        pass
"""


def _bench(root: Path, folder: Path, *more: str) -> str:
    command = [
        sys.executable,
        "tests/bench/quality",
        "--folder",
        str(folder),
        "--seeds",
        "0-1",
        "--budget",
        "10",
        *more,
    ]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=110)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_searches_are_compared_through_the_real_server_and_kept(root: Path, tmp_path: Path) -> None:
    """A problem and an adapter of one's own, as docs/benchmarks.md shows them; a second call repeats nothing."""
    problem, adapter = tmp_path / "bowl.py", tmp_path / "dice.py"
    problem.write_text(PROBLEM)
    adapter.write_text(ADAPTER)
    asked = ("--problems", str(problem), "--contenders", "random", str(adapter), "--workers", "1,8", "--jobs", "2")

    first = _bench(root, tmp_path / "out", *asked)
    second = _bench(root, tmp_path / "out", *asked)

    assert "8 runs, 0 of them kept from before" in first
    assert "8 runs, 8 of them kept from before" in second
    assert "FAILED" not in first
    assert first.count("10 jobs") == 8
    assert "plotly" in (tmp_path / "out" / "curves.html").read_text()


def test_a_search_is_a_function_of_its_seed(root: Path, tmp_path: Path) -> None:
    """Virtual time, not the machine's, decides what a suggestion has seen: another run finds the same."""
    asked = ("--problems", "momf_branin_currin", "--contenders", "halving", "--workers", "4")

    one, other = (_lines(_bench(root, tmp_path / name, *asked)) for name in ("one", "other"))

    assert one == other
    assert len(one) == 2


def _lines(output: str) -> list[str]:
    """What each run came to, without its times."""
    return [line.split(" jobs")[0] for line in output.splitlines() if line.startswith("momf") and "regret" in line]
