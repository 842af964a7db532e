"""Every decision of every scheduler against its slow, obvious twin, on random rungs.

The twins are written from the documentation (docs/schedulers.md) and the ranking of test_ranking.py; they share no
code with the schedulers.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from assay_server.app.rungs import StudyRungs
from assay_server.domain.objective import Score
from assay_server.domain.rung import BracketMember, Curve, RungResult
from assay_server.schedulers.asha import PromotingHalving
from assay_server.schedulers.hyperband import AsynchronousHyperband, shapes
from assay_server.schedulers.pasha import ProgressiveHalving
from assay_server.schedulers.percentile import PercentileRule
from assay_server.schedulers.stopping import StoppingHalving
from assay_server.schedulers.synchronous import Shape, SynchronousBrackets
from assay_server.testing.rungs import ListedRungs
from tests.properties.test_ranking import dominates, obvious_spread

STEPS = (1, 3, 9)
etas = st.sampled_from([2.0, 3.0, 4.0])


@st.composite
def rungs_of_scores(draw: st.DrawFn) -> list[Score]:
    """Random results of one to three objectives, with copies and broken constraints; single losses tie, too.

    Drawn from a seed: where Hypothesis chose the numbers, distances would tie, and the last digit would decide.
    """
    num_results, num_objectives = draw(st.integers(1, 25)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    losses = (
        rng.integers(0, 8, (num_results, 1)) / 4 if num_objectives == 1 else rng.random((num_results, num_objectives))
    )
    copied = rng.integers(0, num_results, num_results)
    losses = np.where(rng.random((num_results, 1)) < 0.15, losses[copied], losses)
    violations = rng.choice([0.0, 0.0, 0.0, 0.5, 2.0], num_results)
    return [Score(losses=tuple(x), violation=v) for x, v in zip(losses.tolist(), violations.tolist(), strict=True)]


# -- what the twins share --------------------------------------------------------------------------------
def obvious_layers(scores: Sequence[Score]) -> list[list[int]]:
    """Feasible fronts, peeled off one by one, then the infeasible by violation; equals together."""
    left = [i for i, s in enumerate(scores) if s.is_feasible]
    out = []
    while left:
        front = [i for i in left if not any(dominates(scores[j], scores[i]) for j in left)]
        out.append(front)
        left = [i for i in left if i not in front]
    broken = [i for i, s in enumerate(scores) if not s.is_feasible]
    for violation in sorted({scores[i].violation for i in broken}):
        equals = [i for i in broken if scores[i].violation == violation]
        out.append(equals)
    return out


def obvious_best(scores: Sequence[Score], count: int) -> list[int]:
    """The best so many, best first."""
    order: list[int] = []
    for layer in obvious_layers(scores):
        is_feasible = scores[layer[0]].is_feasible
        order += obvious_spread(scores, layer) if is_feasible else layer
    return order[:count]


def obvious_front(scores: Sequence[Score]) -> list[int]:
    """Feasible, and dominated by nothing feasible."""
    layers = obvious_layers(scores)
    return layers[0] if layers and scores[layers[0][0]].is_feasible else []


def listed(
    scores: Sequence[Score],
    *,
    step: int = 3,
    waiting: Sequence[bool] = (),
    bracket: int | None = None,
    curves: Sequence[Curve | None] = (),
) -> list[RungResult]:
    """Scores as results of trials 1, 2, ... at a rung."""
    return [
        RungResult(
            trial=i + 1,
            step=step,
            score=score,
            waiting=bool(waiting and waiting[i]),
            promoted=False,
            bracket=bracket,
            curve=curves[i] if curves else None,
        )
        for i, score in enumerate(scores)
    ]


def promoted_by(scheduler: PromotingHalving, rungs: ListedRungs, *, is_last: bool = False) -> list[tuple[int, int]]:
    """Trials that may go on, and their rungs."""
    return [(w.trial, w.step) for w in scheduler.promotable(rungs, is_last=is_last)]


# -- asynchronous halving --------------------------------------------------------------------------------
@given(rungs_of_scores(), st.data(), etas, st.booleans())
def test_halving_promotes_exactly_the_best_of_the_obvious_order(
    scores: list[Score], data: st.DataObject, eta: float, is_last: bool
) -> None:
    """A trial goes on if and only if it is among the best n / eta; of those that wait all may, best first."""
    waiting = data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    share = len(scores) / eta
    best = obvious_best(scores, math.ceil(share - 1e-9) if is_last else math.floor(share + 1e-9))
    rungs = ListedRungs(listed(scores, waiting=waiting))
    scheduler = PromotingHalving(STEPS, eta)

    for i in range(len(scores)):
        expected = "promote" if i in best else "pause"
        assert scheduler.decide(rungs, trial=i + 1, step=3, is_last=is_last) == expected
    assert promoted_by(scheduler, rungs, is_last=is_last) == [(i + 1, 3) for i in best if waiting[i]]


@given(rungs_of_scores(), etas)
def test_the_stopping_form_stops_who_is_neither_among_the_best_nor_on_the_front(
    scores: list[Score], eta: float
) -> None:
    """Of n the best n / eta, rounded up."""
    kept = {*obvious_best(scores, math.ceil(len(scores) / eta - 1e-9)), *obvious_front(scores)}

    for i in range(len(scores)):
        decision = StoppingHalving(STEPS, eta).decide(ListedRungs(listed(scores)), trial=i + 1, step=3)
        assert decision == ("promote" if i in kept else "stop")


@given(rungs_of_scores(), rungs_of_scores(), st.data(), etas)
def test_brackets_of_asynchronous_hyperband_halve_by_themselves(
    ones: list[Score], others: list[Score], data: st.DataObject, eta: float
) -> None:
    """What another bracket achieved at the same rung makes no difference."""
    assume(len(ones[0].losses) == len(others[0].losses))
    waiting = data.draw(st.lists(st.booleans(), min_size=len(ones), max_size=len(ones)))
    scheduler, alone = AsynchronousHyperband(STEPS, eta), PromotingHalving(STEPS, eta)
    here = listed(ones, waiting=waiting, bracket=1)
    elsewhere = [
        RungResult(trial=100 + r.trial, step=3, score=r.score, waiting=False, promoted=False, bracket=0)
        for r in listed(others)
    ]
    rungs, by_itself = ListedRungs([*elsewhere, *here]), ListedRungs(listed(ones, waiting=waiting))

    assert promoted_by(scheduler, rungs) == promoted_by(alone, by_itself)
    for i in range(len(ones)):
        decision = scheduler.decide(rungs, trial=i + 1, step=3, bracket=1)
        assert decision == alone.decide(by_itself, trial=i + 1, step=3)


# -- the percentile rule ---------------------------------------------------------------------------------
@given(rungs_of_scores(), st.data(), st.sampled_from([1.0, 25.0, 50.0, 80.0, 99.0]), st.integers(1, 8))
def test_the_percentile_rule_stops_who_is_worse_than_so_many_averages(
    scores: list[Score], data: st.DataObject, percentile: float, min_trials: int
) -> None:
    """Its own best against the others' averages; never before enough came, never on the front of the rung."""
    shifts = data.draw(st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=len(scores), max_size=len(scores)))
    means = [
        Score(losses=tuple(x + d for x in s.losses), violation=s.violation) for s, d in zip(scores, shifts, strict=True)
    ]
    bests = [Score(losses=tuple(x - d for x in s.losses), violation=0.0) for s, d in zip(scores, shifts, strict=True)]
    curves = [
        Curve(mean_losses=m.losses, best_losses=b.losses, least_violation=b.violation)
        for m, b in zip(means, bests, strict=True)
    ]
    rungs = ListedRungs(listed(scores, curves=curves))
    front = obvious_front(scores)

    for i in range(len(scores)):
        compared = [bests[j] if j == i else means[j] for j in range(len(scores))]
        layers = obvious_layers(compared)
        mine = next(k for k, layer in enumerate(layers) if i in layer)
        num_better = sum(len(layer) for layer in layers[:mine])
        is_early = len(scores) - 1 < min_trials
        is_worse = not is_early and num_better > percentile / 100 * (len(scores) - 1) + 1e-9
        decision = PercentileRule(STEPS, percentile=percentile, min_trials=min_trials).decide(
            rungs, trial=i + 1, step=3
        )
        assert decision == ("stop" if is_worse and i not in front else "promote")


