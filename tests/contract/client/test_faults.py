"""What the client does when the server, or the line to it, fails."""

import socket
import threading
import time
from dataclasses import replace

import grpc
import pytest

import assay
from assay.retry import Surroundings
from assay.v1 import study_pb2, trial_pb2, trial_service_pb2
from tests.contract.client.peer import STUDY, Fault, Heard, Peer, a_trial

GONE = Fault(grpc.StatusCode.UNAVAILABLE)
LATE = Fault(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
LOST = Fault(grpc.StatusCode.ABORTED, "LEASE_LOST")


def hand_out(peer: Peer, *trials: trial_pb2.Trial) -> None:
    """The next asks get these, one each."""
    for trial in trials:
        peer.answers["SuggestTrials"].append(trial_service_pb2.SuggestTrialsResponse(trials=[trial]))


def held(peer: Peer, study: assay.Study) -> assay.ActiveTrial:
    """A trial in hand."""
    hand_out(peer, a_trial(1))
    return study.ask("gpu-0")[0]


@pytest.mark.parametrize("fault", [GONE, LATE])
def test_a_report_is_repeated_under_one_request_id(peer: Peer, study: assay.Study, fault: Fault) -> None:
    """However often it fails (more often than gRPC itself would retry), it is one act to the server."""
    trial = held(peer, study)
    peer.answers["ReportMeasurements"] = [fault] * 12

    directive = trial.report(loss=0.5)

    reports = peer.heard_of("ReportMeasurements")
    assert len(reports) == 13
    assert len({heard.request_id for heard in reports}) == 1
    assert reports[0].request_id
    assert directive.action is assay.Action.CONTINUE


def test_two_reports_are_two_acts(peer: Peer, study: assay.Study) -> None:
    """Each call draws its own id."""
    trial = held(peer, study)
    trial.report(loss=0.5)
    trial.report(loss=0.25)

    assert len({heard.request_id for heard in peer.heard_of("ReportMeasurements")}) == 2


def test_an_aborted_act_is_not_repeated(peer: Peer, study: assay.Study) -> None:
    """The server has decided."""
    trial = held(peer, study)
    peer.answers["ReportMeasurements"] = [LOST]

    with pytest.raises(assay.LeaseLost):
        trial.report(loss=0.5)
    assert len(peer.heard_of("ReportMeasurements")) == 1


def test_a_report_survives_a_restart_of_the_server(peer: Peer) -> None:
    """The server goes away and comes back on its port: the report arrives, the loop goes on."""
    waits: list[float] = []

    def come_back(delay_s: float) -> None:
        waits.append(delay_s)
        if len(waits) == 3:
            peer.start()

    with assay.Client(peer.address, surroundings=replace(Surroundings(), sleep=come_back)) as client:
        trial = held(peer, client.get_study(STUDY))
        peer.stop()
        trial.report(loss=0.5)

    assert len(waits) >= 3
    assert len(peer.heard_of("ReportMeasurements")) == 1


def test_a_wrong_address_is_told_soon() -> None:
    """Within the connect timeout, by name, and with the reason."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        began = time.monotonic()
        with assay.Client(address, connect_timeout_s=1.0) as client, pytest.raises(assay.Unavailable) as told:
            client.get_study("digits")

    assert address in str(told.value)
    assert time.monotonic() - began < 10


def test_the_token_goes_along(peer: Peer) -> None:
    """As a bearer token, with every call."""
    with assay.Client(peer.address, token="s3cret") as client:
        client.get_study("digits")

    assert peer.heard[0].metadata["authorization"] == "Bearer s3cret"


def test_a_study_is_named_by_its_id_within_the_project(peer: Peer) -> None:
    """Or in full, within another one."""
    with assay.Client(peer.address, project="vision") as client:
        client.get_study("digits")
        client.get_study("projects/nlp/studies/glue")

    names = [getattr(heard.request, "name", None) for heard in peer.heard]
    assert names == ["projects/vision/studies/digits", "projects/nlp/studies/glue"]


def test_nothing_ready_is_asked_for_again_when_the_server_says(peer: Peer) -> None:
    """Obeying retry_delay; another ask is another act."""
    waits: list[float] = []
    nothing = trial_service_pb2.SuggestTrialsResponse()
    nothing.retry_delay.FromMilliseconds(1500)
    peer.answers["SuggestTrials"] = [nothing, nothing]
    hand_out(peer, a_trial(1))

    with assay.Client(peer.address, surroundings=replace(Surroundings(), sleep=waits.append)) as client:
        found = client.get_study(STUDY).ask("gpu-0")

    assert [trial.number for trial in found] == [1]
    assert waits == [1.5, 1.5]
    assert len({heard.request_id for heard in peer.heard_of("SuggestTrials")}) == 3


def test_an_ask_ends_with_its_timeout(peer: Peer, study: assay.Study) -> None:
    """With nothing, and the study is not over."""
    nothing = trial_service_pb2.SuggestTrialsResponse()
    nothing.retry_delay.FromMilliseconds(1)
    peer.answers["SuggestTrials"] = [nothing] * 3

    assert study.ask("gpu-0", timeout=0) == []
    assert not study.is_over


def test_a_waiting_ask_ends_when_it_shall_stop(peer: Peer, study: assay.Study) -> None:
    """A worker that has to leave does not sit out a long poll."""
    stop, asked, release = threading.Event(), threading.Event(), threading.Event()

    def leave_once_asked() -> None:
        asked.wait(30)
        stop.set()

    def hold(heard: Heard) -> None:
        if heard.method == "SuggestTrials":
            asked.set()
            release.wait(30)

    peer.on_call = hold
    leaving = threading.Thread(target=leave_once_asked)
    leaving.start()
    found = list(study.trials("gpu-0", stop=stop))
    release.set()
    leaving.join()

    assert found == []
    assert not study.is_over


def test_the_loop_ends_with_the_study(peer: Peer, study: assay.Study) -> None:
    """And the study knows why."""
    hand_out(peer, a_trial(1), a_trial(2))
    numbers = []
    for trial in study.trials("gpu-0"):
        with trial:
            trial.report(loss=0.5)
        numbers.append(trial.number)

    assert numbers == [1, 2]
    assert study.end_reason == "MAX_TRIALS"
    assert study.is_over
    assert [heard.method for heard in peer.heard if "Trial" in heard.method].count("CompleteTrial") == 2


def test_a_lost_trial_is_left_and_the_loop_goes_on(peer: Peer, study: assay.Study) -> None:
    """`with trial:` keeps the loss to itself, and says nothing of a trial that is not its own any more."""
    hand_out(peer, a_trial(1), a_trial(2))
    peer.answers["ReportMeasurements"] = [LOST]
    after_the_report = []
    for trial in study.trials("gpu-0"):
        with trial:
            trial.report(loss=0.5)
            after_the_report.append(trial.number)

    assert after_the_report == [2]
    assert [getattr(heard.request, "name", "") for heard in peer.heard_of("CompleteTrial")] == [f"{STUDY}/trials/2"]
    assert peer.heard_of("FailTrial") == []


def test_an_exception_fails_the_trial_and_goes_on(peer: Peer, study: assay.Study) -> None:
    """The user sees it, and so does the server."""
    trial = held(peer, study)
    with pytest.raises(ZeroDivisionError), trial:
        raise ZeroDivisionError("loss exploded")

    [failed] = peer.heard_of("FailTrial")
    assert isinstance(failed.request, trial_service_pb2.FailTrialRequest)
    assert "ZeroDivisionError: loss exploded" in failed.request.message


def test_an_interrupted_worker_hands_its_trial_back(peer: Peer, study: assay.Study) -> None:
    """Ctrl-C is not the trial's fault."""
    trial = held(peer, study)
    with pytest.raises(KeyboardInterrupt), trial:
        raise KeyboardInterrupt

    assert len(peer.heard_of("ReleaseTrial")) == 1
    assert peer.heard_of("FailTrial") == []


def test_the_user_s_exception_survives_a_server_that_is_away(peer: Peer, study: assay.Study) -> None:
    """What could not be said is noted on it."""
    trial = held(peer, study)
    peer.answers["FailTrial"] = [Fault(grpc.StatusCode.INTERNAL, "INTERNAL")]
    with pytest.raises(ZeroDivisionError) as raised, trial:
        raise ZeroDivisionError

    assert "the server could not be told" in raised.value.__notes__[0]


def test_heartbeats_keep_a_silent_trial(peer: Peer, study: assay.Study) -> None:
    """As often as the server said, while the block lasts, and not longer."""
    hand_out(peer, a_trial(1, interval_s=0.01))
    [trial] = study.ask("gpu-0")
    with trial:
        for _ in range(3):
            assert peer.beaten.acquire(timeout=30)
        [thread] = [thread for thread in threading.enumerate() if thread.name == "assay-heartbeats"]
        trial.complete(loss=0.5)

    thread.join(30)
    assert not thread.is_alive()
    assert {getattr(heard.request, "lease_token", "") for heard in peer.heard_of("Heartbeat")} == {"token-1"}


def test_one_thread_beats_for_all_trials(peer: Peer, study: assay.Study) -> None:
    """A worker of many trials has one thread."""
    trials = [a_trial(number, interval_s=0.01) for number in (1, 2, 3)]
    peer.answers["SuggestTrials"] = [trial_service_pb2.SuggestTrialsResponse(trials=trials)]
    first, second, third = study.ask("gpu-0", count=3)
    with first, second, third:
        while len({getattr(heard.request, "name", "") for heard in peer.heard_of("Heartbeat")}) < 3:
            assert peer.beaten.acquire(timeout=30)
        assert [thread.name for thread in threading.enumerate()].count("assay-heartbeats") == 1
        for trial in (first, second, third):
            trial.complete(loss=0.5)


def test_a_heartbeat_s_stop_ends_the_steps(peer: Peer, study: assay.Study) -> None:
    """A body that does not report is reached, too."""
    hand_out(peer, a_trial(1, interval_s=0.01, until_step=10_000_000))
    stop = trial_pb2.Directive(action=trial_pb2.DIRECTIVE_ACTION_STOP)
    peer.answers["Heartbeat"] = [trial_service_pb2.HeartbeatResponse(directive=stop)]
    [trial] = study.ask("gpu-0")
    with trial:
        steps = sum(1 for _ in trial.steps())

    assert steps < 10_000_000
    assert trial.should_stop
    assert peer.heard_of("CompleteTrial") == []


def test_a_heartbeat_that_fails_is_no_failure(peer: Peer, study: assay.Study) -> None:
    """The next one gets through."""
    hand_out(peer, a_trial(1, interval_s=0.01))
    peer.answers["Heartbeat"] = [LATE] * 3
    [trial] = study.ask("gpu-0")
    with trial:
        for _ in range(4):
            assert peer.beaten.acquire(timeout=30)
        trial.report(loss=0.5)

    assert not trial.directive.leaves


def test_a_broken_watch_goes_on_where_it_was(peer: Peer, study: assay.Study) -> None:
    """Nothing is told twice."""
    peer.answers["WatchTrials"] = [
        trial_service_pb2.WatchTrialsResponse(trials=[a_trial(1)], resume_token="after-1"),
        GONE,
        trial_service_pb2.WatchTrialsResponse(
            trials=[a_trial(2)], resume_token="after-2", end_reason=study_pb2.STUDY_END_REASON_MAX_TRIALS
        ),
    ]

    assert [trial.number for trial in study.watch()] == [1, 2]
    assert study.end_reason == "MAX_TRIALS"
    tokens = [getattr(heard.request, "resume_token", None) for heard in peer.heard_of("WatchTrials")]
    assert tokens[:3] == ["", "", "after-1"]
