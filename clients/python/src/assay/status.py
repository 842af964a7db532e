"""What gRPC says of a failed call, as our errors."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from . import errors
from .errors import AssayError, Details, Violation

DETAILS_KEY = "grpc-status-details-bin"
DOMAIN = "assay.dev"

REASONS: Mapping[str, type[AssayError]] = {
    "INVALID_ARGUMENT": errors.InvalidArgument,
    "STUDY_NOT_FOUND": errors.StudyNotFound,
    "TRIAL_NOT_FOUND": errors.TrialNotFound,
    "STUDY_SPEC_MISMATCH": errors.StudySpecMismatch,
    "STUDY_OVER": errors.StudyOver,
    "STUDY_NOT_OVER": errors.StudyNotOver,
    "WRONG_TRIAL_STATE": errors.WrongTrialState,
    "LEASE_LOST": errors.LeaseLost,
    "REQUEST_ID_REUSED": errors.RequestIdReused,
    "INVALID_PAGE_TOKEN": errors.InvalidPageToken,
    "ETAG_MISMATCH": errors.EtagMismatch,
    "TEST_METRICS_SEALED": errors.TestMetricsSealed,
    "OVERLOADED": errors.Overloaded,
    "UNAVAILABLE": errors.Unavailable,
    "NOT_SERVED_YET": errors.NotServedYet,
    "UNAUTHENTICATED": errors.Unauthenticated,
    "PERMISSION_DENIED": errors.PermissionDenied,
    "DEADLINE_EXCEEDED": errors.DeadlineExceeded,
    "INTERNAL": errors.ServerFault,
    "RESUME_TOKEN_EXPIRED": errors.ResumeTokenExpired,
    "NOT_ENOUGH_DATA": errors.NotEnoughData,
    "MODEL_FAILED": errors.ModelFailed,
}
"""By ErrorInfo.reason; another reason is a plain AssayError."""

_CODES: Mapping[str, type[AssayError]] = {
    "UNAVAILABLE": errors.Unavailable,
    "DEADLINE_EXCEEDED": errors.DeadlineExceeded,
    "UNAUTHENTICATED": errors.Unauthenticated,
    "PERMISSION_DENIED": errors.PermissionDenied,
    "INVALID_ARGUMENT": errors.InvalidArgument,
    "RESOURCE_EXHAUSTED": errors.Overloaded,
}
"""For errors without an ErrorInfo: made by gRPC itself, or by something between us and the server."""


def error_from(*, code: str, message: str, status: bytes | None, address: str) -> AssayError:
    """The error that a failed call means.

    Args:
        code: name of the status code.
        message: the status message.
        status: what the trailing metadata has under DETAILS_KEY.
        address: where the call went; named when there was no answer.
    """
    found = _details(code, status)
    if found.reason:
        return REASONS.get(found.reason, AssayError)(message, found)
    if code == "UNAVAILABLE":
        return errors.Unavailable(f"no server answers at {address}: {message}", found)
    if code == "DEADLINE_EXCEEDED":
        return errors.DeadlineExceeded(f"{address} did not answer in time: {message}", found)
    return _CODES.get(code, AssayError)(f"{address} answered {code}: {message}", found)


def _details(code: str, packed: bytes | None) -> Details:
    """Everything in the status of the call; only the code when there is no status or it cannot be read."""
    status = status_pb2.Status()
    try:
        status.ParseFromString(packed or b"")
    except DecodeError:
        return Details(code=code)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    retry_after_s: float | None = None
    for detail in status.details:
        if not (detail.Unpack(info) or detail.Unpack(bad)) and detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    return Details(
        code=code,
        reason=info.reason.removeprefix("ERROR_REASON_") if info.domain in ("", DOMAIN) else "",
        metadata=dict(info.metadata),
        violations=tuple(Violation(field=v.field, description=v.description) for v in bad.field_violations),
        retry_after_s=retry_after_s,
    )