# -- synchronous brackets --------------------------------------------------------------------------------
@given(rungs_of_scores(), st.integers(0, 5), st.integers(0, 5), st.integers(0, 9), etas, st.booleans())
def test_a_synchronous_rung_is_decided_when_nobody_is_on_the_way(
    scores: list[Score], num_dead: int, num_open: int, num_missing: int, eta: float, is_last: bool
) -> None:
    """Then the best of the bracket's share go on; the rest is settled, and stopped unless it is on the front."""
    num_begun = len(scores) + num_dead + num_open
    size = max(2, num_begun + num_missing)
    scheduler = SynchronousBrackets(STEPS, eta, (Shape(start=0, size=size),))
    members = [
        BracketMember(trial=n, bracket=0, is_open=n > len(scores) + num_dead, revision=0)
        for n in range(1, num_begun + 1)
    ]
    rungs = ListedRungs(listed(scores, step=1, waiting=[True] * len(scores), bracket=0), members)
    is_decided = num_open == 0 and (num_begun == size or is_last)
    best = obvious_best(scores, max(1, math.floor(num_begun / eta + 1e-9))) if is_decided else []

    found = [(w.trial, w.step) for w in scheduler.promotable(rungs, is_last=is_last)]
    assert found == [(i + 1, 1) for i in best]
    expected = {(i + 1, i not in obvious_front(scores)) for i in range(len(scores)) if i not in best}
    assert {(s.trial, s.stop) for s in scheduler.settled(rungs, is_last=is_last)} == (expected if is_decided else set())
    assert scheduler.place(rungs, number=99, seed=0) == (0 if num_begun < size else 1)
    is_over = num_open == 0 and not (best and not is_last) and num_begun == size
    assert scheduler.admits(rungs) == (num_begun < size or (is_over and not obvious_best(scores, 1)))


