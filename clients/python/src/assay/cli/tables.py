"""Studies and trials as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from assay import Corrected, Importances, Predictions, StudyRecord, TrialRecord
from assay.budget import seconds
from assay.cli.words import duration, moment, number, state


def studies_table(studies: Iterable[StudyRecord]) -> Table:
    """One row for each study."""
    table = _table(["study", "state", "trials", "cost", "created", "objectives"], right={"trials", "cost"})
    for study in studies:
        objectives = ", ".join(objective.metric for objective in study.spec.objectives)
        ended = f" ({state(study.end_reason)})" if study.end_reason else ""
        cells = [
            study.id,
            f"{state(study.state)}{ended}",
            str(study.num_trials),
            number(study.cost_spent),
            moment(study.create_time),
            objectives,
        ]
        table.add_row(*map(Text, cells))
    return table


def study_facts(study: StudyRecord) -> Table:
    """What a study is, one fact a line."""
    spec = study.spec
    budget = spec.budget
    limits = {"trials": budget.trials, "cost": budget.cost, "at a time": budget.parallelism}
    longest = [] if budget.duration is None else [duration(seconds(budget.duration))]
    facts = {
        "name": study.name,
        "description": spec.description,
        "objectives": ", ".join(_objective(o.metric, maximize=o.maximize, at=o.threshold) for o in spec.objectives),
        "constraints": ", ".join(
            f"{c.metric} {'<=' if c.at_most else '>='} {number(c.bound)}" for c in spec.outcome_constraints
        ),
        "parameters": ", ".join(spec.space),
        "rungs": ", ".join(map(str, study.rungs)),
        "budget": ", ".join([*(f"{number(n)} {name}" for name, n in limits.items() if n is not None), *longest]),
        "strategy": study.strategy_rationale,
        "seed": str(study.seed),
        "created": moment(study.create_time),
        "ended": moment(study.end_time) if study.end_time else "",
    }
    return _pairs(facts)


def trial_facts(trial: TrialRecord) -> Table:
    """What a trial is, one fact a line."""
    made_by = f"{state(trial.origin)}{f', by {trial.generator}' if trial.generator else ''}"
    facts = {
        "name": trial.name,
        "state": state(trial.state) + ("" if trial.feasible is not False else ", breaks a constraint"),
        "configuration": ", ".join(f"{name}={number(value)}" for name, value in trial.params.items()),
        "metrics": ", ".join(f"{name}={number(value)}" for name, value in trial.metrics.items()),
        "test metrics": ", ".join(f"{name}={number(value)}" for name, value in trial.test_metrics.items()),
        "steps": str(trial.steps),
        "cost": number(trial.cost),
        "origin": made_by,
        "bracket": "" if trial.bracket is None else str(trial.bracket),
        "instead of": ", ".join(trial.fallback_from),
        "held by": trial.worker,
        "checkpoint": trial.checkpoint or "",
        "not ranked": "; ".join(trial.incomparable),
        "seed": str(trial.seed),
    }
    return _pairs(facts)


def measurements_table(trial: TrialRecord) -> Table:
    """One row for each measurement."""
    names = list(dict.fromkeys(name for m in trial.measurements for name in m.metrics))
    table = _table(["step", *names, "cost"], right={"step", "cost", *names})
    for m in trial.measurements:
        cells = [str(m.step), *(number(m.metrics.get(name)) for name in names), number(m.cost)]
        table.add_row(*map(Text, cells))
    return table


def attempts_table(trial: TrialRecord) -> Table:
    """One row for each worker that held the trial."""
    table = _table(["attempt", "worker", "from step", "to step", "took", "ended by"], right={"attempt", "took"})
    for attempt in trial.attempts:
        took = None
        if attempt.start_time is not None and attempt.end_time is not None:
            took = (attempt.end_time - attempt.start_time).total_seconds()
        told = attempt.failure_message.splitlines()
        ending = ": ".join(part for part in (state(attempt.failure_kind), told[-1] if told else "") if part)
        cells = [str(attempt.number), attempt.worker, str(attempt.start_step), number(attempt.last_step)]
        table.add_row(*map(Text, [*cells, duration(took), ending]))
    return table


def importances_table(found: Importances) -> Table:
    """A row for each parameter and a column for each metric: its share, and in brackets what it does alone."""
    names = sorted(
        {name for of in found for name in of.shares}, key=lambda n: -max(o.shares.get(n, 0.0) for o in found)
    )
    metrics = [of.metric for of in found]
    table = _table(["parameter", *metrics], right=set(metrics))
    for name in names:
        cells = [
            f"{100 * of.shares[name]:.0f} % ({100 * of.first_order[name]:.0f} %)" if name in of.shares else "-"
            for of in found
        ]
        table.add_row(*map(Text, [name, *cells]))
    return table


def predictions_table(found: Predictions) -> Table:
    """A row for each metric of the only configuration."""
    table = _table(["metric", "expected", "standard deviation"], right={"expected", "standard deviation"})
    (prediction,) = found
    for name, mean in prediction.mean.items():
        table.add_row(*map(Text, [name, number(mean), number(prediction.standard_deviation[name])]))
    return table


def corrected_table(found: Corrected) -> Table:
    """A row for each trial, the likeliest first."""
    metrics = list(found.quality)
    table = _table(["trial", "probability", *metrics], right={"trial", "probability", *metrics})
    for trial in found:
        values = [f"{number(trial.mean[m])} ± {number(trial.standard_deviation[m])}" for m in metrics]
        table.add_row(*map(Text, [str(trial.trial), f"{100 * trial.probability:.0f} %", *values]))
    return table


def _objective(metric: str, *, maximize: bool, at: float | None) -> str:
    threshold = "" if at is None else f" (threshold {number(at)})"
    return f"{'maximize' if maximize else 'minimize'} {metric}{threshold}"


def _table(titles: Sequence[str], *, right: set[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(Text(title), justify="right" if title in right else "left")
    return table


def _pairs(facts: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, text in facts.items():
        if text:
            table.add_row(name, Text(text))
    return table
