"""What users do with trials themselves: queue, attach, stop, and write the test metrics."""

from dataclasses import replace

import pytest

from assay_server.app.create_trial import CreateTrial, create_trial
from assay_server.app.seal_test_metrics import seal_test_metrics
from assay_server.domain.budget import Budget, Target
from assay_server.domain.errors import (
    InvalidArgument,
    StudyNotOver,
    StudyOver,
    TestMetricsSealed,
    TrialNotFound,
    WrongTrialState,
)
from assay_server.domain.measurement import MetricValue
from assay_server.domain.names import TrialName
from assay_server.domain.space import Configuration
from assay_server.domain.study import StudyEndReason, StudyState
from assay_server.domain.trial import Trial, TrialOrigin, TrialState
from assay_server.testing.clock import START
from tests.unit.app.service import EPOCHS, STUDY, TWO, Service, a_plain_spec, measured

TEST = {"test_loss": MetricValue(value=0.5)}


async def seal(service: Service, number: int, metrics: dict[str, MetricValue] = TEST) -> Trial:
    return await service.act(lambda uow: seal_test_metrics(uow, TrialName(STUDY, number), metrics))


# -- queue -----------------------------------------------------------------------------------------------
async def test_a_configuration_is_queued_to_be_run(service: Service) -> None:
    """Up to the first rung, as any other."""
    await service.create(a_plain_spec(fidelity=EPOCHS))

    trial = await service.add(lr=0.7, priority=3, labels={"why": "hunch"})

    assert (trial.state, trial.origin, trial.priority) == (TrialState.QUEUED, TrialOrigin.QUEUED, 3)
    assert (trial.configuration, trial.labels, trial.until_step) == ({"lr": 0.7}, {"why": "hunch"}, 1)
    assert await service.trial(1) == trial


@pytest.mark.parametrize("configuration", [{"lr": 2.0}, {}, {"lr": 0.5, "depth": 3}])
async def test_what_is_queued_must_be_of_the_space(service: Service, configuration: Configuration) -> None:
    """Within bounds, nothing missing, nothing unknown; otherwise nothing is created."""
    before = await service.create()
    ask = CreateTrial(study=STUDY, configuration=configuration, labels={})

    with pytest.raises(InvalidArgument, match=r"trial\.configuration"):
        await service.act(lambda uow: create_trial(uow, service.tools, ask))

    assert await service.study() == before


async def test_queued_trials_count_against_the_budget(service: Service) -> None:
    """Beyond it they are refused, with the reason."""
    await service.create(a_plain_spec(budget=Budget(max_trials=1)))
    await service.add()

    with pytest.raises(StudyOver, match="MAX_TRIALS"):
        await service.add()


async def test_nothing_is_queued_for_a_study_that_is_over(service: Service) -> None:
    """Nobody would run it."""
    await service.create()
    await service.stop()

    with pytest.raises(StudyOver, match="STOPPED_BY_USER"):
        await service.add()


# -- attach ----------------------------------------------------------------------------------------------
async def test_what_was_measured_elsewhere_is_a_result_at_once(service: Service) -> None:
    """It is ranked with the others, at full fidelity."""
    await service.create(a_plain_spec(fidelity=EPOCHS))

    trial = await service.add(measured(1, loss=2.0, cost=1.0), measured(5, loss=1.0, cost=2.0), lr=0.7)

    tally = (await service.study()).tally
    assert trial.final is not None
    assert (trial.state, trial.origin, trial.ended_at) == (TrialState.SUCCEEDED, TrialOrigin.EXTERNAL, START)
    assert (trial.final.values(), trial.last_step, trial.feasible) == ({"loss": 1.0}, 5, True)
    assert (tally.num_results, tally.num_feasible, tally.count(TrialState.SUCCEEDED)) == (1, 1, 1)
    assert [t.number for t in (await service.front()).trials] == [1]


async def test_what_was_measured_elsewhere_says_when_it_was_stored(service: Service) -> None:
    """As every measurement."""
    await service.create()

    trial = await service.add(measured(0, loss=1.0))

    assert trial.final is not None
    assert trial.final.created_at == START


async def test_what_was_measured_elsewhere_may_lie_out_of_bounds(service: Service) -> None:
    """It is known all the same."""
    await service.create()

    assert (await service.add(measured(0, loss=1.0), lr=7.0)).configuration == {"lr": 7.0}


async def test_what_was_measured_elsewhere_spends_nothing(service: Service) -> None:
    """Its cost is told, but it is not this study's."""
    await service.create(a_plain_spec(budget=Budget(max_cost=1.0)))

    trial = await service.add(measured(0, loss=1.0, cost=5.0))

    study = await service.study()
    assert (trial.cost, study.tally.cost, study.state) == (5.0, 0.0, StudyState.ACTIVE)


async def test_what_was_measured_elsewhere_is_a_trial_that_was_created(service: Service) -> None:
    """It is never refused, and leaves one less to create."""
    await service.create(a_plain_spec(budget=Budget(max_trials=2)))
    await service.fill(0.1, 0.2)
    await service.add(measured(0, loss=1.0))
    trial, *more = (await service.ask(count=2)).trials

    await service.add(measured(0, loss=2.0))

    assert (trial.number, more) == (2, [])
    assert (await service.study()).tally.num_created == 3


async def test_what_was_measured_elsewhere_may_reach_the_target(service: Service) -> None:
    """It is good enough, whoever measured it."""
    await service.create(a_plain_spec(budget=Budget(targets=(Target(metric="loss", value=1.0),))))

    await service.add(measured(0, loss=1.0))

    assert (await service.study()).end_reason is StudyEndReason.TARGET_REACHED


