"""Measurements and metrics <-> rows and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.store.json_text import dumps, loads
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.times import from_micros, from_micros_or_none, to_micros, to_micros_or_none

MEASUREMENT_COLUMNS = ("study_uid", "number", "step", "metrics", "cost", "elapsed_s", "created")

MetricsJson = dict[str, float | list[float]]
"""A value, or a pair of value and standard error."""


def metrics_to_json(metrics: Mapping[str, MetricValue]) -> MetricsJson:
    """Short, because most values come without noise, and in a form that queries can look into."""
    return {name: m.value if m.sem is None else [m.value, m.sem] for name, m in metrics.items()}


def metrics_from_json(data: MetricsJson) -> dict[str, MetricValue]:
    """The inverse of `metrics_to_json`."""
    return {
        name: MetricValue(value=m[0], sem=m[1]) if isinstance(m, list) else MetricValue(value=m)
        for name, m in data.items()
    }


def measurement_to_row(measurement: Measurement, *, study_uid: str, number: int) -> dict[str, Cell]:
    """The row of a trial's measurement, which must have its time."""
    assert measurement.created_at is not None, "a stored measurement has a time"
    return {
        "study_uid": study_uid,
        "number": number,
        "step": measurement.step,
        "metrics": dumps(metrics_to_json(measurement.metrics)),
        "cost": measurement.cost,
        "elapsed_s": measurement.elapsed_s,
        "created": to_micros(measurement.created_at),
    }


def measurement_from_row(row: Row) -> Measurement:
    """The inverse of `measurement_to_row`, up to whose it is."""
    _, _, step, metrics, cost, elapsed_s, created = row
    return Measurement(
        step=step,
        metrics=metrics_from_json(loads(metrics)),
        cost=cost,
        elapsed_s=elapsed_s,
        created_at=from_micros(created),
    )


def measurement_to_text(measurement: Measurement | None) -> str | None:
    """A trial's latest or final measurement, within the trial's row."""
    if measurement is None:
        return None
    data: dict[str, Any] = {
        "step": measurement.step,
        "metrics": metrics_to_json(measurement.metrics),
        "cost": measurement.cost,
        "elapsed_s": measurement.elapsed_s,
        "created": to_micros_or_none(measurement.created_at),
    }
    return dumps(data)


def measurement_from_text(text: str | None) -> Measurement | None:
    """The inverse of `measurement_to_text`."""
    if text is None:
        return None
    data = loads(text)
    return Measurement(
        step=data["step"],
        metrics=metrics_from_json(data["metrics"]),
        cost=data["cost"],
        elapsed_s=data["elapsed_s"],
        created_at=from_micros_or_none(data["created"]),
    )
