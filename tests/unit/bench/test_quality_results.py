"""Results of bench-quality: kept, resumed, frozen, shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.quality import arguments
from tests.bench.quality.__main__ import main
from tests.bench.quality.problems.table import problem_named
from tests.bench.quality.results import Result, Results, Run
from tests.bench.quality.simulate import Evaluation, Trace
from tests.bench.quality.tables import report

RUN = Run(problem="hartmann6", contender="assay", num_workers=1, seed=0, budget=5.0)


def _result(run: Run = RUN, *, least: float = -1.0, version: str = "v1") -> Result:
    evaluations = [
        Evaluation(time=float(i), cost=float(i), step=1, values=(least / i,), job=i - 1, is_end=True)
        for i in (1, 2, 3, 4, 5)
    ]
    return Result(run=run, version=version, trace=Trace(evaluations=evaluations, ask_cpu_s=[0.5] * 5))


def test_a_result_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """What is shown tomorrow is what was run today."""
    Results(tmp_path / "runs.jsonl").add(_result())

    assert Results(tmp_path / "runs.jsonl").all() == [_result()]


def test_a_run_is_repeated_when_its_code_changed(tmp_path: Path) -> None:
    """And only then."""
    results = Results(tmp_path / "runs.jsonl")
    results.add(_result())

    assert results.has(RUN, "v1")
    assert not results.has(RUN, "v2")
    assert not results.has(replace(RUN, seed=1), "v1")


def test_a_run_that_failed_is_tried_again(tmp_path: Path) -> None:
    """A run that cannot take part is not."""
    results = Results(tmp_path / "runs.jsonl")
    results.add(replace(_result(), error="boom"))
    assert not results.has(RUN, "v1")

    results.add(replace(_result(), error="one objective", is_unfit=True))
    assert results.has(RUN, "v1")


def test_a_later_line_replaces_an_earlier_one(tmp_path: Path) -> None:
    """The file only grows, so nothing is lost when a process is killed."""
    results = Results(tmp_path / "runs.jsonl")
    results.add(_result(least=-1.0))
    results.add(_result(least=-2.0))

    assert Results(tmp_path / "runs.jsonl").all() == [_result(least=-2.0)]


def test_a_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    """A process that was killed while it wrote costs one run."""
    path = tmp_path / "runs.jsonl"
    Results(path).add(_result())
    path.write_text(path.read_text() + path.read_text()[:40])

    assert Results(path).all() == [_result()]


def test_frozen_results_survive_a_change_of_the_code(tmp_path: Path) -> None:
    """So that what was can be compared, pair by pair, with what is."""
    results = Results(tmp_path / "runs.jsonl")
    results.add(_result())

    assert results.freeze("assay", "before") == 1
    assert results.frozen() == {"before"}
    assert results.has(replace(RUN, contender="before"), "any version")
    assert results.has(RUN, "v1")


def test_the_best_contender_comes_first() -> None:
    """Tables are sorted by the median at the end of the budget, and say on how many seeds it stands."""
    good = [_result(replace(RUN, contender="good", seed=s), least=-3.0) for s in range(3)]
    bad = [_result(replace(RUN, contender="bad", seed=s), least=-1.0) for s in range(3)]

    text = report([*bad, *good], problem_named, judged="good")

    assert text.index("| good") < text.index("| bad")
    assert "| good      | 3 |" in text


def test_a_failure_is_shown() -> None:
    """What is missing from a table is said below it."""
    text = report([replace(_result(), error="Traceback\nValueError: boom")], problem_named, judged="assay")

    assert "FAILED hartmann6 assay workers 1 seed 0 budget 5: ValueError: boom" in text


def test_ranges_of_seeds_are_read() -> None:
    """ "0-2,7" is four seeds."""
    assert arguments.read(["--seeds", "0-2,7"], Path()).seeds == (0, 1, 2, 7)


def test_a_range_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the part that cannot be read."""
    with pytest.raises(SystemExit):
        arguments.read(["--seeds", "0-x"], Path())

    assert "'0-x' is neither a number nor a range" in capsys.readouterr().err


def test_frozen_results_are_shown_beside_those_of_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By their name, although nothing of that name can be run any more."""
    results = Results(tmp_path / "runs.jsonl")
    results.add(_result(least=-3.0))
    results.freeze("assay", "before")
    asked = ["--folder", str(tmp_path), "--problems", "hartmann6", "--seeds", "0", "--workers", "1", "--budget", "5"]

    assert main([*asked, "--contenders", "assay", "before", "--tables"]) == 0

    shown = capsys.readouterr().out
    assert "| assay     | 1 |" in shown
    assert "| before    | 1 |" in shown
