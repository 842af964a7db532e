"""Regret, ranks and significance of bench-quality, on sets whose answer is known."""

import math
from itertools import pairwise

import pytest

from tests.bench.quality.comparison import holm, mean_ranks, spread_of, verdicts
from tests.bench.quality.problem import Problem
from tests.bench.quality.problems.table import problem_named
from tests.bench.quality.regret import first_feasible, regret_at, regret_of
from tests.bench.quality.simulate import Evaluation, Trace
from tests.bench.quality.volume import hypervolume

CONSTRAINED = problem_named("c2dtlz2_4d")
FIDELITY = problem_named("momf_branin_currin")
SINGLE = problem_named("hartmann6")


def _trace(*rows: tuple[float, int, tuple[float, ...]]) -> Trace:
    """Cost, step, values."""
    evaluations = [
        Evaluation(time=cost, cost=cost, step=step, values=values, job=i, is_end=True)
        for i, (cost, step, values) in enumerate(rows)
    ]
    return Trace(evaluations=evaluations)


@pytest.mark.parametrize(
    ("points", "reference", "volume"),
    [
        ([], (1.0, 1.0), 0.0),
        ([(0.0, 0.0)], (2.0, 3.0), 6.0),
        ([(1.0, 2.0), (2.0, 1.0)], (3.0, 3.0), 3.0),
        ([(1.0, 2.0), (2.0, 1.0), (2.5, 2.5)], (3.0, 3.0), 3.0),
        ([(3.0, 0.0), (4.0, 4.0)], (3.0, 3.0), 0.0),
        ([(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)], (2.0, 2.0, 2.0), 8.0),
        ([(0.0, 1.0, 1.0), (1.0, 0.0, 1.0)], (2.0, 2.0, 2.0), 3.0),
    ],
)
def test_hypervolumes_that_can_be_counted_by_hand(
    points: list[tuple[float, ...]], reference: tuple[float, ...], volume: float
) -> None:
    """Boxes add up; what is dominated, or does not dominate the reference, adds nothing."""
    assert hypervolume(points, reference) == pytest.approx(volume)


def test_nothing_found_is_a_regret_of_one() -> None:
    """Several objectives: from 1, nothing better than the reference, to 0."""
    assert regret_of(CONSTRAINED, []) == 1.0
    assert regret_of(CONSTRAINED, [(1.2, 0.0)]) == 1.0


def test_regret_is_the_share_of_the_hypervolume_that_is_missing() -> None:
    """Half of the best hypervolume is a regret of a half."""
    half = math.sqrt(FIDELITY.best / 2)

    assert regret_of(FIDELITY, [(-half, -half)]) == pytest.approx(0.5)


def test_regret_of_one_objective_is_a_difference() -> None:
    """The least value counts; before there is any, regret has no limit."""
    assert regret_of(SINGLE, [(-1.0,), (-3.0,)]) == pytest.approx(SINGLE.best * -1 - 3.0)
    assert regret_of(SINGLE, []) == math.inf


def test_what_breaks_a_constraint_does_not_count() -> None:
    """However good its objectives are."""
    trace = _trace((1.0, 1, (0.0, 0.0, 0.5)), (2.0, 1, (1.0, 1.0, -0.1)))

    assert regret_at(CONSTRAINED, trace, 1.0) == 1.0
    assert regret_at(CONSTRAINED, trace, 2.0) == pytest.approx(1.0 - 0.01 / CONSTRAINED.best)
    assert first_feasible(CONSTRAINED, trace) == 2.0


def test_what_was_not_trained_to_the_end_does_not_count() -> None:
    """A cheap evaluation is a hint, not a result."""
    trace = _trace((1 / 27, 1, (-0.7, -0.7)), (1.0, 27, (-0.1, -0.1)))

    assert regret_at(FIDELITY, trace, 1.0) == pytest.approx(1.0 - 0.01 / FIDELITY.best)
    assert first_feasible(FIDELITY, trace) == 1.0


