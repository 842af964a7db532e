"""Report: what a worker measured is stored, and it is told what to do next."""

from dataclasses import replace

import pytest

from assay_server.domain.budget import Budget, Target
from assay_server.domain.errors import InvalidArgument, LeaseLost, WrongTrialState
from assay_server.domain.objective import OutcomeConstraint
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Action, Directive, Reason
from assay_server.domain.study import StudyEndReason, StudyState
from assay_server.domain.trial import Checkpoint, TrialState
from assay_server.testing.clock import START
from tests.unit.app.service import EPOCHS, TWO, Service, a_plain_spec, measured, token_of

DIGITS = Provenance(dataset_fingerprint="digits")
LETTERS = Provenance(dataset_fingerprint="letters")


async def a_race(service: Service, *values: float, budget: Budget | None = None) -> None:
    """A study with rungs 1, 3 and 9, and candidates."""
    await service.create(a_plain_spec(fidelity=EPOCHS, budget=budget))
    await service.fill(*values)


async def test_below_its_budget_a_trial_goes_on(service: Service) -> None:
    """The directive repeats until when."""
    await service.create(a_plain_spec(fidelity=replace(EPOCHS, min=9)))
    await service.fill(0.1)
    trial = await service.begin()

    reported = await service.report(trial, measured(1, loss=1.0))

    assert reported.directive == Directive(action=Action.CONTINUE, until_step=9)
    assert reported.trial.last_step == 1


async def test_without_a_fidelity_a_trial_goes_on_until_it_is_completed(service: Service) -> None:
    """There is no step to train to."""
    await service.create()
    await service.fill(0.1)

    reported = await service.report(await service.begin(), measured(0, loss=1.0))

    assert reported.directive == Directive(action=Action.CONTINUE, until_step=None)


async def test_at_a_rung_a_trial_pauses(service: Service) -> None:
    """One result is not the best third of anything."""
    await a_race(service, 0.1)
    trial = await service.begin()

    reported = await service.report(trial, measured(1, loss=1.0))

    assert reported.directive == Directive(action=Action.PAUSE, reason=Reason.RUNG_REACHED)
    assert (reported.trial.state, reported.trial.lease) == (TrialState.PAUSED, None)
    assert [(r.step, r.waiting, r.promoted) for r in await service.rungs()] == [(1, True, False)]


async def test_the_best_third_goes_on_at_once(service: Service) -> None:
    """With the budget of the next rung."""
    await a_race(service, 0.1, 0.2, 0.3)
    for loss in (3.0, 2.0):
        await service.report(await service.begin(), measured(1, loss=loss))

    reported = await service.report(await service.begin(), measured(1, loss=1.0))

    assert reported.directive == Directive(action=Action.CONTINUE, reason=Reason.PROMOTED, until_step=3)
    assert [r.promoted for r in await service.rungs() if r.trial == 3] == [True]


async def test_a_baseline_goes_on_whatever_it_is_worth(service: Service) -> None:
    """To the top: every gain is told against it at full fidelity."""
    await service.create(a_plain_spec(fidelity=EPOCHS, baselines=({"lr": 0.9},)))
    await service.fill(0.1, 0.2, 0.3)
    baseline = await service.begin("v")
    for loss in (1.0, 2.0, 3.0):
        await service.report(await service.begin("u"), measured(1, loss=loss))

    steps = [await service.report(baseline, measured(step, loss=99.0)) for step in (1, 3, 9)]

    assert [r.directive.reason for r in steps] == [Reason.PROMOTED, Reason.PROMOTED, Reason.COMPLETED]


async def test_at_the_top_a_trial_has_succeeded(service: Service) -> None:
    """No call to complete is needed."""
    await service.create(a_plain_spec(fidelity=EPOCHS, baselines=({"lr": 0.9},)))
    trial = await service.begin()

    reported = await service.report(trial, measured(9, loss=1.0))

    assert reported.directive == Directive(action=Action.STOP, reason=Reason.COMPLETED)
    assert reported.trial.state is TrialState.SUCCEEDED
    assert reported.trial.final is not None
    assert reported.study.tally.num_feasible == 1


async def test_rungs_may_be_jumped_over(service: Service) -> None:
    """The result counts at the last rung that was reached, and at none before."""
    await a_race(service, 0.1)
    trial = await service.begin()

    reported = await service.report(trial, measured(4, loss=1.0))

    assert reported.directive.action is Action.PAUSE
    assert [r.step for r in await service.rungs()] == [3]


async def test_a_metric_keeps_its_last_value(service: Service) -> None:
    """A metric that is expensive to measure need not be reported at each step."""
    await service.create(a_plain_spec(objectives=TWO))
    await service.fill(0.1)
    trial = await service.begin()
    await service.report(trial, measured(1, loss=1.0, size=5.0))

    reported = await service.report(trial, measured(2, loss=0.5))

    assert reported.trial.latest is not None
    assert reported.trial.latest.values() == {"loss": 0.5, "size": 5.0}


