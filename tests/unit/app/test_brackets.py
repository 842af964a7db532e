"""Brackets, settled trials and curves: what schedulers other than plain halving need of the acts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay_server.app.rungs import RungCache
from assay_server.domain.budget import Budget
from assay_server.domain.rung import Action, Curve, Reason
from assay_server.domain.strategy import (
    AsynchronousHalving,
    HalvingForm,
    Hyperband,
    Percentile,
    Phase,
    Random,
    SchedulerSpec,
    Strategy,
    SuccessiveHalving,
)
from assay_server.domain.study import StudySpec, StudyState
from assay_server.domain.trial import TrialState
from tests.unit.app.service import EPOCHS, TWO, Service, a_plain_spec, measured

FOUR = SuccessiveHalving(bracket_size=4)


def scheduled(scheduler: SchedulerSpec, spec: StudySpec | None = None) -> StudySpec:
    """Rungs 1, 3 and 9, and a scheduler."""
    strategy = Strategy(phases=(Phase(generator=Random()),), scheduler=scheduler)
    return replace(spec or a_plain_spec(fidelity=EPOCHS), strategy=strategy)


async def a_study(service: Service, scheduler: SchedulerSpec, *, num_candidates: int = 12) -> None:
    """With candidates."""
    await service.create(scheduled(scheduler))
    await service.fill(*(i / 100 for i in range(num_candidates)))


async def test_a_bracket_is_filled_before_the_next_one(service: Service) -> None:
    """And its number stands in the trial."""
    await a_study(service, FOUR)

    trials = [await service.begin(f"w{i}") for i in range(4)]

    assert [t.bracket for t in trials] == [0, 0, 0, 0]
    assert (await service.trial(4)).bracket == 0


async def test_a_worker_that_finds_a_full_bracket_waits(service: Service) -> None:
    """No candidates are wanted for it either."""
    await a_study(service, FOUR)
    for i in range(4):
        await service.begin(f"w{i}")

    suggestion = await service.ask("late")

    assert (suggestion.trials, suggestion.num_wanted) == ((), 0)
    assert suggestion.study.state is StudyState.ACTIVE


async def a_decided_rung(service: Service, *losses: float) -> None:
    """A bracket of four has reached its first rung; the last one's answer was given at once."""
    trials = [await service.begin(f"w{i}") for i in range(4)]
    for trial, loss in zip(trials, losses, strict=True):
        await service.report(trial, measured(1, loss=loss))


async def test_when_all_are_there_the_best_go_on_and_the_others_are_stopped(service: Service) -> None:
    """Of four a third is one; the last to arrive is told at once that it was for nothing."""
    await a_study(service, FOUR)
    await a_decided_rung(service, 2.0, 1.0, 3.0, 4.0)
    assert [(await service.trial(n)).state.value for n in (1, 2, 3, 4)] == ["PAUSED"] * 3 + ["STOPPED"]

    resumed = await service.begin("w0")

    assert (resumed.number, resumed.until_step) == (2, 3)
    assert [(await service.trial(n)).state.value for n in (1, 3)] == ["STOPPED"] * 2
    assert not any(r.waiting for r in await service.rungs())


async def test_the_next_bracket_begins_when_the_one_before_is_done(service: Service) -> None:
    """With its own number."""
    await a_study(service, FOUR)
    await a_decided_rung(service, 2.0, 1.0, 3.0, 4.0)
    await service.report(await service.begin("w0"), measured(3, loss=1.0))
    last = await service.begin("w0")
    assert not (await service.ask("w1")).trials
    await service.report(last, measured(9, loss=1.0))

    assert (await service.begin("w1")).bracket == 1


async def test_who_is_on_the_front_stays_paused(service: Service) -> None:
    """It is not stopped, and it does not wait: the bracket goes on without it."""
    await service.create(scheduled(FOUR, a_plain_spec(fidelity=EPOCHS, objectives=TWO)))
    await service.fill(0.1, 0.2, 0.3, 0.4)
    trials = [await service.begin(f"w{i}") for i in range(4)]
    for trial, (loss, size) in zip(trials, ((0.0, 9.0), (9.0, 0.0), (9.5, 9.5), (9.9, 9.9)), strict=True):
        await service.report(trial, measured(1, loss=loss, size=size))

    await service.begin("w0")

    assert (await service.trial(2)).state is TrialState.PAUSED
    assert [r.waiting for r in await service.rungs() if r.trial == 2] == [False]


