"""A watch goes on where it broke."""

import pytest

import assay
from assay.retry import Limits
from assay.v1 import study_pb2, trial_service_pb2
from assay.watching import Watching
from tests.unit.client.held import Clock, a_trial, surroundings

LIMITS = Limits(timeout_s=30, connect_timeout_s=10, patience_s=600)


def an_answer(*numbers: int, token: str, is_last: bool = False) -> trial_service_pb2.WatchTrialsResponse:
    """Those trials changed."""
    return trial_service_pb2.WatchTrialsResponse(
        trials=[a_trial(number=number) for number in numbers],
        resume_token=token,
        end_reason=study_pb2.STUDY_END_REASON_MAX_TRIALS if is_last else None,
    )


def test_a_broken_stream_is_resumed_after_what_was_seen() -> None:
    """Nothing is told twice, nothing is missed."""
    watching = Watching(LIMITS, surroundings())
    seen = [trial.number for trial in watching.seen(an_answer(1, 2, token="t2"))]
    watching.failed(assay.Unavailable("gone"))

    assert seen == [1, 2]
    assert watching.token == "t2"
    assert watching.delay_s() == 0.1


def test_a_reader_that_left_half_way_sees_the_rest_again() -> None:
    """At least once: the token moves only after the last trial of an answer was taken."""
    watching = Watching(LIMITS, surroundings())
    next(watching.seen(an_answer(1, 2, token="t2")))

    assert watching.token == ""


def test_the_last_answer_ends_the_watch() -> None:
    """With the reason why the study is over."""
    watching = Watching(LIMITS, surroundings())
    list(watching.seen(an_answer(token="t", is_last=True)))

    assert watching.end_reason == "MAX_TRIALS"


def test_a_token_that_expired_begins_anew() -> None:
    """The server asks to read everything again: so it is."""
    watching = Watching(LIMITS, surroundings())
    list(watching.seen(an_answer(1, token="old")))
    watching.failed(assay.ResumeTokenExpired("too old"))

    assert watching.token == ""
    assert watching.delay_s() == 0.1


def test_a_refusal_ends_the_watch() -> None:
    """A study that does not exist is not waited for."""
    watching = Watching(LIMITS, surroundings())
    watching.failed(assay.StudyNotFound("no such study"))

    with pytest.raises(assay.StudyNotFound):
        watching.delay_s()


def test_patience_begins_when_the_stream_breaks() -> None:
    """A quiet study, or a slow reader, does not use it up; a server that stays away does."""
    clock = Clock()
    watching = Watching(LIMITS, surroundings(clock))
    list(watching.seen(an_answer(1, token="t")))
    clock.now_s += 10_000
    watching.failed(assay.Unavailable("gone"))

    assert watching.delay_s() == 0.1
    clock.now_s += 700
    with pytest.raises(assay.Unavailable, match="gone"):
        watching.delay_s()
