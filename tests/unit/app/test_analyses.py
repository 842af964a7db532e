"""Front, best trial, hypervolume and progress."""

import math
from dataclasses import replace

import pytest

from assay_server.app.best_trial import best_trial
from assay_server.app.front import Reference
from assay_server.app.hypervolume_history import HypervolumeHistory, hypervolume_history
from assay_server.app.progress import RungOccupancy, WorkerStatus
from assay_server.domain.budget import Budget
from assay_server.domain.errors import InvalidArgument, StudyNotFound
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.rung import Reason
from assay_server.domain.study import StudySpec
from assay_server.testing.clock import START
from tests.unit.app.service import EPOCHS, STUDY, TWO, Service, a_plain_spec, measured

SMALL = OutcomeConstraint(metric="size", at_most=True, bound=10.0)


async def results(service: Service, spec: StudySpec, *values: tuple[float, ...]) -> None:
    """A study whose trials have these values of its objectives, one second after the other."""
    await service.create(spec)
    for i, row in enumerate(values):
        await service.fill(i / 100)
        trial = await service.begin()
        service.clock.advance(1)
        metrics = {o.metric: value for o, value in zip(spec.objectives, row, strict=True)}
        await service.complete(trial, measured(0, cost=1.0, **metrics))


async def history(service: Service) -> HypervolumeHistory:
    return await service.act(lambda uow: hypervolume_history(uow, STUDY))


async def best(service: Service, metric: str) -> int | None:
    _, trial = await service.act(lambda uow: best_trial(uow, STUDY, metric))
    return None if trial is None else trial.number


# -- front -----------------------------------------------------------------------------------------------
async def test_the_front_is_what_nothing_dominates(service: Service) -> None:
    """By the first objective, best first; equal ones all stay."""
    await results(service, a_plain_spec(objectives=TWO), (3.0, 1.0), (1.0, 3.0), (3.0, 3.0), (1.0, 3.0), (2.0, 2.0))

    assert [t.number for t in (await service.front()).trials] == [2, 4, 5, 1]


async def test_without_a_result_there_is_no_front(service: Service) -> None:
    """Nor a reference, nor a volume: it is unknown, not zero."""
    await service.create(a_plain_spec(objectives=TWO))

    found = await service.front()

    assert (found.trials, found.reference, found.hypervolume) == ((), None, None)


async def test_without_a_feasible_result_there_is_no_front(service: Service) -> None:
    """However good its values."""
    await results(service, replace(a_plain_spec(objectives=TWO), constraints=(SMALL,)), (0.0, 11.0))

    found = await service.front()

    assert (found.trials, found.reference, found.hypervolume) == ((), None, None)


async def test_of_one_objective_the_front_is_the_best(service: Service) -> None:
    """And the volume is how far it is from the worst result, and a tenth more."""
    await results(service, a_plain_spec(), (5.0,), (1.0,), (3.0,))

    found = await service.front()

    assert [t.number for t in found.trials] == [2]
    assert found.reference is not None
    assert found.reference.losses == pytest.approx((5.4,))
    assert found.hypervolume == pytest.approx(4.4)


async def test_a_maximised_objective_keeps_its_sign(service: Service) -> None:
    """The reference is told in the metric's own direction."""
    objective = Objective(metric="acc", minimize=False, threshold=0.5)
    await results(service, a_plain_spec(objectives=(objective,)), (0.75,), (0.9,))

    found = await service.front()

    assert found.reference is not None
    assert found.reference.values(found.study) == (0.5,)
    assert found.hypervolume == pytest.approx(0.4)


async def test_what_is_not_given_of_the_reference_is_inferred(service: Service) -> None:
    """For each objective by itself: the front's worst, and a tenth of its range."""
    objectives = (TWO[0], replace(TWO[1], threshold=10.0))
    await results(service, a_plain_spec(objectives=objectives), (1.0, 3.0), (2.0, 1.0), (9.0, 9.0))

    found = await service.front()

    assert found.reference == Reference(losses=(pytest.approx(2.1), 10.0), inferred=(True, False))  # type: ignore[arg-type]  # approx


async def test_results_worse_than_the_thresholds_have_no_volume(service: Service) -> None:
    """They are on the front all the same, if nothing is better."""
    objectives = tuple(replace(o, threshold=1.0) for o in TWO)
    await results(service, a_plain_spec(objectives=objectives), (2.0, 0.5))

    found = await service.front()

    assert [t.number for t in found.trials] == [1]
    assert found.hypervolume == 0.0


