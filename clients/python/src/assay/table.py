"""A front as text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .space import Scalar

if TYPE_CHECKING:
    from .records import Front, TrialRecord


def front_table(front: Front) -> str:
    """One line for each trial: objectives first, then other metrics, then parameters."""
    if not front.trials:
        return "front: no feasible trial at full fidelity yet"
    wanted = [objective.metric for objective in front.objectives]
    others = [name for name in _names(trial.metrics for trial in front) if name not in wanted]
    params = _names(trial.params for trial in front)
    arrows = ["↑" if objective.maximize else "↓" for objective in front.objectives]
    titles = ["trial", *(f"{name} {arrow}" for name, arrow in zip(wanted, arrows, strict=True)), *others, *params]
    rows = [_row(trial, [*wanted, *others], params) for trial in front]
    volume = "" if front.hypervolume is None else f", hypervolume {_text(front.hypervolume)}"
    noun = "trial" if len(front) == 1 else "trials"
    return "\n".join([f"front: {len(front)} {noun}{volume}", *_aligned([titles, *rows])])


def _row(trial: TrialRecord, metrics: Sequence[str], params: Sequence[str]) -> list[str]:
    return [
        str(trial.number),
        *(_text(trial.metrics.get(name)) for name in metrics),
        *(_text(trial.params.get(name)) for name in params),
    ]


def _names(mappings: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _text(value: Scalar | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) and abs(value) < 1e4 else _whole(value)


def _whole(value: Scalar) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else _plain(value)


def _plain(value: Scalar) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
