"""Hyperband: who begins in which bracket, and what the agreement of rungs has to do with it."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from assay_server.domain.rung import BracketMember
from assay_server.schedulers.agreement import MIN_PAIRED, agreement, bracket_weights
from assay_server.schedulers.hyperband import AsynchronousHyperband, shapes
from assay_server.scheduling import RungView
from assay_server.testing.rungs import ListedRungs, a_result

STEPS = (1, 3, 9, 27)
PROPORTIONS = [27 / 49, 12 / 49, 6 / 49, 4 / 49]


def test_the_brackets_of_the_paper() -> None:
    """Table 1 of Li et al. 2018 has eta 3 and 81 steps."""
    assert [(shape.start, shape.size) for shape in shapes(5, 3.0)] == [(0, 81), (1, 34), (2, 15), (3, 8), (4, 5)]


def test_at_first_trials_are_dealt_out_in_the_proportions_of_hyperband() -> None:
    """After 49 of them to the trial, and at no time more than one off."""
    scheduler = AsynchronousHyperband(STEPS, 3.0)
    members: list[BracketMember] = []
    for number in range(1, 50):
        bracket = scheduler.place(ListedRungs(members=members), number=number, seed=0)
        assert bracket is not None
        members.append(BracketMember(trial=number, bracket=bracket, is_open=True, revision=0))
        counts = Counter(m.bracket for m in members)
        assert all(abs(counts[b] - p * number) <= 1 for b, p in enumerate(PROPORTIONS))

    assert sorted(Counter(m.bracket for m in members).values()) == [4, 6, 12, 27]


def reached_everything(low: Callable[[int], float], *, num_trials: int = 20) -> RungView:
    """Trials of bracket 0 at every rung: *low* at the first two, their number at the others."""
    return ListedRungs(
        [
            a_result(n, step, low(n) if step < 9 else float(n), bracket=0)
            for step in STEPS
            for n in range(1, num_trials + 1)
        ]
    )


def test_cheap_rungs_that_foretell_the_top_get_nearly_all() -> None:
    """In inverse proportion to their steps, but for the tenth that explores."""
    weights = bracket_weights(reached_everything(float), STEPS, PROPORTIONS)

    expected = [0.9 * (1 / s) / sum(1 / t for t in STEPS) + 0.1 * p for s, p in zip(STEPS, PROPORTIONS, strict=True)]
    assert weights == pytest.approx(expected)


def test_rungs_that_mislead_get_next_to_nothing() -> None:
    """What they rank first comes last at the top."""
    weights = bracket_weights(reached_everything(lambda n: -float(n)), STEPS, PROPORTIONS)

    assert weights is not None
    assert weights[:2] == pytest.approx([0.1 * p for p in PROPORTIONS[:2]])
    assert sum(weights) == pytest.approx(1.0)


def test_with_too_few_trials_at_two_rungs_nothing_is_known() -> None:
    """One less than needed."""
    few = reached_everything(float, num_trials=MIN_PAIRED - 1)

    assert bracket_weights(few, STEPS, PROPORTIONS) is None


def test_a_rung_is_judged_by_way_of_the_next_one_that_enough_have_reached() -> None:
    """Agreement of the first with the second, times that of the second with the top."""
    results = [
        *(a_result(n, step, float(n), bracket=0) for step in (1, 3) for n in range(20)),
        *(a_result(n, step, float(n if step < 27 else -n), bracket=1) for step in (3, 9, 27) for n in range(20, 40)),
    ]

    weights = bracket_weights(ListedRungs(results), STEPS, PROPORTIONS)

    assert weights is not None
    assert weights[0] == pytest.approx(0.1 * PROPORTIONS[0])  # the rung it agrees with misleads


def test_agreement_counts_pairs() -> None:
    """Of three pairs one is reversed; pairs that are equal at the top do not count, at the bottom they count half."""
    assert agreement(np.array([0, 2, 1]), np.array([0, 1, 2])) == pytest.approx(1 / 3)
    assert agreement(np.array([0, 1]), np.array([5, 5])) == 0.0
    assert agreement(np.array([0, 0, 1]), np.array([0, 1, 2])) == pytest.approx(2 / 3)


def test_what_is_learnt_is_drawn_from_the_seed_and_the_number_alone() -> None:
    """In the proportions of the weights, the same again after a restart, another way with another seed."""
    scheduler, rungs = AsynchronousHyperband(STEPS, 3.0), reached_everything(float)
    weights = bracket_weights(rungs, STEPS, PROPORTIONS)
    assert weights is not None

    drawn = [scheduler.place(rungs, number=n, seed=3) for n in range(1, 401)]

    assert drawn == [AsynchronousHyperband(STEPS, 3.0).place(rungs, number=n, seed=3) for n in range(1, 401)]
    assert drawn != [scheduler.place(rungs, number=n, seed=4) for n in range(1, 401)]
    shares = Counter(drawn)
    assert all(abs(shares[b] / 400 - w) < 0.08 for b, w in enumerate(weights))  # three standard deviations
