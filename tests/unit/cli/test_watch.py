"""Following a study: what is drawn, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import StringIO

from rich.console import Console

import assay
from assay import Front, Progress, StudyState, TrialState
from assay.cli.progress_view import draw, log_line, spread
from assay.cli.watch import Watcher, is_finished
from tests.unit.cli.builders import a_front, a_progress, a_study, a_trial

ENDED = a_progress(a_study(state=StudyState.COMPLETED, end_reason="MAX_TRIALS"))


def watched(looks: Iterable[Progress | Exception], *, terminal: bool) -> tuple[Progress, str, int]:
    """What is seen last, everything that was shown, and how often was waited."""
    answers: Iterator[Progress | Exception] = iter(looks)
    waits: list[float] = []
    console = Console(
        file=StringIO(), width=100, force_terminal=terminal, color_system=None, _environ={"TERM": "xterm"}
    )

    def look() -> tuple[Progress, Front]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer, a_front([a_trial(2)])

    last = Watcher(console=console, look=look, wait=waits.append).follow()
    file = console.file
    assert isinstance(file, StringIO)
    return last, file.getvalue(), len(waits)


def test_a_watch_ends_with_the_study() -> None:
    """It looks until the study is over, and shows the end."""
    last, shown, num_waits = watched([a_progress(), ENDED], terminal=False)

    assert last is ENDED
    assert num_waits == 1
    assert "completed (max trials)" in shown


def test_running_trials_are_waited_for() -> None:
    """A study that is over while a worker still holds a trial is not finished yet."""
    running = replace(ENDED, study=replace(ENDED.study, counts={TrialState.RUNNING: 1}))

    assert not is_finished(running)
    assert is_finished(ENDED)


def test_a_server_that_goes_away_is_waited_for() -> None:
    """The outage is said once, and the watch goes on."""
    away = assay.Unavailable("connection refused")

    last, shown, _ = watched([a_progress(), away, away, ENDED], terminal=False)

    assert last is ENDED
    assert shown.count("the server is away") == 1


def test_a_terminal_sees_the_whole_view() -> None:
    """On a terminal the view is redrawn, also through an outage."""
    _, shown, _ = watched([a_progress(), assay.Unavailable("gone"), ENDED], terminal=True)

    for part in ("best values", "rungs", "front", "worker-0", "the server is away"):
        assert part in shown


def test_the_view_tells_everything() -> None:
    """States, best values against the baseline, rungs, workers, cost, time left."""
    console = Console(file=StringIO(), width=100, color_system=None)

    console.print(draw(a_progress(), a_front([a_trial(2), a_trial(3)])))

    file = console.file
    assert isinstance(file, StringIO)
    shown = file.getvalue()
    for part in ("digits", "active", "4 trials of 4", "cost 12.5", "hypervolume 0.5", "1m 15s left", "1 running"):
        assert part in shown
    assert "+0.05 (+50%)" in shown


def test_markup_in_names_is_not_obeyed() -> None:
    """Names in square brackets are shown, not read as styles."""
    bound = replace(a_study().spec.outcome_constraints[0], metric="[bold]m")
    spec = replace(a_study().spec, outcome_constraints=(bound,))
    study = replace(a_study(), name="projects/default/studies/[red]x", spec=spec)
    console = Console(file=StringIO(), width=200, color_system=None)
    trial = replace(a_trial(1), metrics={"[bold]m": 1.0, "val_error": 0.1, "latency_ms": 1.0})

    console.print(draw(a_progress(study), a_front([trial])))

    file = console.file
    assert isinstance(file, StringIO)
    assert "[red]x" in file.getvalue()
    assert "[bold]m" in file.getvalue()


def test_a_log_line_is_one_line() -> None:
    """Everything that matters, for files and pipes."""
    line = log_line(a_progress())

    assert line == (
        "active | 1 running, 3 succeeded | best val_error 0.05 (baseline 0.1), best latency_ms 0.5 | front 2 "
        "| hypervolume 0.5 | about 1m 15s left"
    )


def test_a_long_front_is_thinned_from_end_to_end() -> None:
    """The best by either objective are always among those shown."""
    trials = [a_trial(number) for number in range(1, 101)]

    assert [trial.number for trial in spread(trials, 3)] == [1, 51, 100]
    assert spread(trials[:3], 3) == trials[:3]