@given(rungs_of_scores(), st.integers(0, 3), etas)
def test_the_last_of_a_synchronous_rung_learns_at_once(scores: list[Score], num_open: int, eta: float) -> None:
    """The others had to wait for it; while more are on the way it waits as they did."""
    num_begun = len(scores) + num_open
    assume(num_begun >= 2)
    scheduler = SynchronousBrackets(STEPS, eta, (Shape(start=0, size=num_begun),))
    members = [BracketMember(trial=n, bracket=0, is_open=n >= len(scores), revision=0) for n in range(1, num_begun + 1)]
    waiting = [True] * (len(scores) - 1) + [False]
    rungs = ListedRungs(listed(scores, step=1, waiting=waiting, bracket=0), members)
    last = len(scores) - 1
    is_best = last in obvious_best(scores, max(1, math.floor(num_begun / eta + 1e-9)))

    expected = "promote" if is_best else "pause" if last in obvious_front(scores) else "stop"
    decision = scheduler.decide(rungs, trial=last + 1, step=1, bracket=0)
    assert decision == ("pause" if num_open else expected)


@given(st.integers(1, 6), st.sampled_from([2.0, 3.0, 4.0]))
def test_brackets_of_hyperband_are_those_of_the_paper(num_rungs: int, eta: float) -> None:
    """ceil((s_max + 1) / (s + 1) * eta^s) trials begin s rungs below the top (Li et al. 2018, algorithm 1)."""
    s_max = num_rungs - 1
    expected = [(s_max - s, math.ceil((s_max + 1) / (s + 1) * eta**s - 1e-9)) for s in range(s_max, -1, -1)]

    assert [(shape.start, shape.size) for shape in shapes(num_rungs, eta)] == expected


# -- PASHA -----------------------------------------------------------------------------------------------
@st.composite
def nested_curves(draw: st.DrawFn) -> tuple[list[list[Score]], float]:
    """Results at three rungs of trials of one objective: all at the first, fewer above; quantised, so that they tie."""
    level = st.integers(0, 6).map(lambda k: k / 4)
    counts = sorted((draw(st.integers(1, 12)), draw(st.integers(0, 6)), draw(st.integers(0, 4))), reverse=True)
    rungs = [[Score(losses=(draw(level),), violation=0.0) for _ in range(n)] for n in counts]
    return rungs, draw(etas)


def obvious_noise(rungs: Sequence[Sequence[Score]]) -> float:
    """The 90th percentile, linearly interpolated, of the last gap of pairs that change places twice."""
    num = len(rungs[-1])
    gaps = []
    for a in range(num):
        for b in range(a + 1, num):
            signs = [math.copysign(1, d) for r in rungs if (d := r[a].losses[0] - r[b].losses[0]) != 0]
            if sum(x != y for x, y in itertools.pairwise(signs)) >= 2:
                gaps.append(abs(rungs[-1][a].losses[0] - rungs[-1][b].losses[0]))
    if not gaps:
        return 0.0
    gaps.sort()
    place = 0.9 * (len(gaps) - 1)
    low = math.floor(place)
    return gaps[low] + (place - low) * (gaps[min(low + 1, len(gaps) - 1)] - gaps[low])


