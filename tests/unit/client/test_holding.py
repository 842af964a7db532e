"""What a worker knows of its trial, and what it says when it leaves."""

import pytest

import assay
from assay.errors import Details
from assay.holding import LONGEST_MESSAGE, Acted, Holding, note_unsaid, parting_patience_s
from assay.v1 import trial_pb2, trial_service_pb2
from tests.unit.client.held import CONTINUE, NAME, PAUSE, STOP, Clock, a_holding, a_trial, told


def steps_of(holding: Holding, *, most: int = 20) -> list[int]:
    """The steps that a body sees which never reports."""
    found: list[int] = []
    while len(found) < most and (step := holding.advance()) is not None:
        found.append(step)
    return found


def report(holding: Holding, answer: trial_service_pb2.ReportMeasurementsResponse | None = None) -> int:
    """Report a loss, take in the answer, and say under which step it went."""
    call = holding.report({"loss": 1.0}, step=None, checkpoint=None, cost=None, provenance=None, sem=None)
    assert isinstance(call.request, trial_service_pb2.ReportMeasurementsRequest)
    holding.reported(call, answer or told(until_step=holding.directive.until_step))
    return call.request.measurements[0].step


def said(acted: Acted | None) -> str:
    """Which method speaks, if any."""
    return "" if acted is None else acted.method.rpartition("/")[2]


def test_steps_go_from_the_start_to_the_budget() -> None:
    """A new trial trains from step 1 to until_step."""
    assert steps_of(a_holding(a_trial(until_step=3))) == [1, 2, 3]


def test_steps_go_on_after_the_checkpoint() -> None:
    """A resumed trial trains what its checkpoint has not behind it."""
    holding = a_holding(a_trial(until_step=9, checkpoint="file:///c", checkpoint_step=3, last_step=5))

    assert holding.start_step == 3
    assert steps_of(holding) == [4, 5, 6, 7, 8, 9]


def test_a_checkpoint_without_a_step_is_of_the_last_report() -> None:
    """As the contract says."""
    assert a_holding(a_trial(until_step=9, checkpoint="file:///c", last_step=5)).start_step == 5


def test_without_a_checkpoint_training_starts_anew() -> None:
    """Reported steps are of no use without weights."""
    assert steps_of(a_holding(a_trial(until_step=3, last_step=1))) == [1, 2, 3]


def test_a_trial_resumed_at_its_budget_is_evaluated_once() -> None:
    """Nobody heard of its last step, or the trial would have been decided on."""
    holding = a_holding(a_trial(until_step=3, checkpoint="file:///c", checkpoint_step=3))

    assert steps_of(holding) == [3]


def test_a_promotion_lengthens_the_steps() -> None:
    """CONTINUE with a larger until_step goes on within the same loop."""
    holding = a_holding(a_trial(until_step=1))
    first = holding.advance()
    report(holding, told(until_step=3))

    assert first == 1
    assert steps_of(holding) == [2, 3]


def test_without_a_fidelity_steps_do_not_end_by_themselves() -> None:
    """There is no budget: the body decides."""
    assert steps_of(a_holding(a_trial()), most=5) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("action", [PAUSE, STOP])
def test_an_order_to_leave_ends_the_steps(action: trial_pb2.DirectiveAction) -> None:
    """After PAUSE or STOP there is no next step, and nothing more to say."""
    holding = a_holding(a_trial(until_step=9))
    holding.advance()
    report(holding, told(action, state=trial_pb2.TRIAL_STATE_PAUSED))

    assert holding.advance() is None
    assert holding.should_stop
    assert holding.directive.until_step == 9
    assert holding.farewell(None) is None
    assert holding.farewell(ValueError()) is None


def test_a_report_goes_under_the_step_of_the_loop() -> None:
    """Within steps() no step has to be named."""
    holding = a_holding(a_trial(until_step=3))
    holding.advance()
    holding.advance()

    assert report(holding) == 2


def test_a_report_without_a_loop_counts_on() -> None:
    """Plain ask and tell: one more than was reported, from the checkpoint on; from 0 without a fidelity."""
    resumed = a_holding(a_trial(until_step=9, checkpoint="file:///c", checkpoint_step=3))
    plain = a_holding(a_trial())

    assert [report(resumed), report(resumed)] == [4, 5]
    assert [report(plain), report(plain)] == [0, 1]


def test_a_report_measures_the_time_since_the_last_one() -> None:
    """Elapsed time needs no help of the user."""
    clock = Clock()
    holding = a_holding(a_trial(), clock)
    clock.now_s += 2.5
    report(holding)
    clock.now_s += 4

    call = holding.report({"loss": 0.0}, step=None, checkpoint="file:///c", cost=0.0, provenance=None, sem={"loss": 0})

    assert isinstance(call.request, trial_service_pb2.ReportMeasurementsRequest)
    measurement = call.request.measurements[0]
    assert measurement.elapsed.ToMilliseconds() == 4000
    assert measurement.HasField("cost")
    assert measurement.metrics["loss"].HasField("sem")
    assert call.request.checkpoint.uri == "file:///c"
    assert call.request.lease_token == "secret"
    assert call.is_patient


