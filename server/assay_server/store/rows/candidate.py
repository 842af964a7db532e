"""Candidates <-> rows."""

from __future__ import annotations

from assay_server.domain.candidate import Candidate, Verdict
from assay_server.store.json_text import dumps, loads
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.rows.trial import generation_from_text, generation_to_text

CANDIDATE_COLUMNS = ("study_uid", "results_seen", "configuration", "generation", "verdict")


def candidate_to_row(candidate: Candidate, *, study_uid: str) -> dict[str, Cell]:
    """The row of a candidate; the database numbers it."""
    return {
        "study_uid": study_uid,
        "results_seen": candidate.generation.num_results_seen,
        "configuration": dumps(dict(candidate.configuration)),
        "generation": generation_to_text(candidate.generation),
        "verdict": None if candidate.verdict is None else dumps([candidate.verdict.better, candidate.verdict.worse]),
    }


def candidate_from_row(row: Row) -> Candidate:
    """The inverse of `candidate_to_row`, up to whose it is."""
    _, _, configuration, generation, verdict = row
    return Candidate(
        configuration=loads(configuration),
        generation=generation_from_text(generation),
        verdict=None if verdict is None else _verdict_from_text(verdict),
    )


def _verdict_from_text(text: str) -> Verdict:
    better, worse = loads(text)
    return Verdict(better=tuple(better), worse=tuple(worse))
