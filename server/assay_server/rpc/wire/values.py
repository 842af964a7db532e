"""Values, configurations, instants and durations on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf import duration_pb2, timestamp_pb2

from assay.v1 import space_pb2
from assay_server.domain.space import MAX_PARAMETERS, Configuration, Value
from assay_server.rpc.wire.problems import Problems

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOS = 1_000_000_000
MAX_DURATION_S = 315_576_000_000
"""10 000 years, as google.protobuf.Duration says."""


def value_to_wire(value: Value) -> space_pb2.Value:
    """A value of a parameter; a bool is not an integer here."""
    if isinstance(value, bool):
        return space_pb2.Value(boolean_value=value)
    if isinstance(value, int):
        return space_pb2.Value(integer_value=value)
    if isinstance(value, float):
        return space_pb2.Value(double_value=value)
    return space_pb2.Value(string_value=value)


def value_from_wire(message: space_pb2.Value, path: str, problems: Problems, *, placeholder: Value = 0) -> Value:
    """A value of a parameter, with its kind."""
    kind = message.WhichOneof("kind")
    if kind is None:
        problems.add(path, "required: one kind of value")
        return placeholder
    value: Value = getattr(message, kind)
    return value


def configuration_to_wire(configuration: Configuration) -> space_pb2.Configuration:
    """A configuration."""
    message = space_pb2.Configuration()
    values = message.values
    for name, value in configuration.items():
        values[name].CopyFrom(value_to_wire(value))
    return message


def configuration_from_wire(message: space_pb2.Configuration, path: str, problems: Problems) -> Configuration:
    """A configuration, in the order of names (a map on the wire has none)."""
    names = problems.at_most(sorted(message.values), MAX_PARAMETERS, f"{path}.values")
    return {name: value_from_wire(message.values[name], f"{path}.values[{name[:200]!r}]", problems) for name in names}


def instant_to_wire(instant: datetime) -> timestamp_pb2.Timestamp:
    """An instant, exact to the microsecond."""
    since = instant - _EPOCH
    return timestamp_pb2.Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def instant_from_wire(message: timestamp_pb2.Timestamp) -> datetime:
    """An instant that `instant_to_wire` wrote."""
    return _EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)


def duration_to_wire(seconds: float) -> duration_pb2.Duration:
    """A duration, to the nanosecond; beyond what the wire can say it is the longest."""
    nanos = round(min(max(seconds, -MAX_DURATION_S), MAX_DURATION_S) * _NANOS)
    whole = abs(nanos) // _NANOS * (1 if nanos >= 0 else -1)
    return duration_pb2.Duration(seconds=whole, nanos=nanos - whole * _NANOS)


def duration_from_wire(message: duration_pb2.Duration, path: str, problems: Problems) -> float:
    """Seconds."""
    seconds, nanos = message.seconds, message.nanos
    if abs(seconds) > MAX_DURATION_S or abs(nanos) >= _NANOS or seconds * nanos < 0:
        problems.add(path, f"{seconds} s and {nanos} ns are not a duration")
        return 1.0
    return seconds + nanos / _NANOS
