"""Leasing: attempts, heartbeats, hand-backs, deaths, and what the reaper does."""

from dataclasses import replace

import pytest

from assay_server.domain.budget import Budget
from assay_server.domain.errors import InvalidArgument, LeaseLost, WrongTrialState
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Action, Directive, Reason
from assay_server.domain.study import StudyEndReason, StudyState
from assay_server.domain.trial import Checkpoint, FailureKind, TrialState
from assay_server.testing.clock import START
from tests.unit.app.service import EPOCHS, TTL_S, Service, a_plain_spec, measured


async def test_an_attempt_starts_from_the_last_checkpoint(service: Service) -> None:
    """Steps that were done after it are done again."""
    await service.create(a_plain_spec(fidelity=replace(EPOCHS, min=9)))
    await service.fill(0.1)
    trial = await service.begin()
    await service.report(trial, measured(4, loss=1.0), checkpoint=Checkpoint(uri="memory://4"))
    await service.report(trial, measured(6, loss=1.0))
    await service.fail(trial)

    await service.begin()

    assert [a.start_step for a in await service.attempts(1)] == [0, 4]


async def test_an_attempt_knows_its_own_last_step(service: Service) -> None:
    """One that reported nothing has none, whatever those before it reported."""
    await service.create(a_plain_spec(fidelity=replace(EPOCHS, min=9)))
    await service.fill(0.1)
    trial = await service.begin()
    service.clock.advance(1)
    await service.report(trial, measured(4, loss=1.0))
    service.clock.advance(1)
    await service.fail(trial)
    service.clock.advance(1)

    await service.fail(await service.begin())

    assert [a.last_step for a in await service.attempts(1)] == [4, None]


async def test_a_heartbeat_renews_the_lease(service: Service) -> None:
    """And repeats until when to train."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1)
    trial = await service.begin()
    service.clock.advance(TTL_S / 2)

    beat = await service.beat(trial)

    assert beat.directive == Directive(action=Action.CONTINUE, until_step=1)
    assert beat.lease is not None
    assert (beat.lease.expires_at - START).total_seconds() == 1.5 * TTL_S


async def test_a_late_heartbeat_brings_a_trial_back(service: Service) -> None:
    """Its lease ran out, but nobody else has it."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.expire()

    await service.beat(trial)

    back = await service.trial(1)
    assert (back.state, back.num_deaths, back.num_attempts) == (TrialState.RUNNING, 0, 1)


async def test_a_heartbeat_says_that_the_study_is_over(service: Service) -> None:
    """The lease is good still: the worker may complete what it has."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.stop()

    beat = await service.beat(trial)

    assert beat.directive == Directive(action=Action.STOP, reason=Reason.STUDY_OVER)
    assert beat.lease is not None
    assert (await service.complete(trial, measured(0, loss=1.0))).state is TrialState.SUCCEEDED


async def test_a_heartbeat_says_that_a_user_stopped_the_trial(service: Service) -> None:
    """The lease is over."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.stop_trial(1)

    beat = await service.beat(trial)

    assert beat.directive == Directive(action=Action.STOP, reason=Reason.STOPPED_BY_USER)
    assert beat.lease is None


async def test_a_zombie_s_heartbeat_is_refused(service: Service) -> None:
    """It does not renew the new holder's lease."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin("u")
    await service.expire()
    resumed = await service.begin("v")

    with pytest.raises(LeaseLost):
        await service.beat(trial)

    assert await service.trial(1) == resumed


async def test_the_reaper_takes_what_expired_and_nothing_else(service: Service) -> None:
    """A lease ends at its time, not after it."""
    await service.create()
    await service.fill(0.1, 0.2)
    await service.begin("u")
    service.clock.advance(1)
    await service.begin("v")
    service.clock.advance(TTL_S - 1)

    reaped = await service.reap()

    assert reaped.num_leases_expired == 1
    assert [(await service.trial(n)).state for n in (1, 2)] == [TrialState.QUEUED, TrialState.RUNNING]


async def test_silence_is_a_death_with_a_reason(service: Service) -> None:
    """In the attempt and in the log."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin("gpu-7")
    await service.expire()

    (attempt,) = await service.attempts(1)
    (event,) = await service.act(lambda uow: uow.events(trial.study_uid, limit=1))

    assert (attempt.failure_kind, attempt.ended_at) == (FailureKind.LEASE_EXPIRED, service.clock.now())
    assert "gpu-7 was silent for more than 60 s" in attempt.failure_message
    assert (event.kind, event.trial) == ("ATTEMPT_DIED", 1)


async def test_the_last_death_is_the_trial_s(service: Service) -> None:
    """Crashes and silence count alike; every reason is kept, and the search learns of it."""
    await service.create(replace(a_plain_spec(), max_attempts=2))
    await service.fill(0.1)
    await service.fail(await service.begin(), message="boom")
    await service.begin()

    await service.expire()

    study = await service.study()
    assert (await service.trial(1)).state is TrialState.FAILED
    assert [a.failure_kind for a in await service.attempts(1)] == [FailureKind.CRASHED, FailureKind.LEASE_EXPIRED]
    assert (study.tally.num_results, study.tally.num_feasible) == (1, 0)


