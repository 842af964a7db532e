"""Statuses: every error has one, and what callers are told fits into metadata."""

import math

import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from assay.v1 import errors_pb2
from assay_server.domain import errors
from assay_server.domain.errors import AssayError, InvalidArgument, StudyNotFound, Violation
from assay_server.rpc.status import MAX_DETAILS, MAX_MESSAGE, STATUS, Refusal, defect, refusal_of

NOT_RAISED = {"UNSPECIFIED", "UNAUTHENTICATED", "PERMISSION_DENIED", "INTERNAL"}
"""Reasons without a class: never sent, not yet used, or not an error of the domain."""


def descendants(kind: type[AssayError]) -> set[type[AssayError]]:
    """The class and everything below it."""
    return {kind}.union(*(descendants(below) for below in kind.__subclasses__()))


def details_of(refusal: Refusal) -> dict[str, Message]:
    """The details by the name of their message."""
    kinds = (
        error_details_pb2.ErrorInfo,
        error_details_pb2.BadRequest,
        error_details_pb2.ResourceInfo,
        error_details_pb2.RetryInfo,
    )
    found: dict[str, Message] = {}
    for packed in status_pb2.Status.FromString(refusal.details).details:
        for kind in kinds:
            message = kind()
            if packed.Unpack(message):
                found[kind.DESCRIPTOR.name] = message
    return found


def test_every_domain_error_has_a_status() -> None:
    """A new error cannot reach callers as UNKNOWN."""
    ours = {kind for kind in descendants(AssayError) if kind.__module__ == errors.__name__}

    assert ours - {AssayError} == set(STATUS)


def test_reasons_and_the_wires_enum_agree() -> None:
    """Whatever is raised has a reason that clients know, and every reason of the contract can occur."""
    raised = {kind.reason for kind in STATUS if "reason" in vars(kind)}
    known = {name.removeprefix("ERROR_REASON_") for name in errors_pb2.ErrorReason.keys()}  # noqa: SIM118 - not a dict

    assert raised == known - NOT_RAISED


def test_not_found_names_the_resource() -> None:
    """ResourceInfo says what is missing, in the terms of AIP-193."""
    details = details_of(refusal_of(StudyNotFound("projects/default/studies/x")))

    info, resource = details["ErrorInfo"], details["ResourceInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert isinstance(resource, error_details_pb2.ResourceInfo)
    assert (info.reason, info.domain) == ("STUDY_NOT_FOUND", "assay.dev")
    assert (resource.resource_type, resource.resource_name) == ("assay.dev/Study", "projects/default/studies/x")


@pytest.mark.parametrize("error", [errors.Overloaded("full", retry_after_s=0.5), errors.Unavailable("stopping")])
def test_what_passes_by_itself_says_when_to_come_again(error: AssayError) -> None:
    """RetryInfo accompanies what a retry helps against."""
    retry = details_of(refusal_of(error))["RetryInfo"]

    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToTimedelta().total_seconds() in (0.5, 1.0)


def test_a_lost_lease_is_not_to_be_retried() -> None:
    """Nothing in it invites a worker to try again with the same token."""
    assert "RetryInfo" not in details_of(refusal_of(errors.LeaseLost("t", holder="gpu-1")))


@pytest.mark.parametrize("text", ["x", "é" * 5000, "\N{GRINNING FACE}" * 5000, "%" * 10_000])
@pytest.mark.parametrize("num", [1, 3, 1000])
def test_a_refusal_fits_into_metadata(text: str, num: int) -> None:
    """Peers drop calls with more than 8 kB of metadata: many or long violations are cut, and counted."""
    violations = [Violation(field=f"measurements[{i}].{text}", description=text) for i in range(num)]

    refusal = refusal_of(InvalidArgument(violations))

    escaped = 3 * len(refusal.message.encode())
    base64 = 4 * math.ceil(len(refusal.details) / 3)
    assert escaped + base64 < 8000
    assert len(refusal.message.encode()) <= MAX_MESSAGE
    assert len(refusal.details) <= MAX_DETAILS
    bad = details_of(refusal)["BadRequest"]
    assert isinstance(bad, error_details_pb2.BadRequest)
    told = [v for v in bad.field_violations if v.field]
    assert told
    if len(told) < num:
        assert bad.field_violations[-1].description == f"and {num - len(told)} more violations"


def test_the_message_alone_is_enough() -> None:
    """A client that cannot decode details still reads which fields are wrong."""
    wrong = InvalidArgument([Violation(field="a", description="is b"), Violation(field="c", description="is d")])

    assert refusal_of(wrong).message == "a: is b; c: is d"


def test_a_defect_says_nothing_of_its_cause() -> None:
    """Callers learn an id to ask us about, and nothing else."""
    refusal = defect("drawn-7")

    assert refusal.code.name == "INTERNAL"
    assert "drawn-7" in refusal.message
