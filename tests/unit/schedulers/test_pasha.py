"""PASHA: when the maximum grows. Its decisions on random rungs are in tests/properties/test_schedulers.py."""

from collections.abc import Sequence

from assay_server.schedulers.pasha import ProgressiveHalving, noise, ranking_changes
from assay_server.scheduling import Rung
from assay_server.testing.rungs import ListedRungs, a_result

STEPS = (1, 3, 9, 27)


def rungs_of(*losses: Sequence[float], waiting: bool = False) -> ListedRungs:
    """The losses of trials 1, 2, ... of bracket 0 at each rung."""
    return ListedRungs(
        [
            a_result(n, step, loss, waiting=waiting, bracket=0)
            for step, values in zip(STEPS, losses, strict=False)
            for n, loss in enumerate(values, start=1)
        ]
    )


def ranked(*losses: Sequence[float]) -> list[Rung]:
    """The same, rung by rung."""
    view = rungs_of(*losses)
    return [view.at(step, 0) for step in STEPS[: len(losses)]]


def test_a_ranking_that_stays_changes_nothing() -> None:
    """Whatever the values are."""
    assert not ranking_changes(ranked([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]))


def test_two_that_change_places_change_the_ranking() -> None:
    """While no noise is known, by however little."""
    assert ranking_changes(ranked([1.0, 1.1, 3.0], [0.2, 0.1, 0.3]))


def test_equals_may_change_places() -> None:
    """At the lower rung there was no order between them."""
    assert not ranking_changes(ranked([1.0, 1.0, 3.0], [0.2, 0.1, 0.3]))


def test_noise_is_the_gap_of_curves_that_cross_twice() -> None:
    """Trials 1 and 2 do, and end 0.5 apart; 3 never crosses anybody."""
    assert noise(ranked([1.0, 1.1, 9.0], [1.2, 1.1, 9.0], [1.0, 1.5, 9.0]), [1, 2, 3]).tolist() == [0.5]


def test_within_noise_two_may_change_places() -> None:
    """Here 1 and 2 cross twice with a gap of 0.5, and 3 and 4 change places with one of 0.4; or of 0.6."""
    within = [1.0, 1.1, 9.0, 9.4], [1.2, 1.1, 9.0, 9.4], [1.0, 1.5, 9.3, 9.0]
    beyond = [1.0, 1.1, 9.0, 9.6], [1.2, 1.1, 9.0, 9.6], [1.0, 1.5, 9.3, 9.0]

    assert not ranking_changes(ranked(*within))
    assert ranking_changes(ranked(*beyond))


def test_with_several_objectives_only_ranks_count() -> None:
    """On one front nobody is better than another: who comes first there is a matter of spread."""
    front = [(0.0, 3.0), (1.0, 2.0), (2.0, 1.0), (3.0, 0.0)]
    low = [a_result(n, 1, *losses, bracket=0) for n, losses in enumerate(front, start=1)]
    high = [a_result(n, 3, *losses, bracket=0) for n, losses in enumerate(reversed(front), start=1)]
    view = ListedRungs([*low, *high])

    assert not ranking_changes([view.at(1, 0), view.at(3, 0)])


def test_baselines_do_not_raise_the_maximum() -> None:
    """They are promoted to the top whatever the maximum, and are in no bracket."""
    baseline = [a_result(99, step, 1.0) for step in STEPS]
    rungs = ListedRungs([*baseline, *rungs_of([1.0, 2.0, 3.0]).results])

    assert ProgressiveHalving(STEPS, 3.0).maximum(rungs) == 1


def test_below_the_maximum_nobody_is_promoted_beyond_it() -> None:
    """Nine agree at the first two rungs; three would have a right to go on."""
    values = [float(n) for n in range(9)]
    rungs = rungs_of(values, values, waiting=True)
    scheduler = ProgressiveHalving(STEPS, 3.0)

    assert {w.step for w in scheduler.promotable(rungs)} == {1}
    assert scheduler.decide(rungs, trial=1, step=3, bracket=0) == "pause"


def test_in_the_end_a_few_go_on_to_the_top() -> None:
    """floor(eta) of them, and not more at the rungs that only these reach."""
    values = [float(n) for n in range(9)]
    scheduler = ProgressiveHalving(STEPS, 3.0)

    first = [w.trial for w in scheduler.promotable(rungs_of(values, values, waiting=True), is_last=True) if w.step == 3]
    then = [
        (w.trial, w.step)
        for w in scheduler.promotable(rungs_of([], values, values[:3], waiting=True), is_last=True)
        if w.step > 1
    ]

    assert first == [1, 2, 3]
    assert then == [(1, 9), (2, 9), (3, 9), (1, 3), (2, 3), (3, 3)]
