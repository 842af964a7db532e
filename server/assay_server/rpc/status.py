"""What a refused call looks like: status code, message and google.rpc details (AIP-193).

The message alone is enough for a client whose library cannot decode details. Everything fits into the 8 kB
that peers accept as metadata by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from assay_server.domain.errors import (
    AssayError,
    DeadlineExceeded,
    EtagMismatch,
    FailedPrecondition,
    InvalidArgument,
    InvalidPageToken,
    LeaseLost,
    ModelFailed,
    NotEnoughData,
    NotFound,
    NotServedYet,
    Overloaded,
    RequestIdReused,
    ResumeTokenExpired,
    StudyNotFound,
    StudyNotOver,
    StudyOver,
    StudySpecMismatch,
    TestMetricsSealed,
    TrialNotFound,
    Unavailable,
    Violation,
    WrongTrialState,
)

DOMAIN = "assay.dev"
DETAILS_KEY = "grpc-status-details-bin"
MAX_MESSAGE = 700
"""Bytes; three times as many when every one is escaped in a header."""
MAX_DETAILS = 3600
"""Bytes; base64 makes 4800 of them."""
_MAX_TEXT = 256
"""Bytes of one field or description."""
_INTERNAL = "a defect of the server; it is logged there under this request id"

STATUS: Mapping[type[AssayError], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    RequestIdReused: grpc.StatusCode.INVALID_ARGUMENT,
    InvalidPageToken: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    StudyNotFound: grpc.StatusCode.NOT_FOUND,
    TrialNotFound: grpc.StatusCode.NOT_FOUND,
    StudySpecMismatch: grpc.StatusCode.ALREADY_EXISTS,
    FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    StudyOver: grpc.StatusCode.FAILED_PRECONDITION,
    StudyNotOver: grpc.StatusCode.FAILED_PRECONDITION,
    WrongTrialState: grpc.StatusCode.FAILED_PRECONDITION,
    TestMetricsSealed: grpc.StatusCode.FAILED_PRECONDITION,
    NotEnoughData: grpc.StatusCode.FAILED_PRECONDITION,
    ModelFailed: grpc.StatusCode.FAILED_PRECONDITION,
    LeaseLost: grpc.StatusCode.ABORTED,
    EtagMismatch: grpc.StatusCode.ABORTED,
    ResumeTokenExpired: grpc.StatusCode.OUT_OF_RANGE,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    NotServedYet: grpc.StatusCode.UNIMPLEMENTED,
}
"""The one table: a test fails when an error has no row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the caller is told."""

    code: grpc.StatusCode
    reason: str
    message: str
    details: bytes
    """A google.rpc.Status, for the trailing metadata."""


def refusal_of(error: AssayError) -> Refusal:
    """How *error* is told."""
    code = STATUS[type(error)]
    metadata = {key: _cut(value) for key, value in error.metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    details: list[Message] = [info]
    if isinstance(error, NotFound):
        details.append(error_details_pb2.ResourceInfo(resource_type=error.resource_type, resource_name=error.name))
    if isinstance(error, Overloaded | Unavailable):
        details.append(_retry_info(error.retry_after_s))
    message = _cut(str(error), MAX_MESSAGE)
    if isinstance(error, InvalidArgument):
        details.append(_bad_request(error.violations))
        message = _violations_message(error.violations)
    return Refusal(code=code, reason=error.reason, message=message, details=_status(code, message, details))


def defect(request_id: str) -> Refusal:
    """How a fault of our own is told: without saying what it was."""
    code = grpc.StatusCode.INTERNAL
    info = error_details_pb2.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"request_id": request_id})
    message = f"{_INTERNAL}: {request_id}"
    return Refusal(code=code, reason="INTERNAL", message=message, details=_status(code, message, [info]))


def _status(code: grpc.StatusCode, message: str, details: Sequence[Message]) -> bytes:
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status.SerializeToString()


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """As many violations as fit, and a line that says how many more there are."""
    message = error_details_pb2.BadRequest()
    left = MAX_DETAILS - MAX_MESSAGE - 300  # the status itself, ErrorInfo, and the last line
    for i, violation in enumerate(violations):
        line = error_details_pb2.BadRequest.FieldViolation(
            field=_cut(violation.field), description=_cut(violation.description)
        )
        left -= line.ByteSize() + 4
        if left < 0:
            more = f"and {len(violations) - i} more violations"
            message.field_violations.add(field="", description=more)
            break
        message.field_violations.append(line)
    return message


def _violations_message(violations: Sequence[Violation]) -> str:
    text = ""
    for i, violation in enumerate(violations):
        line = f"{'; ' if i else ''}{_cut(violation.field)}: {_cut(violation.description)}"
        if i and len((text + line).encode()) > MAX_MESSAGE - 40:
            return f"{text}; and {len(violations) - i} more violations"
        text += line
    return text


def _retry_info(seconds: float) -> error_details_pb2.RetryInfo:
    nanos = round(seconds * 1e9)
    delay = duration_pb2.Duration(seconds=nanos // 1_000_000_000, nanos=nanos % 1_000_000_000)
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _cut(text: str, limit: int = _MAX_TEXT) -> str:
    encoded = text.encode()
    return text if len(encoded) <= limit else f"{encoded[: limit - 3].decode(errors='ignore')}..."
