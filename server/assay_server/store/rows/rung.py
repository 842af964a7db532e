"""Rung results <-> rows."""

from __future__ import annotations

import json

from assay_server.domain.objective import Score
from assay_server.domain.rung import RungResult
from assay_server.store.rows.cells import Cell, Row

RUNG_COLUMNS = ("study_uid", "step", "trial", "score", "waiting", "promoted", "revision")


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
        "revision": result.revision,
    }


def rung_result_from_row(row: Row) -> RungResult:
    """The inverse of `rung_result_to_row`, up to whose it is."""
    _, step, trial, score, waiting, promoted, revision = row
    *losses, violation = json.loads(score)
    return RungResult(
        trial=trial,
        step=step,
        score=Score(losses=tuple(losses), violation=violation),
        waiting=bool(waiting),
        promoted=bool(promoted),
        revision=revision,
    )
