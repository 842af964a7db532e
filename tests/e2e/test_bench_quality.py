"""`make bench-quality`, from the command line to the page."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def _example(root: Path, name: str) -> str:
    """The block of docs/benchmarks.md that opens with the file's name."""
    page = (root / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    return page.partition(f"```python\n# {name}\n")[2].partition("```")[0]


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
    """The problem and the adapter that docs/benchmarks.md shows take part; a second call repeats nothing."""
    problem, adapter = tmp_path / "bowl.py", tmp_path / "dice.py"
    for path in (problem, adapter):
        path.write_text(_example(root, path.name))
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