async def test_a_trial_below_the_top_is_on_no_front(service: Service) -> None:
    """However good: it is not at full fidelity."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1)
    await service.report(await service.begin(), measured(3, loss=0.0))

    assert (await service.front()).trials == ()


async def test_a_front_needs_its_study(service: Service) -> None:
    """By that name."""
    with pytest.raises(StudyNotFound):
        await service.front()


@pytest.mark.parametrize("objectives", [TWO[:1], TWO])
async def test_diverged_results_break_nothing(service: Service, objectives: tuple[Objective, ...]) -> None:
    """Finite values whose difference is not: a front, and a volume that is a number."""
    values = ((1e308, 1.0), (-1e308, 3.0), (0.0, 2.0))
    spec = a_plain_spec(objectives=objectives)

    await results(service, spec, *(row[: len(objectives)] for row in values))

    found = await service.front()
    assert found.trials[0].number == 2
    assert found.hypervolume is not None
    assert math.isfinite(found.hypervolume)
    assert found.hypervolume > 0


async def test_rungs_with_diverged_results_promote_the_best(service: Service) -> None:
    """What is farthest from it cannot be told by a difference that overflows."""
    await service.create(a_plain_spec(fidelity=EPOCHS, objectives=TWO))
    await service.fill(0.1, 0.2, 0.3)
    for loss, size in ((1e308, 1.0), (0.0, 2.0)):
        await service.report(await service.begin(), measured(1, loss=loss, size=size))

    reported = await service.report(await service.begin(), measured(1, loss=-1e308, size=3.0))

    assert reported.directive.reason is Reason.PROMOTED


# -- best trial ------------------------------------------------------------------------------------------
async def test_the_best_trial_is_the_best_feasible_one(service: Service) -> None:
    """By the objective that is asked for; the earliest of equals."""
    spec = replace(a_plain_spec(objectives=TWO), constraints=(SMALL,))
    await results(service, spec, (0.0, 11.0), (2.0, 1.0), (1.0, 9.0), (1.0, 8.0))

    assert [await best(service, metric) for metric in ("loss", "size")] == [3, 2]


async def test_the_metric_may_be_left_out_when_there_is_one(service: Service) -> None:
    """With two it must be said."""
    await results(service, a_plain_spec(), (2.0,), (1.0,))

    assert await best(service, "") == 2


@pytest.mark.parametrize("metric", ["", "accuracy"])
async def test_a_metric_that_is_no_objective_is_refused(service: Service, metric: str) -> None:
    """With those that are."""
    await results(service, a_plain_spec(objectives=TWO), (1.0, 1.0))

    with pytest.raises(InvalidArgument, match="loss, size"):
        await best(service, metric)


async def test_without_a_result_there_is_no_best_trial(service: Service) -> None:
    """None, not an error."""
    await service.create()

    assert await best(service, "loss") is None


# -- history ---------------------------------------------------------------------------------------------
async def test_the_hypervolume_grows_with_the_front(service: Service) -> None:
    """Against one reference for all points, with when it was and what was spent by then."""
    objectives = tuple(replace(o, threshold=4.0) for o in TWO)
    await results(service, a_plain_spec(objectives=objectives), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (2.0, 2.0))

    points = (await history(service)).points

    assert [p.hypervolume for p in points] == [3.0, 3.0, 5.0, 6.0]
    assert [p.cost for p in points] == [1.0, 2.0, 3.0, 4.0]
    assert [(p.at - START).total_seconds() for p in points] == [1, 2, 3, 4]


async def test_the_last_point_is_the_front_s_volume(service: Service) -> None:
    """With an inferred reference as well: it is today's for all of them."""
    await results(service, a_plain_spec(objectives=TWO), (3.0, 1.0), (9.0, 9.0), (1.0, 3.0))

    assert (await history(service)).points[-1].hypervolume == (await service.front()).hypervolume


async def test_of_one_objective_the_history_begins_above_zero(service: Service) -> None:
    """The inferred reference is beyond the worst result, so that each of them is worth something."""
    await results(service, a_plain_spec(), (5.0,), (3.0,), (1.0,))

    volumes = [p.hypervolume for p in (await history(service)).points]

    assert volumes == pytest.approx([0.4, 2.4, 4.4])


