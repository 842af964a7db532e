"""Everything a caller can be told went wrong.

AssayError
├── InvalidArgument           a field is wrong; carries every violation
│   ├── RequestIdReused       the same request_id with another payload
│   └── InvalidPageToken      malformed, or made for another query
├── NotFound
│   ├── StudyNotFound
│   └── TrialNotFound
├── StudySpecMismatch         the study exists with another specification
├── FailedPrecondition
│   ├── StudyOver             stopped or completed
│   ├── StudyNotOver          the call needs a study that is over
│   ├── WrongTrialState       the trial's state does not allow this
│   ├── TestMetricsSealed     test metrics are written once
│   ├── NotEnoughData         the question needs results that are not there yet
│   └── ModelFailed           no model could be fitted to the results
├── LeaseLost                 another worker holds the trial, or the lease was given up
├── EtagMismatch              the resource changed since it was read
├── ResumeTokenExpired        the watch cannot be resumed from there
├── Overloaded                too many calls in flight
├── Unavailable               the server is starting or stopping
├── DeadlineExceeded          the caller's deadline passed
└── NotServedYet              part of the contract, not of this version

Every class has a `reason` of the wire's ErrorReason; one table maps classes to status codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One wrong field of a request."""

    field: str
    """Path from the request's root: `study.spec.space.parameters[0].double.min`."""
    description: str
    """What is wrong, with the value."""


class AssayError(Exception):
    """Root of the tree; raised only through its subclasses."""

    reason: ClassVar[str] = "INTERNAL"

    @property
    def metadata(self) -> Mapping[str, str]:
        """Facts for machines, sent as ErrorInfo.metadata."""
        return {}


class InvalidArgument(AssayError):
    """At least one field is wrong."""

    reason = "INVALID_ARGUMENT"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in violations))
        self.violations = tuple(violations)

    @classmethod
    def of(cls, field: str, description: str) -> InvalidArgument:
        """The error with a single violation."""
        return cls((Violation(field=field, description=description),))


class RequestIdReused(InvalidArgument):
    """A request_id was used before, with another payload."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str) -> None:
        super().__init__((Violation(field="request_id", description=f"{request_id!r} was used with another payload"),))


class InvalidPageToken(InvalidArgument):
    """A page token that this query did not give out."""

    reason = "INVALID_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__(
            (Violation(field="page_token", description="not a token of this query; start again without one"),)
        )


class NotFound(AssayError):
    """The named thing does not exist."""

    resource_type: ClassVar[str] = ""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not exist")
        self.name = name

    @property
    def metadata(self) -> Mapping[str, str]:
        """The missing name."""
        return {"name": self.name}


class StudyNotFound(NotFound):
    """No such study."""

    reason = "STUDY_NOT_FOUND"
    resource_type = "assay.dev/Study"


class TrialNotFound(NotFound):
    """No such trial."""

    reason = "TRIAL_NOT_FOUND"
    resource_type = "assay.dev/Trial"


class StudySpecMismatch(AssayError):
    """A study of this name exists with another specification."""

    reason = "STUDY_SPEC_MISMATCH"

    def __init__(self, name: str, *, differing: Sequence[str]) -> None:
        super().__init__(f"{name} exists with another specification; these fields differ: {', '.join(differing)}")
        self.name, self.differing = name, tuple(differing)

    @property
    def metadata(self) -> Mapping[str, str]:
        """The study and the fields that differ."""
        return {"name": self.name, "differing": ",".join(self.differing)}


class FailedPrecondition(AssayError):
    """The state of things does not allow this."""


class StudyOver(FailedPrecondition):
    """The study hands out nothing and takes nothing any more."""

    reason = "STUDY_OVER"

    def __init__(self, name: str, *, end_reason: str) -> None:
        super().__init__(f"{name} is over: {end_reason}")
        self.name, self.end_reason = name, end_reason

    @property
    def metadata(self) -> Mapping[str, str]:
        """The study and why it is over."""
        return {"name": self.name, "end_reason": self.end_reason}


class StudyNotOver(FailedPrecondition):
    """The call needs a study that is over."""

    reason = "STUDY_NOT_OVER"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is still active; stop it first")
        self.name = name


class WrongTrialState(FailedPrecondition):
    """The trial's state does not allow this."""

    reason = "WRONG_TRIAL_STATE"

    def __init__(self, name: str, *, state: str, act: str) -> None:
        super().__init__(f"{name} is {state}: cannot {act}")
        self.name, self.state, self.act = name, state, act

    @property
    def metadata(self) -> Mapping[str, str]:
        """The trial and its state."""
        return {"name": self.name, "state": self.state}


class TestMetricsSealed(FailedPrecondition):
    """Test metrics are written once."""

    __test__ = False  # not a pytest class
    reason = "TEST_METRICS_SEALED"

    def __init__(self, name: str) -> None:
        super().__init__(f"the test metrics of {name} were written already")
        self.name = name


class NotEnoughData(FailedPrecondition):
    """The question needs results that are not there yet."""

    reason = "NOT_ENOUGH_DATA"


class ModelFailed(FailedPrecondition):
    """No model could be fitted to the results: it failed, took too long or too much memory."""

    reason = "MODEL_FAILED"


class LeaseLost(AssayError):
    """The lease token is not the live one; nothing was changed."""

    reason = "LEASE_LOST"

    def __init__(self, name: str, *, holder: str | None) -> None:
        now = f"is now leased to {holder}" if holder else "is not leased to this token any more"
        super().__init__(f"{name} {now}")
        self.name, self.holder = name, holder

    @property
    def metadata(self) -> Mapping[str, str]:
        """The trial and who holds it now."""
        return {"name": self.name, "holder": self.holder or ""}


class EtagMismatch(AssayError):
    """The resource changed since it was read."""

    reason = "ETAG_MISMATCH"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was changed since it was read; read it again")
        self.name = name


class ResumeTokenExpired(AssayError):
    """The watch cannot be resumed from there."""

    reason = "RESUME_TOKEN_EXPIRED"


class Overloaded(AssayError):
    """Too many calls in flight; try again."""

    reason = "OVERLOADED"

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(AssayError):
    """The server is starting or stopping; try again."""

    reason = "UNAVAILABLE"

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeadlineExceeded(AssayError):
    """The caller's deadline passed before the act began."""

    reason = "DEADLINE_EXCEEDED"


class NotServedYet(AssayError):
    """Part of the contract, but not of this version."""

    reason = "NOT_SERVED_YET"

    def __init__(self, method: str, *, why: str) -> None:
        super().__init__(f"{method} is not served by this version: {why}")
        self.method = method