async def test_it_may_be_attached_when_the_study_is_over(service: Service) -> None:
    """The study stays over."""
    await service.create()
    await service.stop()

    trial = await service.add(measured(0, loss=1.0))

    assert trial.state is TrialState.SUCCEEDED
    assert (await service.study()).end_reason is StudyEndReason.STOPPED_BY_USER


async def test_each_attached_measurement_has_every_objective(service: Service) -> None:
    """Otherwise nothing is created."""
    before = await service.create(a_plain_spec(objectives=TWO))

    with pytest.raises(InvalidArgument, match=r"measurements\[0\]\.metrics: lacks size"):
        await service.add(measured(1, loss=1.0), measured(2, loss=1.0, size=1.0))

    assert await service.study() == before


async def test_the_parameters_of_what_is_attached_are_the_space_s(service: Service) -> None:
    """A misspelt name would be lost without a word."""
    await service.create()
    ask = CreateTrial(study=STUDY, configuration={"l_r": 0.5}, labels={}, measurements=(measured(0, loss=1.0),))

    with pytest.raises(InvalidArgument, match="no such parameter"):
        await service.act(lambda uow: create_trial(uow, service.tools, ask))


# -- stop ------------------------------------------------------------------------------------------------
async def test_a_queued_trial_can_be_stopped(service: Service) -> None:
    """It is never run."""
    await service.create()
    await service.add()

    assert (await service.stop_trial(1)).state is TrialState.STOPPED
    assert (await service.ask()).trials == ()


async def test_a_paused_trial_that_is_stopped_is_not_promoted(service: Service) -> None:
    """Though it is the best at its rung; it still counts among those who reached it."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1, 0.2, 0.3)
    for loss in (1.0, 2.0, 3.0):
        await service.report(await service.begin(), measured(1, loss=loss))
    await service.stop_trial(1)

    assert (await service.ask()).trials == ()
    assert [(r.trial, r.waiting) for r in await service.rungs()] == [(2, True), (3, True), (1, False)]


async def test_stopping_a_running_trial_ends_its_attempt(service: Service) -> None:
    """No death, and the worker's slot is free."""
    await service.create(a_plain_spec(budget=Budget(parallelism=1)))
    await service.fill(0.1, 0.2)
    await service.begin("u")

    stopped = await service.stop_trial(1)

    (attempt,) = await service.attempts(1)
    assert (stopped.num_deaths, attempt.ended_at, attempt.failure_kind) == (0, START, None)
    assert (await service.begin("v")).number == 2


async def test_stopping_twice_is_stopping_once(service: Service) -> None:
    """The second time nothing changes."""
    await service.create()
    await service.add()
    stopped = await service.stop_trial(1)

    assert await service.stop_trial(1) == stopped


async def test_a_finished_trial_cannot_be_stopped(service: Service) -> None:
    """Terminal is terminal."""
    await service.create()
    done = await service.add(measured(0, loss=1.0))

    with pytest.raises(WrongTrialState, match="stop"):
        await service.stop_trial(1)

    assert await service.trial(1) == done


async def test_stopping_the_last_trial_ends_the_study(service: Service) -> None:
    """Nothing is left to do."""
    await service.create(a_plain_spec(budget=Budget(max_trials=1)))
    await service.add()

    await service.stop_trial(1)

    assert (await service.study()).end_reason is StudyEndReason.MAX_TRIALS


# -- test metrics ----------------------------------------------------------------------------------------
async def test_test_metrics_are_written_when_the_study_is_over(service: Service) -> None:
    """Beside the result, which they do not touch."""
    await service.create()
    done = await service.add(measured(0, loss=1.0))
    await service.stop()

    sealed = await seal(service, 1)

    assert replace(sealed, test_metrics={}, revision=done.revision) == done
    assert (await service.trial(1)).test_metrics == TEST


async def test_test_metrics_are_refused_while_the_search_goes_on(service: Service) -> None:
    """Whoever knew them could choose by them."""
    await service.create()
    done = await service.add(measured(0, loss=1.0))

    with pytest.raises(StudyNotOver):
        await seal(service, 1)

    assert await service.trial(1) == done


async def test_test_metrics_are_written_once(service: Service) -> None:
    """The second time they are refused, and the first stay."""
    await service.create()
    await service.add(measured(0, loss=1.0))
    await service.stop()
    await seal(service, 1)

    with pytest.raises(TestMetricsSealed):
        await seal(service, 1, {"test_loss": MetricValue(value=0.1)})

    assert (await service.trial(1)).test_metrics == TEST


async def test_only_a_trial_with_a_result_has_test_metrics(service: Service) -> None:
    """One that was stopped has none."""
    await service.create()
    await service.add()
    await service.stop()

    with pytest.raises(WrongTrialState, match="STOPPED"):
        await seal(service, 1)


@pytest.mark.parametrize("metrics", [{}, {"test_loss": MetricValue(value=float("nan"))}])
async def test_test_metrics_are_finite_and_some(service: Service, metrics: dict[str, MetricValue]) -> None:
    """A bad one does not use up the only chance."""
    await service.create()
    await service.add(measured(0, loss=1.0))
    await service.stop()

    with pytest.raises(InvalidArgument, match="metrics"):
        await seal(service, 1, metrics)

    assert (await seal(service, 1)).test_metrics == TEST


async def test_test_metrics_belong_to_a_trial(service: Service) -> None:
    """That is there."""
    await service.create()
    await service.stop()

    with pytest.raises(TrialNotFound):
        await seal(service, 1)