async def test_an_infeasible_result_adds_nothing(service: Service) -> None:
    """It is a point all the same, for its cost."""
    spec = replace(a_plain_spec(objectives=tuple(replace(o, threshold=20.0) for o in TWO)), constraints=(SMALL,))
    await results(service, spec, (0.0, 11.0), (10.0, 10.0))

    assert [(p.hypervolume, p.cost) for p in (await history(service)).points] == [(0.0, 1.0), (100.0, 2.0)]


async def test_without_a_feasible_result_there_is_no_history(service: Service) -> None:
    """There is nothing to measure against."""
    await service.create()

    assert (await history(service)).points == ()


# -- progress --------------------------------------------------------------------------------------------
async def test_best_values_stand_beside_the_baseline_s(service: Service) -> None:
    """Each objective has its own best trial."""
    await service.create(a_plain_spec(objectives=TWO, baselines=({"lr": 0.9},)))
    await service.fill(0.1, 0.2)
    for loss, size in ((5.0, 5.0), (1.0, 9.0), (9.0, 1.0)):
        await service.complete(await service.begin(), measured(0, loss=loss, size=size))

    told = [(b.metric, b.value, b.trial, b.baseline_value) for b in (await service.progress()).best_values]

    assert told == [("loss", 1.0, 2, 5.0), ("size", 1.0, 3, 5.0)]


async def test_best_values_are_as_they_were_measured(service: Service) -> None:
    """A soft constraint weighs in the choice, not in the values, the baseline's included."""
    soft = replace(SMALL, soft_weight=100.0)
    spec = a_plain_spec(objectives=TWO[:1], baselines=({"lr": 0.9},))
    await service.create(replace(spec, constraints=(soft,), tracked_metrics=("size",)))
    await service.fill(0.1)
    await service.complete(await service.begin(), measured(0, loss=1.0, size=12.0))
    await service.complete(await service.begin(), measured(0, loss=2.0, size=9.0))

    (value,) = (await service.progress()).best_values

    assert (value.value, value.trial, value.baseline_value) == (2.0, 2, 1.0)


async def test_of_several_baselines_the_best_counts(service: Service) -> None:
    """By each objective."""
    await service.create(a_plain_spec(baselines=({"lr": 0.8}, {"lr": 0.9})))
    for loss in (2.0, 1.0):
        await service.complete(await service.begin(), measured(0, loss=loss))

    (value,) = (await service.progress()).best_values

    assert value.baseline_value == 1.0


async def test_rungs_say_who_reached_them(service: Service) -> None:
    """Who waits there, and who went on."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1, 0.2, 0.3)
    for loss in (3.0, 2.0, 1.0):
        await service.report(await service.begin(), measured(1, loss=loss))

    assert (await service.progress()).rungs == (
        RungOccupancy(step=1, reached=3, paused=2, promoted=1),
        RungOccupancy(step=3, reached=0, paused=0, promoted=0),
        RungOccupancy(step=9, reached=0, paused=0, promoted=0),
    )


async def test_workers_are_those_who_hold_a_trial(service: Service) -> None:
    """With how long they have been silent, beyond their lease too."""
    await service.create()
    await service.fill(0.1)
    await service.begin("gpu-0")
    service.clock.advance(70)

    assert (await service.progress()).workers == (WorkerStatus(worker="gpu-0", trial=1, silence_s=70.0),)


async def test_the_nearest_limit_says_how_much_time_is_left(service: Service) -> None:
    """A quarter of the trials in 30 s leaves 90; a third of the cost 60; of the duration 40."""
    await service.create(a_plain_spec(budget=Budget(max_trials=4)))
    await service.fill(0.1)
    trial = await service.begin()
    service.clock.advance(30)
    await service.complete(trial, measured(0, loss=1.0, cost=1.0))

    left = []
    for budget in (Budget(max_trials=4), Budget(max_trials=4, max_cost=3.0), Budget(max_cost=3.0, max_duration_s=70)):
        await service.budget(budget)
        left.append((await service.progress()).time_left_s)

    assert left == [90.0, 60.0, 40.0]


async def test_without_a_limit_nobody_can_tell_the_time_left(service: Service) -> None:
    """Nor before anything has come to its end."""
    await service.create(a_plain_spec(budget=Budget(parallelism=2)))
    assert (await service.progress()).time_left_s is None

    await service.budget(Budget(max_trials=4))

    assert (await service.progress()).time_left_s is None


async def test_of_a_study_that_is_over_no_time_is_left(service: Service) -> None:
    """Zero, not unknown."""
    await service.create()
    await service.stop()

    assert (await service.progress()).time_left_s == 0.0