async def test_a_measurement_says_when_it_was_stored(service: Service) -> None:
    """The latest one of a trial as well as the curve."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()

    reported = await service.report(trial, measured(1, loss=1.0))

    assert reported.trial.latest is not None
    assert reported.trial.latest.created_at == START


async def test_cost_is_counted_again_for_a_step_that_is_done_again(service: Service) -> None:
    """It was spent, though the measurement is replaced."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.report(trial, measured(1, loss=1.0, cost=2.0))

    reported = await service.report(trial, measured(1, loss=0.5, cost=3.0))

    assert reported.trial.cost == reported.study.tally.cost == 5.0


async def test_a_result_that_breaks_a_hard_constraint_is_not_feasible(service: Service) -> None:
    """Unknown until all that is constrained was reported."""
    limit = OutcomeConstraint(metric="size", at_most=True, bound=1.0)
    await service.create(replace(a_plain_spec(), constraints=(limit,), tracked_metrics=("size",)))
    await service.fill(0.1)
    trial = await service.begin()

    feasible = [
        (await service.report(trial, m)).trial.feasible
        for m in (measured(1, loss=1.0), measured(2, size=2.0), measured(3, size=1.0))
    ]

    assert feasible == [None, False, True]


async def test_a_checkpoint_is_of_the_last_step_unless_it_says_so(service: Service) -> None:
    """Whoever resumes starts there."""
    await a_race(service, 0.1)
    trial = await service.begin()

    reported = await service.report(trial, measured(1, loss=1.0), checkpoint=Checkpoint(uri="memory://1"))

    assert reported.trial.checkpoint == Checkpoint(uri="memory://1", step=1)


async def test_a_rung_cannot_be_passed_without_every_objective(service: Service) -> None:
    """Refused by name, and nothing has changed: neither curve nor cost nor lease."""
    await service.create(a_plain_spec(fidelity=EPOCHS, objectives=TWO))
    await service.fill(0.1)
    trial = await service.begin()
    before = await service.study()

    with pytest.raises(InvalidArgument, match="lacks size"):
        await service.report(trial, measured(1, loss=1.0, cost=1.0), provenance=DIGITS)

    assert await service.trial(1) == trial
    assert await service.study() == before
    assert await service.act(lambda uow: uow.measurements(trial.study_uid, 1)) == []


@pytest.mark.parametrize(
    ("steps", "field"),
    [((), "measurements"), ((2, 2), "measurements[1].step"), ((10,), "measurements[0].step")],
)
async def test_a_report_that_breaks_a_rule_changes_nothing(
    service: Service, steps: tuple[int, ...], field: str
) -> None:
    """No measurement, steps that do not grow, steps beyond the fidelity."""
    await a_race(service, 0.1)
    trial = await service.begin()

    with pytest.raises(InvalidArgument) as refused:
        await service.report(trial, *(measured(step, loss=1.0) for step in steps))

    assert [v.field for v in refused.value.violations] == [field]
    assert await service.trial(1) == trial


async def test_a_report_renews_the_lease(service: Service) -> None:
    """It is a heartbeat as well."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    service.clock.advance(40)

    reported = await service.report(trial, measured(1, loss=1.0))

    assert reported.trial.lease is not None
    assert (reported.trial.lease.expires_at - START).total_seconds() == 100


async def test_a_late_report_takes_the_death_back(service: Service) -> None:
    """As long as nobody else was given the trial."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.expire()

    reported = await service.report(trial, measured(1, loss=1.0))

    assert (reported.trial.state, reported.trial.num_deaths) == (TrialState.RUNNING, 0)
    (attempt,) = await service.attempts(1)
    assert (attempt.ended_at, attempt.failure_kind, attempt.failure_message) == (None, None, "")


async def test_a_zombie_changes_nothing(service: Service) -> None:
    """After the hand-over its token is refused, and the error says who holds the trial now."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin("u")
    await service.expire()
    resumed = await service.begin("v")

    with pytest.raises(LeaseLost) as lost:
        await service.report(trial, measured(1, loss=1.0))

    assert lost.value.holder == "v"
    assert await service.trial(1) == resumed


async def test_a_finished_trial_takes_no_report(service: Service) -> None:
    """Terminal is terminal."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    done = await service.complete(trial, measured(1, loss=1.0))

    with pytest.raises(WrongTrialState, match="SUCCEEDED"):
        await service.report(trial, measured(2, loss=0.0))

    assert await service.trial(1) == done


