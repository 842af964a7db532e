"""Everything that can go wrong, as one tree.

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
├── EtagMismatch              the study changed since it was read
├── ResumeTokenExpired        the watch cannot be resumed from there
├── Overloaded                too many calls in flight, or a quota is used up
├── Unavailable               no server answers, or it is starting or stopping
├── DeadlineExceeded          the server did not answer in time
├── NotServedYet              part of the contract, not of this server's version
├── Unauthenticated           no valid credentials
├── PermissionDenied          the credentials do not allow this
└── ServerFault               a defect of the server

A reason that this version does not know becomes a plain AssayError that keeps code and reason.
`Preempted` is not among them: the user's own code raises it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One wrong field of a request."""

    field: str
    """Path from the request's root, or the name of an argument."""
    description: str
    """What is wrong, with the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an error tells machines."""

    code: str = "UNKNOWN"
    """Name of the gRPC status code."""
    reason: str = ""
    """Name in the wire's ErrorReason; empty when the other side gave none."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    retry_after_s: float | None = None
    """When the server asks to try again; None when it does not."""


class AssayError(Exception):
    """Root of the tree."""

    def __init__(self, message: str, details: Details | None = None) -> None:
        super().__init__(message)
        self.details = details or Details()

    @property
    def code(self) -> str:
        """Name of the gRPC status code."""
        return self.details.code

    @property
    def reason(self) -> str:
        """Name in the wire's ErrorReason; empty when the other side gave none."""
        return self.details.reason

    @property
    def metadata(self) -> Mapping[str, str]:
        """Facts about the error, by name."""
        return self.details.metadata


class InvalidArgument(AssayError, ValueError):
    """At least one field is wrong; nothing was changed."""

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All of them at once, as (field, description)."""
        return self.details.violations

    @classmethod
    def of(cls, name: str, description: str) -> InvalidArgument:
        """The error with a single violation, found before anything was sent."""
        return cls.all((Violation(field=name, description=description),))

    @classmethod
    def all(cls, violations: Sequence[Violation]) -> InvalidArgument:
        """The error with all of *violations*, found before anything was sent."""
        message = "; ".join(f"{v.field}: {v.description}" for v in violations)
        return cls(message, Details(code="INVALID_ARGUMENT", reason="INVALID_ARGUMENT", violations=tuple(violations)))


class RequestIdReused(InvalidArgument):
    """A request_id was used before, with another payload."""


class InvalidPageToken(InvalidArgument):
    """A page token that this query did not give out."""


class NotFound(AssayError, LookupError):
    """The named thing does not exist."""


class StudyNotFound(NotFound):
    """No such study."""


class TrialNotFound(NotFound):
    """No such trial."""


class StudySpecMismatch(AssayError):
    """A study of this name exists with another specification."""

    @property
    def differing(self) -> tuple[str, ...]:
        """Fields of the specification that differ."""
        return tuple(name for name in self.metadata.get("differing", "").split(",") if name)


class FailedPrecondition(AssayError):
    """The state of things does not allow this."""


class StudyOver(FailedPrecondition):
    """The study hands out nothing and takes nothing any more."""


class StudyNotOver(FailedPrecondition):
    """The call needs a study that is over."""


class WrongTrialState(FailedPrecondition):
    """The trial's state does not allow this."""


class TestMetricsSealed(FailedPrecondition):
    """Test metrics are written once."""

    __test__ = False  # not a pytest class


class NotEnoughData(FailedPrecondition):
    """The question needs results that are not there yet."""


class ModelFailed(FailedPrecondition):
    """No model could be fitted to the results: it failed, took too long or too much memory."""


class LeaseLost(AssayError):
    """Another worker holds the trial now, or this lease was given up; nothing was changed."""

    @property
    def trial(self) -> str:
        """Full name of the trial; empty when the server did not say."""
        return self.metadata.get("name", "")


class EtagMismatch(AssayError):
    """The study was changed since it was read."""


class ResumeTokenExpired(AssayError):
    """The watch cannot be resumed from there."""


class Overloaded(AssayError):
    """Too many calls in flight, or a quota is used up."""


class Unavailable(AssayError, ConnectionError):
    """No server answers at the address, or it is starting or stopping."""


class DeadlineExceeded(AssayError, TimeoutError):
    """The server did not answer in time; whether the call had an effect is not known."""


class NotServedYet(AssayError):
    """Part of the contract, but not served by this server's version."""


class Unauthenticated(AssayError):
    """No valid credentials."""


class PermissionDenied(AssayError):
    """The credentials do not allow this."""


class ServerFault(AssayError):
    """A defect of the server, logged there."""


class Preempted(Exception):
    """Raise it inside `with trial:` when this worker has to leave: the trial is handed back, to be resumed elsewhere.

    Does not count as a death of the trial. It propagates, so that the loop around ends too.
    """