def obvious_change(rungs: Sequence[Sequence[Score]]) -> bool:
    """Whether somebody at the last rung stands where, one rung before, somebody clearly different stood."""
    num = len(rungs[-1])
    if num < 2:
        return False
    noise = obvious_noise(rungs) if len(rungs) > 2 else 0.0
    was = sorted(range(num), key=lambda i: rungs[-2][i].losses[0])
    now = sorted(range(num), key=lambda i: rungs[-1][i].losses[0])
    return any(abs(rungs[-2][a].losses[0] - rungs[-2][b].losses[0]) > noise for a, b in zip(was, now, strict=True))


@given(nested_curves(), st.booleans())
def test_the_maximum_grows_when_the_two_highest_rungs_disagree(
    drawn: tuple[list[list[Score]], float], everyone_waits: bool
) -> None:
    """And is never below a rung that somebody reached; above it nobody is promoted."""
    curves, eta = drawn
    steps = (1, 3, 9, 27)
    results = [
        RungResult(trial=i + 1, step=step, score=s, waiting=everyone_waits, promoted=False, bracket=0)
        for step, scores in zip(steps, curves, strict=False)
        for i, s in enumerate(scores)
    ]
    rungs = ListedRungs(results)
    reached = 2 if curves[2] else 1
    expected = reached + obvious_change(curves[: reached + 1])
    scheduler = ProgressiveHalving(steps, eta)

    assert scheduler.maximum(rungs) == expected
    allowed = [
        (i + 1, step)
        for step, scores in reversed(list(zip(steps, curves, strict=False)))
        if step < steps[expected]
        for i in obvious_best(scores, math.floor(len(scores) / eta + 1e-9))
    ]
    assert promoted_by(scheduler, rungs) == (allowed if everyone_waits else [])


# -- the cache that schedulers see -----------------------------------------------------------------------
results = st.lists(
    st.builds(
        RungResult,
        trial=st.integers(1, 12),
        step=st.sampled_from(STEPS),
        score=st.builds(Score, losses=st.tuples(st.floats(-1, 1), st.floats(-1, 1)), violation=st.just(0.0)),
        waiting=st.booleans(),
        promoted=st.booleans(),
        bracket=st.just(0),
    ),
    max_size=40,
)
memberships = st.lists(
    st.builds(
        BracketMember, trial=st.integers(1, 12), bracket=st.just(0), is_open=st.booleans(), revision=st.integers(0, 9)
    ),
    max_size=20,
)


@given(results, memberships)
def test_growing_arrays_say_what_the_list_says(changes: list[RungResult], members: list[BracketMember]) -> None:
    """Whatever is replaced in whatever order; trials with even numbers are in bracket 1."""
    changes = [_placed(r) for r in changes]
    members = [BracketMember(trial=m.trial, bracket=m.trial % 2, is_open=m.is_open, revision=0) for m in members]
    grown = StudyRungs(2)
    for result in changes:
        grown.put(result)
    for member in members:
        grown.put_member(member)
    kept = {(r.trial, r.step): r for r in changes}
    obvious = ListedRungs(tuple(kept.values()), tuple({m.trial: m for m in members}.values()))

    assert grown.num_brackets == obvious.num_brackets
    assert list(grown.live_brackets()) == list(obvious.live_brackets())
    for bracket in (0, 1):
        assert grown.num_trials(bracket) == obvious.num_trials(bracket)
        assert grown.num_open(bracket) == obvious.num_open(bracket)
        for step in STEPS:
            one, other = grown.at(step, bracket), obvious.at(step, bracket)
            assert list(one.numbers) == list(other.numbers)
            assert one.losses.tolist() == other.losses.tolist()
            assert one.waiting.tolist() == other.waiting.tolist()
            assert one.promoted.tolist() == other.promoted.tolist()


def _placed(result: RungResult) -> RungResult:
    return RungResult(
        trial=result.trial,
        step=result.step,
        score=result.score,
        waiting=result.waiting,
        promoted=result.promoted,
        bracket=result.trial % 2,
    )