async def test_a_trial_that_a_user_stopped_says_so(service: Service) -> None:
    """To its worker, which could not have known; nothing is stored."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    stopped = await service.stop_trial(1)

    reported = await service.report(trial, measured(1, loss=1.0))

    assert reported.directive == Directive(action=Action.STOP, reason=Reason.STOPPED_BY_USER)
    assert await service.trial(1) == stopped


async def test_the_report_that_spends_the_budget_ends_the_study(service: Service) -> None:
    """Reached exactly is reached; the worker is told, and what waits is stopped."""
    await a_race(service, 0.1, 0.2, budget=Budget(max_cost=2.0))
    await service.report(await service.begin(), measured(1, loss=1.0, cost=1.0))
    trial = await service.begin()

    reported = await service.report(trial, measured(1, loss=1.0, cost=1.0))

    assert reported.directive == Directive(action=Action.STOP, reason=Reason.STUDY_OVER)
    assert reported.study.end_reason is StudyEndReason.MAX_COST
    assert [(await service.trial(n)).state for n in (1, 2)] == [TrialState.STOPPED] * 2
    assert not any(r.waiting for r in await service.rungs())


async def test_a_full_result_counts_also_when_it_spends_the_budget(service: Service) -> None:
    """It is there, so it is kept."""
    await a_race(service, 0.1, budget=Budget(max_cost=2.0))

    reported = await service.report(await service.begin(), measured(9, loss=1.0, cost=5.0))

    assert reported.trial.state is TrialState.SUCCEEDED
    assert reported.study.state is StudyState.COMPLETED


async def test_a_study_ends_with_the_first_trial_that_reaches_all_targets(service: Service) -> None:
    """Each of them by another trial is not enough."""
    targets = (Target(metric="loss", value=1.0), Target(metric="size", value=1.0))
    await service.create(a_plain_spec(fidelity=EPOCHS, objectives=TWO, budget=Budget(targets=targets)))
    await service.fill(0.1, 0.2, 0.3)

    results = [(0.5, 2.0), (2.0, 0.5), (1.0, 1.0)]
    ended = [
        (await service.report(await service.begin(), measured(9, loss=a, size=b))).study.end_reason for a, b in results
    ]

    assert ended == [None, None, StudyEndReason.TARGET_REACHED]


async def test_the_last_of_all_trials_does_not_pause(service: Service) -> None:
    """Nothing can promote it any more: the study is over, and the worker is told that rather than to come back."""
    await a_race(service, 0.1, 0.2, budget=Budget(max_trials=2))
    await service.report(await service.begin("u"), measured(1, loss=1.0))
    other = await service.begin("v")
    await service.report(await service.begin("u"), measured(9, loss=1.0))

    reported = await service.report(other, measured(1, loss=2.0))

    assert reported.study.end_reason is StudyEndReason.MAX_TRIALS
    assert reported.trial.state is TrialState.STOPPED
    assert reported.directive == Directive(action=Action.STOP, reason=Reason.STUDY_OVER)


async def test_when_all_are_created_a_rung_sends_at_least_one_on(service: Service) -> None:
    """The only trial of a study is the best third of one: it is trained to the end without a pause."""
    await a_race(service, 0.1, budget=Budget(max_trials=1))
    trial = await service.begin()

    actions = [(await service.report(trial, measured(step, loss=1.0))).directive.action for step in (1, 3, 9)]

    assert actions == [Action.CONTINUE, Action.CONTINUE, Action.STOP]
    assert (await service.trial(1)).state is TrialState.SUCCEEDED


async def test_the_first_provenance_says_what_is_comparable(service: Service) -> None:
    """Who deviates is flagged, paused for good and in no ranking, and the log says why."""
    await a_race(service, 0.1, 0.2)
    await service.report(await service.begin(), measured(1, loss=1.0), provenance=DIGITS)

    reported = await service.report(await service.begin(), measured(1, loss=0.0), provenance=LETTERS)

    assert reported.study.comparability.dataset_fingerprint == "digits"
    assert reported.trial.incomparable == ("dataset_fingerprint is 'letters', the study's is 'digits'",)
    assert [r.trial for r in await service.rungs()] == [1]
    events = await service.act(lambda uow: uow.events(reported.study.uid, limit=1))
    assert events[0].kind == "INCOMPARABLE"


async def test_incomparable_trials_do_not_keep_a_study_alive(service: Service) -> None:
    """Paused for good is not open."""
    await a_race(service, 0.1, 0.2, budget=Budget(max_trials=2))
    await service.report(await service.begin(), measured(9, loss=1.0), provenance=DIGITS)

    reported = await service.report(await service.begin(), measured(1, loss=0.0), provenance=LETTERS)

    assert reported.study.end_reason is StudyEndReason.MAX_TRIALS


async def test_the_tokens_of_two_attempts_differ(service: Service) -> None:
    """And the number of the attempt grows: the fencing token."""
    await service.create()
    await service.fill(0.1)
    first = await service.begin("u")
    await service.expire()

    second = await service.begin("u")

    assert token_of(first) != token_of(second)
    assert first.lease is not None
    assert second.lease is not None
    assert (first.lease.attempt, second.lease.attempt) == (1, 2)
