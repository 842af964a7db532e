"""Trials <-> rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

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
    *("priority", "bracket", "worker", "lease_token", "lease_attempt", "lease_ttl_s", "lease_expires", "num_attempts"),
    *("num_deaths", "until_step", "last_step", "checkpoint", "latest", "final", "feasible", "cost", "incomparable"),
    *("test_metrics", "started", "ended", "revision"),
)


def trial_to_row(trial: Trial, *, known: tuple[Trial, Row] | None = None) -> dict[str, Cell]:
    """The row of a trial.

    *known* is the trial as it was read, and its row: texts of what has not been replaced since are taken
    from there, because most acts change little of a trial and encoding is most of the work.
    """
    lease = trial.lease
    row: dict[str, Cell] = {
        "study_uid": trial.study_uid,
        "number": trial.number,
        "uid": trial.uid,
        "state": trial.state.value,
        "configuration": None,
        "origin": trial.origin.value,
        "seed": trial.seed,
        "created": to_micros(trial.created_at),
        "updated": to_micros(trial.updated_at),
        "generation": None,
        "lineage": None,
        "labels": None,
        "priority": trial.priority,
        "bracket": trial.bracket,
        "worker": None if lease is None else lease.worker,
        "lease_token": None if lease is None else lease.token,
        "lease_attempt": None if lease is None else lease.attempt,
        "lease_ttl_s": None if lease is None else lease.ttl_s,
        "lease_expires": None if lease is None else to_micros(lease.expires_at),
        "num_attempts": trial.num_attempts,
        "num_deaths": trial.num_deaths,
        "until_step": trial.until_step,
        "last_step": trial.last_step,
        "checkpoint": None,
        "latest": None,
        "final": None,
        "feasible": trial.feasible,
        "cost": trial.cost,
        "incomparable": None,
        "test_metrics": None,
        "started": to_micros_or_none(trial.started_at),
        "ended": to_micros_or_none(trial.ended_at),
        "revision": trial.revision,
    }
    for column, index, encode in _TEXTS:
        if known is not None and getattr(trial, column) is getattr(known[0], column):
            row[column] = known[1][index]
        else:
            row[column] = encode(trial)
    return row


def trial_from_row(row: Row) -> Trial:
    """The inverse of `trial_to_row`; *row* has all TRIAL_COLUMNS."""
    (study_uid, number, uid, state, configuration, origin, seed, created, updated, generation, lineage, labels) = row[
        :12
    ]
    (priority, bracket, worker, token, attempt, ttl_s, expires, num_attempts, num_deaths, until_step) = row[12:22]
    (last_step, checkpoint, latest, final, feasible, cost, incomparable, test_metrics, started, ended) = row[22:32]
    (revision,) = row[32:]
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
        bracket=bracket,
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


@lru_cache(maxsize=1024)  # those of one phase differ little, and are frozen
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


_ENCODERS: dict[str, Callable[[Trial], str | None]] = {
    "configuration": lambda t: dumps(dict(t.configuration)),
    "generation": lambda t: None if t.generation is None else generation_to_text(t.generation),
    "lineage": lambda t: None if t.lineage is None else dumps([t.lineage.parent, t.lineage.parent_step]),
    "labels": lambda t: dumps(dict(t.labels)),
    "checkpoint": lambda t: _checkpoint_to_text(t.checkpoint),
    "latest": lambda t: measurement_to_text(t.latest),
    "final": lambda t: measurement_to_text(t.final),
    "incomparable": lambda t: dumps(list(t.incomparable)),
    "test_metrics": lambda t: dumps(metrics_to_json(t.test_metrics)),
}
_TEXTS = tuple((column, TRIAL_COLUMNS.index(column), encode) for column, encode in _ENCODERS.items())
"""What stands in a trial's row as JSON, under the names that the fields have."""