@pytest.mark.parametrize(
    ("metrics", "sem", "told"),
    [
        ({}, None, "at least one metric"),
        ({"loss": "low"}, None, "loss: 'low' is not a number"),
        ({"loss": 1.0}, {"los": 0.1}, "sem: ['los'] are not among the reported metrics"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    metrics: dict[str, float], sem: dict[str, float] | None, told: str
) -> None:
    """Before it is sent, with the name of what is wrong."""
    with pytest.raises(assay.InvalidArgument) as refused:
        a_holding().report(metrics, step=None, checkpoint=None, cost=None, provenance=None, sem=sem)

    assert told in str(refused.value)


def test_leaving_with_a_result_completes() -> None:
    """The latest measurement is the result."""
    holding = a_holding()
    report(holding)

    assert said(holding.farewell(None)) == "CompleteTrial"


def test_leaving_without_a_report_fails() -> None:
    """A body that reports nothing is a mistake; handed back, the same worker would get it for ever."""
    last_word = a_holding().farewell(None)

    assert last_word is not None
    assert isinstance(last_word.request, trial_service_pb2.FailTrialRequest)
    assert last_word.request.message == "the body of the trial ended without a report"


def test_an_exception_fails_the_trial_with_its_traceback() -> None:
    """The reason that is kept is the one that a person would look for."""

    def train() -> None:
        raise ZeroDivisionError("loss exploded")

    with pytest.raises(ZeroDivisionError) as raised:
        train()
    last_word = a_holding().farewell(raised.value)

    assert last_word is not None
    assert isinstance(last_word.request, trial_service_pb2.FailTrialRequest)
    assert last_word.request.kind == trial_pb2.FAILURE_KIND_CRASHED
    assert last_word.request.message.endswith("ZeroDivisionError: loss exploded\n")
    assert "in train" in last_word.request.message


def test_of_a_long_reason_the_end_is_kept() -> None:
    """The last lines of a traceback say what happened."""
    call = a_holding().fail("x" * LONGEST_MESSAGE + "the end")

    assert isinstance(call.request, trial_service_pb2.FailTrialRequest)
    assert len(call.request.message) == LONGEST_MESSAGE
    assert call.request.message.endswith("the end")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit(), assay.Preempted("SIGTERM")])
def test_who_has_to_go_hands_the_trial_back(error: BaseException) -> None:
    """Not the trial's fault; and whoever waits for this process does not wait long."""
    assert said(a_holding().farewell(error)) == "ReleaseTrial"
    assert parting_patience_s(error) == 5.0


def test_a_heartbeat_may_say_to_leave() -> None:
    """STOP between two reports ends the steps; the lease is good still, so the trial is handed back."""
    holding = a_holding(a_trial(until_step=9))
    holding.advance()
    answer = trial_service_pb2.HeartbeatResponse(
        directive=trial_pb2.Directive(action=STOP), lease=trial_pb2.Lease(worker="gpu-0")
    )
    holding.heard(answer)

    assert holding.should_stop
    assert holding.advance() is None
    assert said(holding.farewell(None)) == "ReleaseTrial"


def test_a_heartbeat_does_not_take_back_a_promotion() -> None:
    """Its CONTINUE may be older than the last report's."""
    holding = a_holding(a_trial(until_step=1))
    report(holding, told(until_step=3))
    holding.heard(trial_service_pb2.HeartbeatResponse(directive=trial_pb2.Directive(until_step=1, action=CONTINUE)))

    assert holding.directive.until_step == 3


def test_a_lost_trial_is_left_in_silence() -> None:
    """Whoever has it now speaks for it."""
    lost = assay.LeaseLost("taken", Details(code="ABORTED", reason="LEASE_LOST", metadata={"name": NAME}))
    holding = a_holding(a_trial(until_step=9))
    holding.refused(lost)

    assert holding.advance() is None
    assert holding.farewell(None) is None
    assert holding.is_own_loss(lost)


def test_the_loss_of_another_trial_is_not_swallowed() -> None:
    """Nested trials: each block keeps its own loss to itself, and nothing else."""
    other = assay.LeaseLost("taken", Details(metadata={"name": NAME[:-1] + "2"}))

    assert not a_holding().is_own_loss(other)
    assert not a_holding().is_own_loss(ValueError())


def test_what_could_not_be_said_is_noted_on_the_exception() -> None:
    """The user's exception stays the one that is raised."""
    error, unsaid = ValueError("mine"), assay.Unavailable("no server answers")
    note_unsaid(error, unsaid, a_holding())

    assert error.__notes__ == [f"{NAME}: the server could not be told: no server answers"]
    with pytest.raises(assay.Unavailable):
        note_unsaid(None, unsaid, a_holding())


def test_an_infeasible_configuration_is_told_apart_from_a_crash() -> None:
    """The search learns from the one and tries the other again."""
    call = a_holding().fail("does not fit", is_infeasible=True)

    assert isinstance(call.request, trial_service_pb2.FailTrialRequest)
    assert call.request.kind == trial_pb2.FAILURE_KIND_INFEASIBLE
