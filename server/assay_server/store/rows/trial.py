"""Trials <-> rows."""

from __future__ import annotations

from assay_server.domain.lease import Lease
from assay_server.domain.trial import Checkpoint, Generation, Lineage, Trial, TrialOrigin, TrialState
from assay_server.store.json_text import dumps, loads
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.rows.measurement import (
    measurement_from_text,
    measurement_to_text,
    metrics_from_json,
    metrics_to_json,
)
from assay_server.store.times import from_micros, from_micros_or_none, to_micros, to_micros_or_none

TRIAL_KEY = ("study_uid", "number")
TRIAL_COLUMNS = (
    *TRIAL_KEY,
    *("uid", "state", "configuration", "origin", "seed", "created", "updated", "generation", "lineage", "labels"),
    *("priority", "worker", "lease_token", "lease_attempt", "lease_ttl_s", "lease_expires", "num_attempts"),
    *("num_deaths", "until_step", "last_step", "checkpoint", "latest", "final", "feasible", "cost", "incomparable"),
    *("test_metrics", "started", "ended", "revision"),
)


def trial_to_row(trial: Trial) -> dict[str, Cell]:
    """The row of a trial."""
    lease = trial.lease
    return {
        "study_uid": trial.study_uid,
        "number": trial.number,
        "uid": trial.uid,
        "state": trial.state.value,
        "configuration": dumps(dict(trial.configuration)),
        "origin": trial.origin.value,
        "seed": trial.seed,
        "created": to_micros(trial.created_at),
        "updated": to_micros(trial.updated_at),
        "generation": None if trial.generation is None else generation_to_text(trial.generation),
        "lineage": None if trial.lineage is None else dumps([trial.lineage.parent, trial.lineage.parent_step]),
        "labels": dumps(dict(trial.labels)),
        "priority": trial.priority,
        "worker": None if lease is None else lease.worker,
        "lease_token": None if lease is None else lease.token,
        "lease_attempt": None if lease is None else lease.attempt,
        "lease_ttl_s": None if lease is None else lease.ttl_s,
        "lease_expires": None if lease is None else to_micros(lease.expires_at),
        "num_attempts": trial.num_attempts,
        "num_deaths": trial.num_deaths,
        "until_step": trial.until_step,
        "last_step": trial.last_step,
        "checkpoint": _checkpoint_to_text(trial.checkpoint),
        "latest": measurement_to_text(trial.latest),
        "final": measurement_to_text(trial.final),
        "feasible": trial.feasible,
        "cost": trial.cost,
        "incomparable": dumps(list(trial.incomparable)),
        "test_metrics": dumps(metrics_to_json(trial.test_metrics)),
        "started": to_micros_or_none(trial.started_at),
        "ended": to_micros_or_none(trial.ended_at),
        "revision": trial.revision,
    }


def trial_from_row(row: Row) -> Trial:
    """The inverse of `trial_to_row`; *row* has all TRIAL_COLUMNS."""
    (study_uid, number, uid, state, configuration, origin, seed, created, updated, generation, lineage, labels) = row[
        :12
    ]
    (priority, worker, token, attempt, ttl_s, expires, num_attempts, num_deaths, until_step, last_step) = row[12:22]
    (checkpoint, latest, final, feasible, cost, incomparable, test_metrics, started, ended, revision) = row[22:]
    return Trial(
        study_uid=study_uid,
        number=number,
        uid=uid,
        state=TrialState(state),
        configuration=loads(configuration),
        origin=TrialOrigin(origin),
        seed=seed,
        created_at=from_micros(created),
        updated_at=from_micros(updated),
        generation=None if generation is None else generation_from_text(generation),
        lineage=None if lineage is None else _lineage_from_text(lineage),
        labels=loads(labels),
        priority=priority,
        lease=None
        if token is None
        else Lease(worker=worker, token=token, attempt=attempt, ttl_s=ttl_s, expires_at=from_micros(expires)),
        num_attempts=num_attempts,
        num_deaths=num_deaths,
        until_step=until_step,
        last_step=last_step,
        checkpoint=_checkpoint_from_text(checkpoint),
        latest=measurement_from_text(latest),
        final=measurement_from_text(final),
        feasible=None if feasible is None else bool(feasible),
        cost=cost,
        incomparable=tuple(loads(incomparable)),
        test_metrics=metrics_from_json(loads(test_metrics)),
        started_at=from_micros_or_none(started),
        ended_at=from_micros_or_none(ended),
        revision=revision,
    )


def generation_to_text(generation: Generation) -> str:
    """How a trial's or a candidate's configuration was generated."""
    return dumps(
        {
            "generator": generation.generator,
            "phase": generation.phase,
            "fallback_from": list(generation.fallback_from),
            "num_results_seen": generation.num_results_seen,
        }
    )


def generation_from_text(text: str) -> Generation:
    """The inverse of `generation_to_text`."""
    data = loads(text)
    return Generation(
        generator=data["generator"],
        phase=data["phase"],
        fallback_from=tuple(data["fallback_from"]),
        num_results_seen=data["num_results_seen"],
    )


def _lineage_from_text(text: str) -> Lineage:
    parent, parent_step = loads(text)
    return Lineage(parent=parent, parent_step=parent_step)


def _checkpoint_to_text(checkpoint: Checkpoint | None) -> str | None:
    if checkpoint is None:
        return None
    return dumps(
        {
            "uri": checkpoint.uri,
            "step": checkpoint.step,
            "sha256": checkpoint.sha256,
            "size_bytes": checkpoint.size_bytes,
        }
    )


def _checkpoint_from_text(text: str | None) -> Checkpoint | None:
    if text is None:
        return None
    data = loads(text)
    return Checkpoint(uri=data["uri"], step=data["step"], sha256=data["sha256"], size_bytes=data["size_bytes"])
