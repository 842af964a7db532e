"""Rounds of a population: who is least far goes first, and nobody leaves a worker without need."""

from __future__ import annotations

from assay_server.domain.rung import RungResult
from assay_server.schedulers.population import PopulationRounds
from assay_server.scheduling import RungView
from assay_server.testing.rungs import ListedRungs, a_result

ROUNDS = PopulationRounds((2, 4, 6))


def view(*results: RungResult) -> RungView:
    return ListedRungs(results)


def test_members_train_from_one_comparison_to_the_next() -> None:
    """An heir may begin between two of them."""
    assert ROUNDS.first_step() == 2
    assert [ROUNDS.next_step(step) for step in (2, 3, 4, 6)] == [4, 4, 6, None]


def test_while_members_are_to_be_created_everybody_makes_room() -> None:
    """With fewer workers than members, too, all begin before any of them goes on."""
    rungs = view(a_result(1, 2, 0.5, waiting=True))

    assert ROUNDS.decide(rungs, trial=2, step=2) == "pause"
    assert list(ROUNDS.promotable(rungs)) == []


def test_a_member_goes_on_unless_somebody_who_is_not_farther_waits() -> None:
    """Its worker goes to that one."""
    behind = view(a_result(1, 2, 0.5, waiting=True), a_result(2, 4, 0.5))
    beyond = view(a_result(1, 4, 0.5, waiting=True), a_result(2, 2, 0.5))

    assert ROUNDS.decide(behind, trial=2, step=4, is_last=True) == "pause"
    assert ROUNDS.decide(beyond, trial=2, step=2, is_last=True) == "promote"


def test_who_is_least_far_goes_first_then_who_came_first() -> None:
    """However good the others are."""
    rungs = view(
        a_result(1, 4, 0.0, waiting=True), a_result(2, 2, 9.0, waiting=True), a_result(3, 2, 5.0, waiting=True)
    )

    assert [w.trial for w in ROUNDS.promotable(rungs, is_last=True)] == [2, 3, 1]
