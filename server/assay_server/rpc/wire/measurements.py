"""Measurements, checkpoints and provenance on the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assay.v1 import trial_pb2
from assay_server.domain.measurement import MAX_METRICS, Measurement, MetricValue
from assay_server.domain.provenance import MAX_ENVIRONMENT, Provenance
from assay_server.domain.trial import Checkpoint
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.values import duration_from_wire, duration_to_wire, instant_to_wire

MAX_MEASUREMENTS = 1000
"""A call."""
MAX_URI = 2048
_SHA256 = re.compile(r"[0-9a-f]{64}")


def metrics_to_wire(metrics: Mapping[str, MetricValue]) -> dict[str, trial_pb2.MetricValue]:
    """Metrics by name."""
    return {name: trial_pb2.MetricValue(value=m.value, sem=m.sem) for name, m in metrics.items()}


def metrics_from_wire(
    messages: Mapping[str, trial_pb2.MetricValue], path: str, problems: Problems
) -> Mapping[str, MetricValue]:
    """Metrics in the order of their names; their rules are the domain's."""
    names = problems.at_most(sorted(messages), MAX_METRICS, path)
    return {
        name: MetricValue(value=(m := messages[name]).value, sem=m.sem if m.HasField("sem") else None) for name in names
    }


def measurement_to_wire(measurement: Measurement) -> trial_pb2.Measurement:
    """A measurement."""
    message = trial_pb2.Measurement(step=measurement.step, cost=measurement.cost)
    for name, m in measurement.metrics.items():
        metric = message.metrics[name]
        metric.value = m.value
        if m.sem is not None:
            metric.sem = m.sem
    if measurement.elapsed_s is not None:
        message.elapsed.CopyFrom(duration_to_wire(measurement.elapsed_s))
    if measurement.created_at is not None:
        message.create_time.CopyFrom(instant_to_wire(measurement.created_at))
    return message


def measurement_from_wire(message: trial_pb2.Measurement, path: str, problems: Problems) -> Measurement:
    """A measurement, judged by the domain's rules."""
    elapsed = message.elapsed
    measurement = Measurement(
        step=message.step,
        metrics=metrics_from_wire(message.metrics, f"{path}.metrics", problems),
        cost=message.cost if message.HasField("cost") else None,
        elapsed_s=duration_from_wire(elapsed, f"{path}.elapsed", problems) if message.HasField("elapsed") else None,
    )
    problems.judge(measurement.violations(path))
    return measurement


def measurements_from_wire(
    messages: Sequence[trial_pb2.Measurement], path: str, problems: Problems
) -> tuple[Measurement, ...]:
    """Measurements; that their steps grow is the use case's rule."""
    return tuple(
        measurement_from_wire(m, f"{path}[{i}]", problems)
        for i, m in enumerate(problems.at_most(messages, MAX_MEASUREMENTS, path))
    )


def checkpoint_to_wire(checkpoint: Checkpoint) -> trial_pb2.Checkpoint:
    """A checkpoint."""
    return trial_pb2.Checkpoint(
        uri=checkpoint.uri, step=checkpoint.step, sha256=checkpoint.sha256, size_bytes=checkpoint.size_bytes
    )


def checkpoint_from_wire(message: trial_pb2.Checkpoint, path: str, problems: Problems) -> Checkpoint:
    """A checkpoint."""
    if message.sha256 and not _SHA256.fullmatch(message.sha256):
        problems.add(f"{path}.sha256", "not 64 lower-case hexadecimal digits")
    for name in ("step", "size_bytes"):
        number: int = getattr(message, name)
        if number < 0:
            problems.add(f"{path}.{name}", f"{number} is below 0")
    return Checkpoint(
        uri=problems.text(message.uri, f"{path}.uri", limit=MAX_URI, required=True),
        step=message.step if message.HasField("step") else None,
        sha256=message.sha256,
        size_bytes=message.size_bytes if message.HasField("size_bytes") else None,
    )


def provenance_to_wire(provenance: Provenance) -> trial_pb2.Provenance:
    """The circumstances of an attempt."""
    message = trial_pb2.Provenance(
        seed=provenance.seed,
        code_version=provenance.code_version,
        dataset_fingerprint=provenance.dataset_fingerprint,
        evaluation_protocol=provenance.evaluation_protocol,
        environment=provenance.environment,
        hardware=provenance.hardware,
    )
    if provenance.code_dirty is not None:
        message.code_dirty = provenance.code_dirty
    return message


def provenance_from_wire(message: trial_pb2.Provenance, path: str, problems: Problems) -> Provenance:
    """The circumstances of an attempt, judged by the domain's rules."""
    keys = problems.at_most(sorted(message.environment), MAX_ENVIRONMENT, f"{path}.environment")
    provenance = Provenance(
        seed=message.seed if message.HasField("seed") else None,
        code_version=message.code_version,
        code_dirty=message.code_dirty if message.HasField("code_dirty") else None,
        dataset_fingerprint=message.dataset_fingerprint,
        evaluation_protocol=message.evaluation_protocol,
        environment={key: message.environment[key] for key in keys},
        hardware=message.hardware,
    )
    problems.judge(provenance.violations(path))
    return provenance
