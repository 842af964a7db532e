"""Convergence: a study ends when its front has stopped improving, and never before."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_server.app.convergence import has_stalled
from assay_server.domain.budget import Budget, Convergence
from assay_server.domain.errors import StudyOver
from assay_server.domain.objective import Objective
from assay_server.domain.study import StudyEndReason, StudySpec, StudyState
from tests.unit.app.service import EPOCHS, STUDY, TWO, Service, a_plain_spec, measured

RULE = Convergence(window_trials=3)


def stalled(
    losses: list[float], *, window: int = 3, share: float | None = None, threshold: float | None = None
) -> bool:
    """Of a history with one objective, all of it feasible."""
    rule = Convergence(window_trials=window, min_relative_improvement=share)
    losses_NM = np.array(losses)[:, None]
    return has_stalled(losses_NM, np.zeros(len(losses)), [threshold], len(losses) - window, rule)


def test_no_growth_over_the_window_is_a_stall() -> None:
    """Three results that are no better than the best before them."""
    assert stalled([5.0, 1.0, 2.0, 3.0, 1.0])


def test_growth_within_the_window_is_none() -> None:
    """However small, where no share is said."""
    assert not stalled([5.0, 1.0, 2.0, 0.999, 3.0])


def test_too_little_growth_is_a_stall() -> None:
    """With a share, what counts is the growth over the whole window: many small steps are one large one."""
    assert stalled([5.0, 1.0, 2.0, 0.99, 3.0], share=0.01, threshold=5.0)
    assert not stalled([5.0, 1.0, 0.98, 0.96, 0.94], share=0.01, threshold=5.0)


def test_without_anything_worth_having_there_is_no_stall() -> None:
    """As long as nothing reaches the threshold there is nothing that could have stopped growing."""
    assert not stalled([5.0, 4.0, 5.0, 5.0, 5.0], threshold=1.0)


def test_a_diverged_result_hides_no_growth() -> None:
    """One loss of 1e30 would make the volume so large that every other difference were nothing of it."""
    history = [5.0, 4.0, 4.5, 1e30, 5.0, 3.0, 2.0, 1.0]

    assert not stalled(history, share=0.01)
    assert not stalled(sorted(history, reverse=True), share=0.01)


def test_only_feasible_results_count() -> None:
    """What breaks a bound neither improves the front nor says that it cannot be improved."""
    losses_NM = np.array([[5.0], [3.0], [0.0], [0.0], [0.0]])
    broken_N = np.array([0.0, 0.0, 1.0, 1.0, 1.0])

    assert has_stalled(losses_NM, broken_N, [None], 2, RULE)
    assert not has_stalled(losses_NM, np.ones(5), [None], 2, RULE)


def test_the_front_grows_in_every_objective() -> None:
    """A result that is worse in one objective and better in another one is growth."""
    losses_NM = np.array([[1.0, 5.0], [5.0, 1.0], [3.0, 3.0], [6.0, 6.0], [2.0, 4.0], [6.0, 6.0]])

    assert not has_stalled(losses_NM, np.zeros(6), [None, None], 3, RULE)
    assert has_stalled(losses_NM[:4], np.zeros(4), [None, None], 3, RULE)


@given(
    st.lists(st.floats(-10, 10), min_size=3, max_size=30),
    st.integers(2, 8),
    st.sampled_from([None, 0.0, 0.01]),
    st.floats(0.5, 5),
)
def test_never_within_a_window_of_a_large_improvement(
    losses: list[float], window: int, share: float | None, gain: float
) -> None:
    """After a result that improves the best by 2 % of what can be won, a whole window of others comes first."""
    improved = [*losses, min(losses) - gain]
    for num_after in range(window):
        history = improved + [10.0] * num_after
        if len(history) > window:
            assert not stalled(history, window=window, share=share, threshold=11.0)


# -- studies ---------------------------------------------------------------------------------------------
def converging(
    *, window: int = 3, share: float | None = None, objectives: tuple[Objective, ...] = TWO[:1]
) -> StudySpec:
    rule = Convergence(window_trials=window, min_relative_improvement=share)
    return a_plain_spec(budget=Budget(convergence=rule), objectives=objectives)


async def run(service: Service, *losses: float) -> None:
    """Trials with these losses, one after the other."""
    for i, loss in enumerate(losses):
        await service.fill(0.001 * i + loss % 0.5)
        await service.complete(await service.begin(), measured(0, loss=loss))


async def test_a_study_that_has_converged_is_over(service: Service) -> None:
    """It ends with the result that completes the window, and says why."""
    await service.create(converging())
    await run(service, 5.0, 1.0, 2.0, 3.0)
    before = await service.study()
    await run(service, 4.0)

    after = await service.study()
    assert before.state is StudyState.ACTIVE
    assert (after.state, after.end_reason) == (StudyState.COMPLETED, StudyEndReason.CONVERGED)


async def test_without_the_rule_nothing_converges(service: Service) -> None:
    """It is off unless it is asked for."""
    await service.create(a_plain_spec())
    await run(service, *[1.0] * 12)

    assert (await service.study()).state is StudyState.ACTIVE


async def test_results_from_elsewhere_are_no_window(service: Service) -> None:
    """A user who attaches what is known from before wants to go on from there, not to end."""
    await service.create(converging())
    for i in range(10):
        await service.add(measured(0, loss=2.0), lr=i / 10)
    attached = await service.study()
    await run(service, 3.0, 3.0)
    open_ = await service.study()
    await run(service, 3.0)

    assert attached.state is StudyState.ACTIVE
    assert open_.state is StudyState.ACTIVE
    assert (await service.study()).end_reason is StudyEndReason.CONVERGED


async def test_cheap_results_are_no_window(service: Service) -> None:
    """Only results at full fidelity count: a trial that was paused at a rung says nothing about the front."""
    spec = a_plain_spec(budget=Budget(convergence=RULE), fidelity=EPOCHS)
    await service.create(spec)
    for i in range(6):
        await service.fill(i / 10)
        await service.report(await service.begin(), measured(1, loss=10.0 + i))

    assert (await service.study()).state is StudyState.ACTIVE


async def test_a_converged_study_is_reopened_by_another_rule(service: Service) -> None:
    """As it is it would end with its next result; with a longer window it goes on."""
    await service.create(converging())
    await run(service, 5.0, 1.0, 2.0, 3.0, 4.0)
    with pytest.raises(StudyOver, match="CONVERGED"):
        await service.reopen()

    await service.budget(Budget(convergence=Convergence(window_trials=4)))
    reopened = await service.reopen()

    assert reopened.state is StudyState.ACTIVE


async def test_a_rule_that_holds_already_ends_the_study(service: Service) -> None:
    """As a budget that is used up does when it is set."""
    await service.create(a_plain_spec())
    await run(service, 1.0, 2.0, 3.0, 4.0)

    ended = await service.budget(Budget(convergence=RULE))

    assert ended.end_reason is StudyEndReason.CONVERGED
    assert (await service.act(lambda uow: uow.study(STUDY))).state is StudyState.COMPLETED


async def test_a_target_comes_before_convergence(service: Service) -> None:
    """Who reached what was asked for is told so."""
    from assay_server.domain.budget import Target

    budget = Budget(convergence=Convergence(window_trials=2), targets=(Target(metric="loss", value=math.inf),))
    await service.create(a_plain_spec())
    await run(service, 1.0, 2.0)
    await service.budget(Budget(convergence=budget.convergence, targets=(Target(metric="loss", value=0.5),)))
    await run(service, 0.5)

    assert (await service.study()).end_reason is StudyEndReason.TARGET_REACHED
