"""Studies, their plans and their tallies <-> rows."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from assay_server.domain.names import StudyName
from assay_server.domain.provenance import ComparabilityKey
from assay_server.domain.strategy import Strategy
from assay_server.domain.study import Study, StudyEndReason, StudySpec, StudyState, Tally
from assay_server.domain.trial import TrialState
from assay_server.store.json_text import dumps, loads
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.spec_json import comparability_from_json, comparability_to_json, spec_from_json, spec_to_json
from assay_server.store.strategy_json import strategy_from_json, strategy_to_json
from assay_server.store.times import from_micros, from_micros_or_none, to_micros, to_micros_or_none

PLAN_COLUMNS = ("spec", "strategy", "comparability")
HEAD_COLUMNS = (
    *("uid", "project", "study_id", "state", "created", "updated", "ended", "end_reason", "seed", "version"),
    *("rationale", "digest"),
)
"""What is read of a study each time, its plans being known."""
STUDY_COLUMNS = (*HEAD_COLUMNS, "labels", *PLAN_COLUMNS)
TALLY_COLUMNS = (
    *("study_uid", "trials", "num_created", "num_generated", "num_results", "num_feasible", "cost", "revision"),
    "exhausted",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """The parts of a study that are large and hardly ever change."""

    spec: StudySpec
    strategy: Strategy
    comparability: ComparabilityKey


def study_to_row(study: Study) -> dict[str, Cell]:
    """The row of a study, without its tally."""
    plans = (
        dumps(spec_to_json(study.spec)),
        dumps(strategy_to_json(study.strategy)),
        dumps(comparability_to_json(study.comparability)),
    )
    return {
        "uid": study.uid,
        "project": study.name.project,
        "study_id": study.name.study,
        "state": study.state.value,
        "created": to_micros(study.created_at),
        "updated": to_micros(study.updated_at),
        "ended": to_micros_or_none(study.ended_at),
        "end_reason": study.end_reason and study.end_reason.value,
        "seed": study.seed,
        "version": study.version,
        "rationale": study.strategy_rationale,
        "digest": blake2b("\n".join(plans).encode(), digest_size=16).hexdigest(),
        "labels": dumps(dict(study.spec.labels)),
        **dict(zip(PLAN_COLUMNS, plans, strict=True)),
    }


def plans_from_row(row: Row) -> Plans:
    """The plans of a study; *row* has PLAN_COLUMNS."""
    spec, strategy, comparability = row
    return Plans(
        spec=spec_from_json(loads(spec)),
        strategy=strategy_from_json(loads(strategy)),
        comparability=comparability_from_json(loads(comparability)),
    )


def study_from_row(row: Row, plans: Plans) -> Study:
    """The study; *row* has HEAD_COLUMNS and then TALLY_COLUMNS."""
    (uid, project, study_id, state, created, updated, ended, end_reason, seed, version, rationale, _) = row[:12]
    return Study(
        uid=uid,
        name=StudyName(project, study_id),
        spec=plans.spec,
        state=StudyState(state),
        strategy=plans.strategy,
        strategy_rationale=rationale,
        seed=seed,
        comparability=plans.comparability,
        created_at=from_micros(created),
        updated_at=from_micros(updated),
        ended_at=from_micros_or_none(ended),
        end_reason=None if end_reason is None else StudyEndReason(end_reason),
        version=version,
        tally=tally_from_row(row[12:]),
    )


def tally_to_row(uid: str, tally: Tally) -> dict[str, Cell]:
    """The row of a study's tally."""
    return {
        "study_uid": uid,
        "trials": dumps({state.value: count for state, count in tally.trials.items()}),
        "num_created": tally.num_created,
        "num_generated": dumps(list(tally.num_generated)),
        "num_results": tally.num_results,
        "num_feasible": tally.num_feasible,
        "cost": tally.cost,
        "revision": tally.revision,
        "exhausted": tally.exhausted,
    }


def tally_from_row(row: Row) -> Tally:
    """The inverse of `tally_to_row`, up to whose it is."""
    _, trials, num_created, num_generated, num_results, num_feasible, cost, revision, exhausted = row
    return Tally(
        trials={TrialState(state): count for state, count in loads(trials).items()},
        num_created=num_created,
        num_generated=tuple(loads(num_generated)),
        num_results=num_results,
        num_feasible=num_feasible,
        cost=cost,
        revision=revision,
        exhausted=bool(exhausted),
    )