async def test_a_permanent_failure_is_the_last(service: Service) -> None:
    """Whatever attempts are left."""
    await service.create()
    await service.fill(0.1)

    failed = await service.fail(await service.begin(), permanent=True)

    assert (failed.state, failed.lease, failed.ended_at) == (TrialState.FAILED, None, START)


async def test_an_infeasible_configuration_is_not_tried_again(service: Service) -> None:
    """It is no death, and it teaches."""
    await service.create()
    await service.fill(0.1)

    failed = await service.fail(await service.begin(), kind=FailureKind.INFEASIBLE)

    assert (failed.state, failed.feasible, failed.num_deaths) == (TrialState.INFEASIBLE, False, 0)
    assert (await service.study()).tally.num_results == 1


async def test_the_token_of_a_failed_attempt_is_worth_nothing(service: Service) -> None:
    """Also while the trial waits for the next one."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    queued = await service.fail(trial)

    with pytest.raises(LeaseLost):
        await service.fail(trial)

    assert await service.trial(1) == queued


async def test_a_failure_with_bad_provenance_changes_nothing(service: Service) -> None:
    """The trial runs on."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()

    with pytest.raises(InvalidArgument, match=r"provenance\.hardware"):
        await service.fail(trial, provenance=Provenance(hardware="x" * 1025))

    assert await service.trial(1) == trial


async def test_a_failure_says_the_last_line_of_its_message_in_the_log(service: Service) -> None:
    """Of a traceback that is the error; the whole text is in the attempt."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()

    await service.fail(trial, message="Traceback\n  line 1\nValueError: no\n")

    (event,) = await service.act(lambda uow: uow.events(trial.study_uid, limit=1))
    (attempt,) = await service.attempts(1)
    assert event.message == "attempt 1 of trial 1 died, now QUEUED: ValueError: no"
    assert attempt.failure_message.startswith("Traceback")


async def test_a_trial_that_is_handed_back_did_not_die(service: Service) -> None:
    """It waits with its checkpoint for whoever asks next."""
    await service.create(a_plain_spec(fidelity=replace(EPOCHS, min=9)))
    await service.fill(0.1)
    trial = await service.begin()
    await service.report(trial, measured(2, loss=1.0))

    released = await service.release(trial, checkpoint=Checkpoint(uri="memory://2"))

    assert (released.state, released.num_deaths, released.lease) == (TrialState.QUEUED, 0, None)
    assert released.checkpoint == Checkpoint(uri="memory://2", step=2)
    assert [a.failure_kind for a in await service.attempts(1)] == [FailureKind.PREEMPTED]


async def test_a_hand_back_with_a_bad_checkpoint_changes_nothing(service: Service) -> None:
    """An empty address cannot be resumed from."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()

    with pytest.raises(InvalidArgument, match=r"checkpoint\.uri"):
        await service.release(trial, checkpoint=Checkpoint(uri=""))

    assert await service.trial(1) == trial


async def test_what_runs_when_a_study_ends_ends_too(service: Service) -> None:
    """Handed back, dead or silent: nothing is queued for a study that is over."""
    await service.create()
    await service.fill(0.1, 0.2, 0.3)
    trials = [await service.begin(worker) for worker in "uvw"]
    await service.stop()

    await service.release(trials[0])
    await service.fail(trials[1])
    await service.expire()

    assert [(await service.trial(t.number)).state for t in trials] == [TrialState.STOPPED] * 3


async def test_the_death_of_the_last_trial_ends_the_study(service: Service) -> None:
    """Nothing is left to do."""
    await service.create(a_plain_spec(budget=Budget(max_trials=1)))
    await service.fill(0.1)

    await service.fail(await service.begin(), permanent=True)

    assert (await service.study()).end_reason is StudyEndReason.MAX_TRIALS


async def test_the_reaper_ends_a_study_whose_time_is_up(service: Service) -> None:
    """At its limit, not after it, though nobody asks."""
    await service.create(a_plain_spec(budget=Budget(max_duration_s=100.0)))
    service.clock.advance(99.999)
    assert (await service.reap()).num_studies_ended == 0
    service.clock.advance(0.001)

    reaped = await service.reap()

    assert reaped.num_studies_ended == 1
    assert (await service.study()).end_reason is StudyEndReason.MAX_DURATION


async def test_the_reaper_ends_a_study_whose_space_is_exhausted(service: Service) -> None:
    """Though every worker is gone and nobody asks: what proposes learnt it after the last trial had ended."""
    await service.create()
    await service.fill(0.1)
    await service.complete(await service.begin(), measured(0, loss=1.0))
    await service.exhaust()

    reaped = await service.reap()

    assert reaped.num_studies_ended == 1
    assert (await service.study()).end_reason is StudyEndReason.SPACE_EXHAUSTED


async def test_a_duration_of_ages_is_no_limit(service: Service) -> None:
    """The longest that can be said goes beyond the calendar."""
    await service.create(a_plain_spec(budget=Budget(max_duration_s=315_576_000_000.0)))
    await service.fill(0.1)

    suggestion = await service.ask()

    assert len(suggestion.trials) == 1
    assert (await service.study()).state is StudyState.ACTIVE


async def test_a_finished_trial_cannot_be_handed_back(service: Service) -> None:
    """Terminal is terminal."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    done = await service.complete(trial, measured(0, loss=1.0))

    with pytest.raises(WrongTrialState, match="release"):
        await service.release(trial)

    assert await service.trial(1) == done