def test_only_what_was_bought_by_then_counts() -> None:
    """An anytime curve at a point knows nothing of what came later."""
    trace = _trace((3.0, 27, (-0.1, -0.1)), (6.0, 27, (-0.5, -0.5)))

    assert regret_at(FIDELITY, trace, 5.0) == pytest.approx(1.0 - 0.01 / FIDELITY.best)


def test_a_run_that_ended_early_has_no_regret_later() -> None:
    """A curve that was cut is not continued as if nothing better would have come."""
    assert regret_at(SINGLE, _trace((1.0, 1, (-1.0,))), 50.0) is None


def test_there_may_be_no_feasible_point() -> None:
    """Then there is no first one either."""
    assert first_feasible(CONSTRAINED, _trace((1.0, 1, (0.0, 0.0, 0.5)))) is None


def test_quartiles_lie_between_values() -> None:
    """As NumPy has them."""
    spread = spread_of([1.0, 2.0, 3.0, 4.0])
    assert spread is not None
    assert (spread.lower, spread.median, spread.upper, spread.num) == (1.75, 2.5, 3.25, 4)


def test_one_hopeless_seed_does_not_spoil_the_median() -> None:
    """Infinity is the largest value, not an error."""
    spread = spread_of([math.inf, 1.0, 2.0])
    assert spread is not None
    assert (spread.lower, spread.median, spread.upper) == (1.5, 2.0, math.inf)


def test_ranks_are_averaged_over_blocks_and_ties_are_shared() -> None:
    """The best is 1; two that are equal share the mean of their ranks."""
    blocks = [{"a": 0.1, "b": 0.2, "c": 0.3}, {"a": 0.5, "b": 0.5, "c": 0.1}]

    assert mean_ranks(blocks) == {"a": 1.75, "b": 2.25, "c": 2.0}


def test_holm_multiplies_the_smallest_most_and_keeps_the_order() -> None:
    """By how many there are, then one less, ...; none becomes smaller than the one before, and 1 is the limit."""
    assert holm([0.04, 0.01, 0.03, math.nan])[:3] == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert math.isnan(holm([math.nan])[0])


def test_a_contender_that_always_wins_is_significantly_better() -> None:
    """Ten pairs, ten wins: the exact two-sided signed-rank test gives 2 / 2**10."""
    mine = {str(i): 0.01 * (i + 1) for i in range(10)}
    theirs = {block: regret * (2.0 + 0.1 * int(block)) for block, regret in mine.items()}

    (verdict,) = verdicts(mine, {"other": theirs})

    assert (verdict.num_pairs, verdict.num_wins, verdict.num_ties) == (10, 10, 0)
    assert verdict.p == pytest.approx(2 / 2**10)


def test_equal_contenders_are_not_told_apart() -> None:
    """Nothing but ties is no evidence."""
    mine = {str(i): 0.5 for i in range(10)}

    (verdict,) = verdicts(mine, {"twin": mine})

    assert (verdict.num_ties, verdict.p) == (10, 1.0)


def test_few_pairs_say_nothing() -> None:
    """With four, no order of ranks could be significant: there is no p value."""
    (verdict,) = verdicts({str(i): 0.1 for i in range(4)}, {"other": {str(i): 0.2 for i in range(4)}})

    assert math.isnan(verdict.p)


@pytest.mark.parametrize("problem", [CONSTRAINED, FIDELITY, SINGLE], ids=lambda p: str(p.name))
def test_regret_never_grows(problem: Problem) -> None:
    """More results never make a run worse."""
    rows = [(float(i), problem.max_step, (-i / 20, -i / 30, -1.0)) for i in range(1, 11)]
    trace = _trace(*((c, s, v[: len(problem.objectives) + len(problem.constraints)]) for c, s, v in rows))

    found = [regret_at(problem, trace, float(at)) for at in range(1, 11)]

    assert all(later <= earlier for earlier, later in pairwise(found) if earlier and later)
