"""Schedulers: for how long a configuration is trained. Their rankings are in tests/properties/test_ranking.py."""

import pytest

from assay_server.domain.fidelity import Fidelity
from assay_server.domain.strategy import AsynchronousHalving, FullFidelity, Phase, Random, SchedulerSpec, Strategy
from assay_server.schedulers.asha import PromotingHalving
from assay_server.schedulers.table import scheduler_of
from assay_server.scheduling import RungView, Scheduler
from assay_server.testing.builders import a_spec, a_study
from assay_server.testing.rungs import of_one_objective

EPOCHS = Fidelity(name="epoch", min=1, max=9, eta=3.0)


def of(scheduler: SchedulerSpec | None, fidelity: Fidelity | None) -> Scheduler:
    """The scheduler of a study."""
    strategy = Strategy(phases=(Phase(generator=Random()),), scheduler=scheduler)
    return scheduler_of(a_study(spec=a_spec(fidelity=fidelity, strategy=strategy)))


def first(scheduler: Scheduler, rungs: RungView, *, is_last: bool = False) -> tuple[int, int] | None:
    """The trial that goes on next, and its rung."""
    found = next(scheduler.promotable(rungs, is_last=is_last), None)
    return None if found is None else (found.trial, found.step)


def test_without_a_fidelity_there_is_no_step_to_train_to() -> None:
    """And nothing above it."""
    scheduler = of(None, None)

    assert scheduler.first_step() is None
    assert first(scheduler, of_one_objective({0: [1.0, 2.0, 3.0]})) is None


def test_full_fidelity_is_all_at_once() -> None:
    """Whatever rungs there are."""
    scheduler = of(FullFidelity(), EPOCHS)

    assert (scheduler.first_step(), scheduler.next_step(9)) == (9, None)
    assert first(scheduler, of_one_objective({1: [1.0, 2.0, 3.0]})) is None


@pytest.mark.parametrize("spec", [None, AsynchronousHalving()])
def test_halving_climbs_from_rung_to_rung(spec: SchedulerSpec | None) -> None:
    """It is what a fidelity with rungs gets when nothing is said."""
    scheduler = of(spec, EPOCHS)

    assert [scheduler.first_step(), *(scheduler.next_step(s) for s in (1, 3, 9))] == [1, 3, 9, None]


def test_a_fidelity_of_one_rung_is_full_fidelity() -> None:
    """There is nothing cheaper."""
    assert of(None, Fidelity(name="epoch", min=9, max=9)).first_step() == 9


def test_of_too_few_none_goes_on() -> None:
    """Two have no best third: better to wait for another one than to train both."""
    scheduler = PromotingHalving((1, 3, 9), 3.0)

    assert scheduler.decide(of_one_objective({1: [1.0, 2.0]}), trial=1, step=1) == "pause"
    assert first(scheduler, of_one_objective({1: [1.0, 2.0]})) is None


def test_of_three_the_best_goes_on() -> None:
    """Neither more nor less; the number is rounded down."""
    scheduler = PromotingHalving((1, 3, 9), 3.0)
    rungs = of_one_objective({1: [2.0, 1.0, 3.0, 4.0, 5.0]})

    assert [scheduler.decide(rungs, trial=n, step=1) for n in (1, 2, 3)] == ["pause", "promote", "pause"]


def test_a_multiple_is_not_lost_to_rounding() -> None:
    """3 / 1.5 is 2 and 1.1 * 10 / 1.1 is 10, also in floating point."""
    scheduler = PromotingHalving((1, 2), 1.1)
    rungs = of_one_objective({1: [float(i) for i in range(11)]})

    assert scheduler.decide(rungs, trial=10, step=1) == "promote"
    assert scheduler.decide(rungs, trial=11, step=1) == "pause"


def test_what_is_nearly_finished_goes_first() -> None:
    """The highest rung with someone to promote."""
    scheduler = PromotingHalving((1, 3, 9), 3.0)

    assert first(scheduler, of_one_objective({1: [1.0, 2.0, 3.0], 3: [5.0, 4.0, 6.0]})) == (2, 3)


def test_nobody_is_promoted_from_the_top() -> None:
    """There is nothing above."""
    assert first(PromotingHalving((1, 3, 9), 3.0), of_one_objective({9: [1.0, 2.0, 3.0]})) is None


def test_who_went_on_already_leaves_no_place_to_the_next() -> None:
    """The best third is counted over all who reached the rung."""
    scheduler = PromotingHalving((1, 3, 9), 3.0)
    rungs = of_one_objective({1: [1.0, 2.0, 3.0]}, waiting={1: [False, True, True]})

    assert first(scheduler, rungs) is None


def test_who_waits_goes_on_when_enough_have_come() -> None:
    """Of six the best two: the second one, which had to wait, too."""
    scheduler = PromotingHalving((1, 3, 9), 3.0)
    rungs = of_one_objective({1: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}, waiting={1: [False, True, True, True, True, True]})

    assert first(scheduler, rungs) == (2, 1)


def test_of_equals_the_first_goes_on() -> None:
    """Ties go to who came first."""
    assert first(PromotingHalving((1, 3), 2.0), of_one_objective({1: [1.0, 1.0, 1.0, 1.0]})) == (1, 1)


@pytest.mark.parametrize("step", [0, 2, 9])
def test_a_rung_nobody_reached_promotes_nobody(step: int) -> None:
    """Whichever it is."""
    assert first(PromotingHalving((1, 3, 9), 3.0), of_one_objective({step: []})) is None


def test_when_no_new_trials_come_every_rung_sends_at_least_its_best_on() -> None:
    """Two of eta 3 promote nobody while others may come; at the end the better one goes on."""
    scheduler = PromotingHalving((1, 3, 9), 3.0)
    rungs = of_one_objective({3: [5.0, 4.0]})

    assert first(scheduler, rungs) is None
    assert first(scheduler, rungs, is_last=True) == (2, 3)