async def test_a_member_that_dies_is_not_waited_for(service: Service) -> None:
    """It counts as the worst of its rung."""
    await a_study(service, FOUR)
    trials = [await service.begin(f"w{i}") for i in range(4)]
    for trial, loss in zip(trials[:3], (3.0, 1.0, 2.0), strict=True):
        await service.report(trial, measured(1, loss=loss))
    assert not (await service.ask("w0")).trials

    await service.fail(trials[3], permanent=True)

    assert (await service.begin("w0")).number == 2


async def test_a_bracket_that_nobody_will_fill_goes_on(service: Service) -> None:
    """With max_trials created."""
    await service.create(scheduled(FOUR, a_plain_spec(fidelity=EPOCHS, budget=Budget(max_trials=2))))
    await service.fill(0.1, 0.2)
    trials = [await service.begin(f"w{i}") for i in range(2)]

    directives = [(await service.report(t, measured(1, loss=float(t.number)))).directive for t in trials]

    assert [d.reason for d in directives] == [Reason.RUNG_REACHED, Reason.PRUNED]
    assert (await service.begin("w0")).number == 1


async def test_brackets_survive_a_restart(service: Service) -> None:
    """What is in memory is rebuilt from the rows: the bracket is full, and its rung decided."""
    await a_study(service, FOUR)
    await a_decided_rung(service, 2.0, 1.0, 3.0, 4.0)
    service.tools = replace(service.tools, rungs=RungCache())

    assert (await service.begin("w0")).number == 2
    assert not (await service.ask("w1")).trials


async def test_a_queued_configuration_begins_in_a_bracket_too(service: Service) -> None:
    """A baseline in none, and one that was measured elsewhere neither."""
    await service.create(scheduled(FOUR, a_plain_spec(fidelity=EPOCHS, baselines=({"lr": 0.5},))))
    await service.add(lr=0.1)
    await service.add(measured(9, loss=1.0), lr=0.2)

    assert [(await service.trial(n)).bracket for n in (1, 2, 3)] == [None, 0, None]


async def test_trials_of_hyperband_begin_where_their_bracket_does(service: Service) -> None:
    """Asynchronous: dealt out at first, most to the lowest rung."""
    await a_study(service, Hyperband(asynchronous=True))

    trials = [await service.begin(f"w{i}") for i in range(12)]

    assert {t.bracket: t.until_step for t in trials} == {0: 1, 1: 3, 2: 9}


async def test_the_stopping_form_prunes(service: Service) -> None:
    """A trial that is not among the best third is over, and teaches."""
    await a_study(service, AsynchronousHalving(form=HalvingForm.STOPPING))
    first, second = await service.begin("u"), await service.begin("v")
    assert (await service.report(first, measured(1, loss=1.0))).directive.reason is Reason.PROMOTED

    reported = await service.report(second, measured(1, loss=2.0))

    assert (reported.directive.action, reported.directive.reason) == (Action.STOP, Reason.PRUNED)
    assert (reported.trial.state, reported.study.tally.num_results) == (TrialState.STOPPED, 2)


async def test_the_percentile_rule_is_given_whole_curves(service: Service) -> None:
    """Averages and best values of all that was reported until the rung, not of the rung alone."""
    await a_study(service, Percentile(percentile=50, min_trials=1))
    trial = await service.begin()
    trial = (await service.report(trial, measured(1, loss=4.0))).trial

    await service.report(trial, measured(2, loss=1.0), measured(3, loss=4.0))

    curves = [r.curve for r in await service.rungs() if r.step == 3]
    assert curves == [Curve(mean_losses=(3.0,), best_losses=(1.0,), least_violation=0.0)]


@pytest.mark.parametrize(("second", "expected"), [((9.0, 4.9), Reason.PROMOTED), ((9.0, 5.1), Reason.PRUNED)])
async def test_a_best_value_is_compared_with_an_average(
    service: Service, second: tuple[float, float], expected: Reason
) -> None:
    """The other's average is 5, at its best it had 1: the published rule is lenient."""
    await a_study(service, Percentile(percentile=50, min_trials=1))
    first = (await service.report(await service.begin("u"), measured(1, loss=9.0))).trial
    await service.report(first, measured(3, loss=1.0))
    trial = (await service.report(await service.begin("v"), measured(1, loss=second[0]))).trial

    reported = await service.report(trial, measured(3, loss=second[1]))

    assert reported.directive.reason is expected
