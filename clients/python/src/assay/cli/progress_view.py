"""How far a study is, for a terminal: as a panel that is redrawn, and as single lines for logs."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from assay import BestValue, Front, Progress, StudyRecord, StudySpec, TrialRecord, TrialState
from assay.cli.words import duration, number, state

SHOWN_ON_FRONT = 8
"""More rows than this push the rest of the view off a small terminal."""
_COLORS = {
    TrialState.QUEUED: "white",
    TrialState.RUNNING: "cyan",
    TrialState.PAUSED: "yellow",
    TrialState.SUCCEEDED: "green",
    TrialState.STOPPED: "magenta",
    TrialState.FAILED: "red",
    TrialState.INFEASIBLE: "red",
}


def draw(progress: Progress, front: Front) -> RenderableType:
    """The whole view."""
    # Side by side where the terminal is wide enough: the whole view should fit on a screen.
    side_by_side = [_best(progress)]
    if progress.rungs:
        side_by_side.append(_rungs(progress))
    if progress.workers:
        side_by_side.append(_workers(progress))
    parts: list[RenderableType] = [_headline(progress), _states(progress.study), Columns(side_by_side, padding=(0, 3))]
    if len(front):
        parts.append(front_table(front, progress.study.spec))
    return Group(*parts)


def log_line(progress: Progress) -> str:
    """The same in one line, for what is not a terminal."""
    study = progress.study
    counts = ", ".join(f"{study.counts[s]} {s.lower()}" for s in TrialState if study.counts.get(s))
    best = ", ".join(f"best {b.metric} {number(b.value)}{_against(b)}" for b in progress.best_values)
    volume = "" if progress.hypervolume is None else f" | hypervolume {number(progress.hypervolume)}"
    is_open = progress.time_left_s is not None and not study.is_over
    left = f" | about {duration(progress.time_left_s)} left" if is_open else ""
    front = f"front {progress.front_size}"
    return f"{_state(study)} | {counts or 'no trials yet'} | {best} | {front}{volume}{left}"


def front_table(front: Front, spec: StudySpec, most: int = SHOWN_ON_FRONT) -> Table:
    """Objectives and tracked metrics of the trials on the front; of *most* of them, from end to end."""
    wanted = [objective.metric for objective in front.objectives]
    bounded = [constraint.metric for constraint in spec.outcome_constraints]
    others = [name for name in dict.fromkeys((*bounded, *spec.tracked)) if name not in wanted]
    table = _table("front")
    table.add_column("trial", justify="right")
    for objective in front.objectives:
        table.add_column(Text(f"{objective.metric} {'↑' if objective.maximize else '↓'}"), justify="right")
    for name in others:
        table.add_column(Text(name), justify="right", style="dim")
    shown = spread(front.trials, most)
    for trial in shown:
        cells = [number(trial.metrics.get(name)) for name in (*wanted, *others)]
        table.add_row(str(trial.number), *map(Text, cells))
    if len(shown) < len(front):
        table.caption = f"{len(shown)} of {len(front)} trials"
    return table


def spread(trials: Sequence[TrialRecord], most: int) -> Sequence[TrialRecord]:
    """At most *most* of *trials*, evenly from the first to the last; at least two are asked for."""
    if len(trials) <= most:
        return trials
    return [trials[round(i * (len(trials) - 1) / (most - 1))] for i in range(most)]


def _headline(progress: Progress) -> Text:
    study = progress.study
    text = Text()
    text.append(study.id, style="bold")
    text.append(f"  {_state(study)}", style="green" if study.is_over else "cyan")
    text.append(f"  {study.num_trials} trials")
    if study.spec.budget.trials is not None:
        text.append(f" of {study.spec.budget.trials}")
    text.append(f"  cost {number(study.cost_spent)}")
    if progress.hypervolume is not None:
        text.append(f"  hypervolume {number(progress.hypervolume)}")
    if progress.time_left_s is not None and not study.is_over:
        text.append(f"  about {duration(progress.time_left_s)} left")
    return text


def _states(study: StudyRecord) -> Text:
    text = Text()
    for name, color in _COLORS.items():
        if count := study.counts.get(name):
            text.append(f"{count} {name.lower()}  ", style=color)
    return text


def _best(progress: Progress) -> Table:
    table = _table("best values")
    for title in ("objective", "best", "trial", "baseline", "gain"):
        table.add_column(title, justify="left" if title == "objective" else "right")
    for best, objective in zip(progress.best_values, progress.study.spec.objectives, strict=True):
        table.add_row(
            Text(f"{best.metric} {'↑' if objective.maximize else '↓'}"),
            number(best.value),
            "-" if best.trial is None else str(best.trial),
            number(best.baseline),
            _gain(best, maximize=objective.maximize),
        )
    return table


def _gain(best: BestValue, *, maximize: bool) -> str:
    if best.value is None or best.baseline is None:
        return "-"
    gained = best.value - best.baseline if maximize else best.baseline - best.value
    share = f" ({gained / abs(best.baseline):+.0%})" if best.baseline else ""
    return f"{gained:+.4g}{share}"


def _rungs(progress: Progress) -> Table:
    fidelity = progress.study.spec.fidelity
    table = _table("rungs")
    for title in (fidelity.name if fidelity else "step", "reached", "paused", "promoted"):
        table.add_column(Text(title), justify="right")
    for rung in progress.rungs:
        table.add_row(str(rung.step), str(rung.reached), str(rung.paused), str(rung.promoted))
    return table


def _workers(progress: Progress) -> Table:
    table = _table("workers")
    for title in ("worker", "trial", "silent for"):
        table.add_column(title, justify="left" if title == "worker" else "right")
    for worker in progress.workers:
        trial = "-" if worker.trial is None else str(worker.trial)
        table.add_row(Text(worker.worker), trial, duration(worker.silence_s))
    return table


def _state(study: StudyRecord) -> str:
    return state(study.state) + (f" ({state(study.end_reason)})" if study.end_reason else "")


def _against(best: BestValue) -> str:
    return "" if best.baseline is None else f" (baseline {number(best.baseline)})"


def _table(title: str) -> Table:
    return Table(title=Text(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
