"""Thaw or start: the scheduler has the veto, the model the choice, and neither starves the other."""

from __future__ import annotations

from assay_server.app.thaw import MAX_HELD_BACK, thawed
from assay_server.domain.candidate import Verdict
from assay_server.scheduling import WaitingTrial


def waiting(*numbers: int) -> list[WaitingTrial]:
    """Trials that the scheduler lets go on, in its order."""
    return [WaitingTrial(trial=number, step=1) for number in numbers]


def test_without_an_opinion_the_scheduler_decides() -> None:
    """A cold model, or one that predicts badly, has no say."""
    assert thawed(waiting(3, 1), None) == waiting(3)[0]


def test_what_the_model_prefers_goes_on() -> None:
    """Of those that promise more than a new trial, the one that promises most."""
    assert thawed(waiting(3, 1, 2), Verdict(better=(2, 3), worse=(1,))) == waiting(2)[0]


def test_the_scheduler_has_the_veto() -> None:
    """What it does not let go on is not thawed, however much it promises."""
    assert thawed(waiting(1), Verdict(better=(9,), worse=(1,))) is None


def test_a_new_trial_goes_before_what_promises_less() -> None:
    """The worker gets the candidate."""
    assert thawed(waiting(1, 2), Verdict(better=(), worse=(2, 1))) is None


def test_what_the_model_has_not_seen_goes_on() -> None:
    """A trial that paused after the candidate was made is judged by the scheduler alone."""
    assert thawed(waiting(1, 7), Verdict(better=(), worse=(1,))) == waiting(7)[0]


def test_no_more_than_a_few_are_held_back() -> None:
    """Beyond the bound the best of them goes on, by the model's order."""
    numbers = tuple(range(1, MAX_HELD_BACK + 2))

    assert thawed(waiting(*numbers), Verdict(better=(), worse=numbers[::-1])) == waiting(numbers[-1])[0]
    assert thawed(waiting(*numbers[1:]), Verdict(better=(), worse=numbers[::-1])) is None


def test_nothing_waits_nothing_goes_on() -> None:
    """With or without an opinion."""
    assert thawed([], Verdict(better=(1,), worse=())) is None
    assert thawed([], None) is None
