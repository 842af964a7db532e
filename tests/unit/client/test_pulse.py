"""When which lease needs a heartbeat."""

import assay
from assay.errors import Details
from assay.pulse import Pulse
from assay.v1 import trial_pb2, trial_service_pb2
from tests.unit.client.held import CONTINUE, STOP, Clock, a_holding, a_trial

ALIVE = trial_service_pb2.HeartbeatResponse(
    directive=trial_pb2.Directive(action=CONTINUE), lease=trial_pb2.Lease(worker="w")
)
ALIVE.lease.heartbeat_interval.FromSeconds(20)


def test_nothing_is_due_without_trials() -> None:
    """Then nobody has to wait."""
    assert Pulse(Clock().now).next() is None


def test_the_one_that_waits_longest_is_next() -> None:
    """Each at its own interval."""
    clock = Clock()
    pulse = Pulse(clock.now)
    slow, fast = a_holding(a_trial(interval_s=20), clock), a_holding(a_trial(interval_s=5), clock)
    pulse.add(slow)
    pulse.add(fast)

    assert pulse.next() == (fast, 5.0)
    clock.now_s += 5
    assert pulse.next() == (fast, 0.0)
    pulse.heard(fast, ALIVE)
    assert pulse.next() == (slow, 15.0)


def test_a_report_is_a_heartbeat_too() -> None:
    """Nothing is sent that the server knows already."""
    clock = Clock()
    pulse, holding = Pulse(clock.now), a_holding(a_trial(interval_s=20), clock)
    pulse.add(holding)
    clock.now_s += 15
    pulse.postpone(holding)

    assert pulse.next() == (holding, 20.0)


def test_a_report_does_not_begin_heartbeats() -> None:
    """Without `with trial:` there are none."""
    clock = Clock()
    pulse = Pulse(clock.now)
    pulse.postpone(a_holding(a_trial(), clock))

    assert pulse.next() is None


def test_a_heartbeat_that_did_not_get_through_is_repeated_soon() -> None:
    """A lease must not run out because the interval is long."""
    clock = Clock()
    pulse, holding = Pulse(clock.now), a_holding(a_trial(interval_s=20), clock)
    pulse.add(holding)
    clock.now_s += 20
    pulse.missed(holding, assay.Unavailable("no server answers"))

    assert pulse.next() == (holding, 2.0)
    assert not holding.should_stop


def test_a_lost_lease_is_left_alone() -> None:
    """The body is told to leave, and nothing is sent for it any more."""
    clock = Clock()
    pulse, holding = Pulse(clock.now), a_holding(a_trial(), clock)
    pulse.add(holding)
    pulse.missed(holding, assay.LeaseLost("taken", Details(reason="LEASE_LOST")))

    assert holding.should_stop
    assert pulse.next() is None


def test_a_refusal_that_says_nothing_of_the_lease_is_survived() -> None:
    """A defect of the server ends no training."""
    clock = Clock()
    pulse, holding = Pulse(clock.now), a_holding(a_trial(interval_s=20), clock)
    pulse.add(holding)
    pulse.missed(holding, assay.ServerFault("a defect"))

    assert not holding.should_stop
    assert pulse.next() == (holding, 20.0)


def test_a_worker_that_was_told_to_stop_keeps_its_lease_until_it_leaves() -> None:
    """It may be in the middle of an epoch, and may report it still."""
    clock = Clock()
    pulse, holding = Pulse(clock.now), a_holding(a_trial(interval_s=20), clock)
    pulse.add(holding)
    stop = trial_service_pb2.HeartbeatResponse(directive=trial_pb2.Directive(action=STOP), lease=ALIVE.lease)
    pulse.heard(holding, stop)

    assert holding.should_stop
    assert pulse.next() == (holding, 20.0)
