"""What gRPC says of a failed call, as our errors."""

from datetime import timedelta

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

import assay
from assay.status import REASONS, error_from
from assay.v1 import errors_pb2


def packed(*details: Message) -> bytes:
    """A google.rpc.Status as it travels in the trailing metadata."""
    status = status_pb2.Status(code=3, message="wrong")
    for detail in details:
        status.details.append(_any(detail))
    return status.SerializeToString()


def an_error(reason: str, code: str = "FAILED_PRECONDITION", **metadata: str) -> assay.AssayError:
    """The error of that reason."""
    info = error_details_pb2.ErrorInfo(reason=reason, domain="assay.dev", metadata=metadata)
    return error_from(code=code, message="told", status=packed(info), address="localhost:1")


def test_every_reason_of_the_contract_has_its_error() -> None:
    """A new reason cannot reach users as a plain AssayError."""
    reasons = {name.removeprefix("ERROR_REASON_") for name in errors_pb2.ErrorReason.DESCRIPTOR.values_by_name}

    assert reasons - {"UNSPECIFIED"} == set(REASONS)
    assert len(set(REASONS.values())) == len(REASONS)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_becomes_its_error(reason: str) -> None:
    """With the server's message, its code and its reason."""
    error = an_error(reason)

    assert type(error) is REASONS[reason]
    assert (str(error), error.code, error.reason) == ("told", "FAILED_PRECONDITION", reason)


def test_an_unknown_reason_is_kept() -> None:
    """A newer server's errors are not lost: they are AssayErrors with code, reason and facts."""
    error = an_error("MOON_IS_FULL", "ABORTED", phase="full")

    assert type(error) is assay.AssayError
    assert (error.code, error.reason, error.metadata) == ("ABORTED", "MOON_IS_FULL", {"phase": "full"})


def test_a_reason_with_the_prefix_of_the_enum_is_the_same() -> None:
    """The wire leaves the prefix out; a proxy that restores it does no harm."""
    assert isinstance(an_error("ERROR_REASON_LEASE_LOST"), assay.LeaseLost)


def test_violations_and_delays_come_along() -> None:
    """All violations at once, and when to try again."""
    info = error_details_pb2.ErrorInfo(reason="OVERLOADED", domain="assay.dev")
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="a.b", description="is 0")
    bad.field_violations.add(field="c", description="is missing")
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromTimedelta(timedelta(seconds=1.5))

    error = error_from(code="RESOURCE_EXHAUSTED", message="m", status=packed(info, bad, retry), address="x:1")

    assert [(v.field, v.description) for v in error.details.violations] == [("a.b", "is 0"), ("c", "is missing")]
    assert error.details.retry_after_s == 1.5


def test_errors_tell_their_facts_by_name() -> None:
    """Nobody has to take metadata apart."""
    mismatch = an_error("STUDY_SPEC_MISMATCH", differing="space,seed")
    lost = an_error("LEASE_LOST", name="projects/p/studies/s/trials/1")

    assert isinstance(mismatch, assay.StudySpecMismatch)
    assert mismatch.differing == ("space", "seed")
    assert isinstance(lost, assay.LeaseLost)
    assert lost.trial == "projects/p/studies/s/trials/1"


@pytest.mark.parametrize("status", [None, b"", b"\xff\xff\xff", packed()])
def test_an_absent_server_is_named(status: bytes | None) -> None:
    """gRPC's own errors carry no details, or nothing that can be read."""
    error = error_from(code="UNAVAILABLE", message="connection refused", status=status, address="localhost:7077")

    assert isinstance(error, assay.Unavailable)
    assert isinstance(error, ConnectionError)
    assert str(error) == "no server answers at localhost:7077: connection refused"


def test_who_answers_for_the_server_is_named() -> None:
    """A proxy's 404 is not mistaken for a study that is missing."""
    error = error_from(code="UNIMPLEMENTED", message="http 404", status=None, address="localhost:80")

    assert type(error) is assay.AssayError
    assert str(error) == "localhost:80 answered UNIMPLEMENTED: http 404"


def test_reasons_of_other_domains_are_not_ours() -> None:
    """A gateway's ErrorInfo may use the same words for something else."""
    info = error_details_pb2.ErrorInfo(reason="LEASE_LOST", domain="gateway.example")
    error = error_from(code="ABORTED", message="m", status=packed(info), address="x:1")

    assert type(error) is assay.AssayError
    assert error.reason == ""


def test_python_knows_our_errors_by_their_nature() -> None:
    """A program that knows nothing of Assay still catches them by the built-in kind."""
    assert issubclass(assay.InvalidArgument, ValueError)
    assert issubclass(assay.NotFound, LookupError)
    assert issubclass(assay.DeadlineExceeded, TimeoutError)


def _any(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
