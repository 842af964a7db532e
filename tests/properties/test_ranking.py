"""Ranking against its slow, obvious twin. What schedulers make of it is in test_schedulers.py."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay_server import pareto
from assay_server.domain.objective import Score

levels = st.sampled_from([0.0, -0.0, 0.25, 0.5, 1.0]) | st.floats(-10, 10)


@st.composite
def rungs_of_scores(draw: st.DrawFn) -> list[Score]:
    """Random results of one to three objectives; ties and broken constraints on purpose."""
    num_objectives = draw(st.integers(1, 3))
    one = st.builds(
        lambda losses, violation: Score(losses=losses, violation=violation),
        st.tuples(*[levels] * num_objectives),
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 2.0]),
    )
    return draw(st.lists(one, min_size=1, max_size=25))


def dominates(a: Score, b: Score) -> bool:
    """Nowhere worse, somewhere better."""
    pairs = list(zip(a.losses, b.losses, strict=True))
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)


def obvious_ranking(scores: Sequence[Score]) -> list[int]:
    """The order that the documentation describes, peeled off front by front."""
    left = [i for i, s in enumerate(scores) if s.violation == 0]
    out: list[int] = []
    while left:
        front = [i for i in left if not any(dominates(scores[j], scores[i]) for j in left)]
        out += obvious_spread(scores, front)
        left = [i for i in left if i not in front]
    return out + sorted((i for i, s in enumerate(scores) if s.violation > 0), key=lambda i: scores[i].violation)


def obvious_spread(scores: Sequence[Score], members: list[int]) -> list[int]:
    """Farthest-first: begin at the best of the first objective, then always the one farthest from all taken."""
    if len(scores[0].losses) == 1:
        return members
    columns = list(zip(*(scores[i].losses for i in members), strict=True))
    widths = [max(c) - min(c) or 1.0 for c in columns]

    def distance(a: int, b: int) -> float:
        pairs = zip(scores[a].losses, scores[b].losses, widths, strict=True)
        return math.sqrt(sum(((x - y) / w) ** 2 for x, y, w in pairs))

    taken = [min(members, key=lambda i: (scores[i].losses[0], members.index(i)))]
    while len(taken) < len(members):
        rest = [i for i in members if i not in taken]
        taken.append(max(rest, key=lambda i: (round(min(distance(i, t) for t in taken), 9), -members.index(i))))
    return taken


@given(rungs_of_scores())
def test_ranks_are_those_of_peeling(scores: list[Score]) -> None:
    """The rank of a point is the number of fronts that must be taken away before it is on one."""
    losses, _ = pareto.arrays(scores)
    ranks = pareto.nondominated_ranks(losses)

    left, rank = set(range(len(scores))), 0
    while left:
        front = {i for i in left if not any(dominates(scores[j], scores[i]) for j in left)}
        assert {i for i in left if ranks[i] == rank} == front
        left, rank = left - front, rank + 1


@given(rungs_of_scores())
def test_feasible_precede_infeasible_and_lower_ranks_higher_ones(scores: list[Score]) -> None:
    """The fast order agrees with the obvious one in everything but ties of distance."""
    losses, violations = pareto.arrays(scores)
    fast = pareto.top(losses, violations, len(scores))
    slow = obvious_ranking(scores)

    assert sorted(fast) == list(range(len(scores)))
    ranks = pareto.nondominated_ranks(losses[violations == 0]) if (violations == 0).any() else np.zeros(0)
    rank_of = dict(zip(np.flatnonzero(violations == 0).tolist(), ranks.tolist(), strict=True))
    key = [(scores[i].violation > 0, rank_of.get(i, 0), scores[i].violation) for i in fast]
    assert key == sorted(key)
    assert key == [(scores[i].violation > 0, rank_of.get(i, 0), scores[i].violation) for i in slow]


@given(rungs_of_scores())
def test_strata_are_the_order_without_its_spread(scores: list[Score]) -> None:
    """They sort as the ranking does, and are equal for equals only."""
    losses, violations = pareto.arrays(scores)
    strata = pareto.strata(losses, violations).tolist()

    ordered = [strata[i] for i in pareto.top(losses, violations, len(scores))]
    assert ordered == sorted(ordered)
    for a, b in itertools.combinations(range(len(scores)), 2):
        one, other = scores[a], scores[b]
        if one.is_feasible and other.is_feasible:
            assert not dominates(one, other) or strata[a] < strata[b]
        elif one.violation == other.violation:
            assert strata[a] == strata[b]
        else:
            assert (strata[a] < strata[b]) == (one.violation < other.violation)


@given(rungs_of_scores())
def test_on_the_front_is_who_is_feasible_and_not_dominated(scores: list[Score]) -> None:
    """By the feasible: what breaks a constraint dominates nobody."""
    losses, violations = pareto.arrays(scores)
    feasible = [s for s in scores if s.is_feasible]

    for i, one in enumerate(scores):
        expected = one.is_feasible and not any(dominates(other, one) for other in feasible)
        assert pareto.is_on_front(losses, violations, i) == expected


@given(rungs_of_scores(), st.integers(1, 25))
def test_the_best_few_are_the_beginning_of_the_whole_order(scores: list[Score], count: int) -> None:
    """Stopping early changes nothing."""
    losses, violations = pareto.arrays(scores)

    assert pareto.top(losses, violations, count) == pareto.top(losses, violations, len(scores))[:count]


def test_farthest_first_begins_at_the_ends_and_halves_the_gaps() -> None:
    """The published implementations scramble this: 0.5, 0.3, 0.7, 0.9, 0, 0.1, 1."""
    front = [(x, 1 - x) for x in (0.5, 0.3, 0.7, 0.9, 0.0, 0.1, 1.0)]

    order = [front[i][0] for i in pareto.farthest_first(np.array(front))]

    assert order[:3] == [0.0, 1.0, 0.5]
    gaps = [min(abs(a - b) for b in order[:k]) for k, a in enumerate(order) if k]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(gaps))


@given(st.lists(st.tuples(levels, levels), min_size=1, max_size=12))
def test_hypervolume_is_the_area_of_the_union_of_boxes(points: list[tuple[float, float]]) -> None:
    """Checked by summing the strips of a staircase."""
    reference = (11.0, 11.0)
    area, top_y = 0.0, reference[1]
    for x, y in sorted(points):
        if y < top_y:
            area += (reference[0] - x) * (top_y - y)
            top_y = y

    assert math.isclose(pareto.hypervolume(np.array(points), np.array(reference)), area, rel_tol=1e-9, abs_tol=1e-9)


@given(rungs_of_scores())
def test_the_inferred_reference_gives_every_front_a_volume(scores: list[Score]) -> None:
    """With no threshold given, a front is never worth nothing."""
    losses, _ = pareto.arrays(scores)

    assert pareto.hypervolume(losses, pareto.infer_reference(losses)) > 0
