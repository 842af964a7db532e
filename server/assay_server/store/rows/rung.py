"""Rung results <-> rows."""

from __future__ import annotations

import json

from assay_server.domain.objective import Score
from assay_server.domain.rung import BracketMember, Curve, RungResult
from assay_server.domain.trial import TrialState
from assay_server.store.rows.cells import Cell, Row

RUNG_COLUMNS = ("study_uid", "step", "trial", "score", "waiting", "promoted", "bracket", "curve", "arrival", "revision")
MEMBER_COLUMNS = ("number", "bracket", "state", "revision")
_OPEN = (TrialState.QUEUED.value, TrialState.RUNNING.value)


def rung_result_to_row(result: RungResult, *, study_uid: str) -> dict[str, Cell]:
    """The row of a result at a rung."""
    return {
        "study_uid": study_uid,
        "step": result.step,
        "trial": result.trial,
        # Unlike a metric, a loss may be infinite: a soft constraint's weight times its violation can overflow.
        "score": json.dumps([*result.score.losses, result.score.violation]),
        "waiting": result.waiting,
        "promoted": result.promoted,
        "bracket": result.bracket,
        "curve": _curve_to_text(result.curve),
        "arrival": result.arrival,
        "revision": result.revision,
    }


def rung_result_from_row(row: Row) -> RungResult:
    """The inverse of `rung_result_to_row`, up to whose it is."""
    _, step, trial, score, waiting, promoted, bracket, curve, arrival, revision = row
    *losses, violation = json.loads(score)
    return RungResult(
        trial=trial,
        step=step,
        score=Score(losses=tuple(losses), violation=violation),
        waiting=bool(waiting),
        promoted=bool(promoted),
        bracket=bracket,
        curve=_curve_from_text(curve),
        arrival=arrival,
        revision=revision,
    )


def member_from_row(row: Row) -> BracketMember:
    """The member of a bracket that a trial is; *row* has MEMBER_COLUMNS."""
    number, bracket, state, revision = row
    return BracketMember(trial=number, bracket=bracket, is_open=state in _OPEN, revision=revision)


def _curve_to_text(curve: Curve | None) -> str | None:
    if curve is None:
        return None
    return json.dumps([list(curve.mean_losses), list(curve.best_losses), curve.least_violation])


def _curve_from_text(text: str | None) -> Curve | None:
    if text is None:
        return None
    mean_losses, best_losses, least_violation = json.loads(text)
    return Curve(mean_losses=tuple(mean_losses), best_losses=tuple(best_losses), least_violation=least_violation)
