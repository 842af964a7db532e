"""Which failed calls are tried again, when, and what the caller is told in the end."""

import pytest

import assay
from assay.errors import AssayError, Details
from assay.retry import Effort, Limits
from tests.unit.client.held import Clock, surroundings

LIMITS = Limits(timeout_s=30, connect_timeout_s=10, patience_s=600)
GONE = assay.Unavailable("no server answers at localhost:1: refused", Details(code="UNAVAILABLE"))
LATE = assay.DeadlineExceeded("late", Details(code="DEADLINE_EXCEEDED"))


def an_effort(clock: Clock, *, has_met: bool = True, allowed_s: float = 600, timeout_s: float | None = None) -> Effort:
    """The tries of a call to localhost:1."""
    return Effort(
        LIMITS,
        surroundings(clock),
        address="localhost:1",
        has_met=has_met,
        allowed_s=allowed_s,
        timeout_s=timeout_s,
    )


def tries_until_told(effort: Effort, clock: Clock, error: AssayError) -> tuple[float, AssayError]:
    """Fail with *error* again and again; how long it was tried, and what the caller is told."""
    began = clock.now()
    while True:
        try:
            clock.sleep(effort.delay_s(error))
        except AssayError as told:
            return clock.now() - began, told


@pytest.mark.parametrize("error", [GONE, LATE])
def test_a_server_that_was_there_is_waited_for(error: AssayError) -> None:
    """A restart of half a minute costs nothing; patience does end."""
    clock = Clock()
    tried_s, told = tries_until_told(an_effort(clock), clock, error)

    assert 590 < tried_s <= 600
    assert told is error


def test_waiting_grows_to_two_seconds() -> None:
    """A server that came back is found again soon, and is not stormed."""
    clock = Clock()
    tries_until_told(an_effort(clock), clock, GONE)

    assert clock.slept[:6] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    assert max(clock.slept) == 2.0


def test_a_first_contact_is_quick() -> None:
    """A wrong address is told after the connect timeout, whatever the call's patience."""
    clock = Clock()
    tried_s, told = tries_until_told(an_effort(clock, has_met=False), clock, GONE)

    assert tried_s <= 10
    assert told is GONE


def test_silence_at_first_contact_names_the_address() -> None:
    """An address that swallows packets is an absent server, too."""
    clock = Clock()
    _, told = tries_until_told(an_effort(clock, has_met=False), clock, LATE)

    assert isinstance(told, assay.Unavailable)
    assert str(told) == "no server answers at localhost:1 within 10 s"


def test_the_reason_of_the_absence_is_told() -> None:
    """When time runs out in the last try, the refusal before it says more."""
    clock = Clock()
    effort = an_effort(clock)
    effort.delay_s(GONE)
    clock.now_s += 700

    with pytest.raises(assay.Unavailable) as told:
        effort.delay_s(LATE)
    assert told.value is GONE


@pytest.mark.parametrize(
    "error",
    [
        assay.LeaseLost("lost", Details(code="ABORTED")),
        assay.EtagMismatch("changed", Details(code="ABORTED")),
        assay.InvalidArgument("wrong"),
        assay.StudyOver("over"),
        assay.ServerFault("defect"),
        assay.Overloaded("quota used up"),
        AssayError("something else", Details(code="ABORTED")),
    ],
)
def test_an_answer_is_an_answer(error: AssayError) -> None:
    """What the server decided is not asked again."""
    with pytest.raises(type(error)) as told:
        an_effort(Clock()).delay_s(error)
    assert told.value is error


def test_an_overloaded_server_is_obeyed() -> None:
    """It said when to come back."""
    busy = assay.Overloaded("busy", Details(retry_after_s=3.0))

    assert an_effort(Clock()).delay_s(busy) == 3.0


def test_a_try_ends_with_the_patience() -> None:
    """Last words of five seconds do not wait for a deadline of thirty."""
    clock = Clock()
    effort = an_effort(clock, allowed_s=5)
    first = effort.timeout_s()
    clock.sleep(effort.delay_s(GONE))

    assert first == 5
    assert effort.timeout_s() == pytest.approx(4.9)


def test_a_call_may_take_longer_than_others() -> None:
    """A rendered report is given its own deadline."""
    allowed_s = LIMITS.allowed_s(is_patient=False, timeout_s=120)

    assert an_effort(Clock(), allowed_s=allowed_s, timeout_s=120).timeout_s() == 120
