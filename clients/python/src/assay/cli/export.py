"""A study as a file: JSON lines with everything, or CSV with a row for each trial."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO

from assay import StudyRecord, TrialRecord
from assay.cli.plain import plain

_COLUMNS = ("number", "state", "feasible", "origin", "generator", "steps", "cost", "seed")


def json_lines(study: StudyRecord, trials: Iterable[TrialRecord]) -> Iterator[str]:
    """The study, then every trial with its measurements and attempts; one object a line."""
    yield json.dumps({"study": plain(study)}, ensure_ascii=False)
    for trial in trials:
        yield json.dumps({"trial": plain(trial)}, ensure_ascii=False)


def csv_lines(trials: Iterable[TrialRecord]) -> Iterator[str]:
    """A header, then a row for each trial: parameters as param.NAME, metrics as metric.NAME.

    An inactive parameter and a metric that was not reported are empty cells.
    """
    rows = list(trials)
    params = list(dict.fromkeys(name for trial in rows for name in trial.params))
    metrics = list(dict.fromkeys(name for trial in rows for name in trial.metrics))
    yield _row([*_COLUMNS, *(f"param.{name}" for name in params), *(f"metric.{name}" for name in metrics)])
    for trial in rows:
        own = [getattr(trial, column) for column in _COLUMNS]
        yield _row([*own, *(trial.params.get(name) for name in params), *(trial.metrics.get(name) for name in metrics)])


def _row(cells: Iterable[object]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return line.getvalue()
