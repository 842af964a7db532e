"""What a demonstration says when the search is over."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

import assay
from assay import Front, TrialRecord
from assay.cli.demo.seal import test_error
from assay.cli.figures import Story
from assay.cli.gain import Gain, gains
from assay.cli.local.place import Place
from assay.cli.progress_view import front_table
from assay.cli.report import render_report
from assay.cli.story import story_of
from assay.cli.words import duration, number

SHOWN = 20
"""Rows of the front; a longer one is in the report."""


def tell_ending(console: Console, place: Place, study: assay.Study, *, took_s: Callable[[], float]) -> None:
    """Print the front and the gain over the baseline, open the test images once, write the report."""
    _open_test(console, place, study)
    story = story_of(study)
    place.report.write_text(render_report(story), encoding="utf-8")

    def say(text: str = "", style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    if story.front.trials:
        console.print(front_table(story.front, story.study.spec, most=SHOWN))
        for line in _gain_lines(story):
            say(line, "green")
    else:
        say("no configuration kept the constraint at full fidelity; try more trials")
    say(f"took {duration(took_s())}")
    say()
    say(f"report    {place.report}", "bold")
    say(f"database  {place.database}")
    say(f"logs      {place.logs}")
    say()
    say("look further:")
    say(f"  assay server --database sqlite:///{place.database}")
    for command in ("show", "export"):
        say(f"  assay study {command} {study.id}")


def _gain_lines(story: Story) -> list[str]:
    lines = [_gain_line(gain) for gain in gains(story.objectives, story.front, story.baseline)]
    share = _share_of_volume(story)
    if share is not None:
        lines.append(share)
    return lines


def _gain_line(gain: Gain) -> str:
    best = f"best {gain.metric}: {number(gain.best)} (trial {gain.trial})"
    if gain.baseline is None:
        return f"{best}; the baseline was not promising enough to be trained to the end"
    if gain.improvement is not None and gain.baseline:
        return f"{best}, baseline {number(gain.baseline)}: {gain.improvement / abs(gain.baseline):+.0%}"
    return f"{best}, baseline {number(gain.baseline)}"


def _share_of_volume(story: Story) -> str | None:
    """The hypervolume beside that of the baseline alone."""
    volume, baseline = story.front.hypervolume, story.baseline
    alone = None if baseline is None else box_volume(story.front, baseline)
    if volume is None or alone is None:
        return None
    more = f", {volume / alone:.2f} times as much" if alone > 0 else ""
    return f"hypervolume: {number(volume)}, of the baseline alone {number(alone)}{more}"


def box_volume(front: Front, trial: TrialRecord) -> float | None:
    """The volume that one trial dominates within the reference point; 0 if it breaks a constraint.

    None when it was not measured at full fidelity.
    """
    if trial.state is not assay.TrialState.SUCCEEDED:
        return None
    volume = 1.0 if trial.feasible else 0.0
    for objective in front.objectives:
        value, bound = trial.metrics[objective.metric], front.reference_point[objective.metric]
        volume *= max(0.0, value - bound if objective.maximize else bound - value)
    return volume


def _open_test(console: Console, place: Place, study: assay.Study) -> None:
    """Evaluate the most accurate network of the front on the test images, once; the server keeps it."""
    front = study.front()
    chosen = next((trial for trial in front if trial.checkpoint is not None), None)
    if chosen is None or chosen.test_metrics:
        return
    error = test_error(chosen, place.checkpoints)
    study.seal_test_metrics(chosen.number, {"test_error": error})
    seen = chosen.metrics.get("val_error")
    console.print(
        f"sealed test images, opened once: trial {chosen.number} errs on {error:.2%} of them"
        f" ({number(seen)} on the validation images it was chosen by)",
        style="green",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
