"""Who is a member, who survives, who wins, and when there is a population at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import OutcomeConstraint, Score
from assay_server.domain.strategy import Evolutionary, Phase, Strategy
from assay_server.domain.trial import TrialState
from assay_server.ports import NotReady
from assay_server.strategies.evolution import EvolutionaryGenerator
from assay_server.strategies.evolution.genes import Genome
from assay_server.strategies.evolution.members import Member, members_of
from assay_server.strategies.evolution.selection import Tournaments, survivors
from assay_server.testing.clock import START
from tests.unit.strategies.bayes.studies import SQUARE, TWO, a_result, a_snapshot, bowl, two_bowls, with_results

GENOME = Genome(SQUARE)
EPOCHS = Fidelity(name="epoch", min=1, max=9)


def a_curve(number: int, *losses: tuple[int, float], state: TrialState = TrialState.PAUSED) -> Observation:
    """A trial with a loss at each of these steps."""
    curve = tuple(Measurement(step=step, metrics={"loss": MetricValue(value=value)}) for step, value in losses)
    configuration = {"x": number / 100, "y": 0.5}
    return Observation(number=number, configuration=configuration, state=state, measurements=curve)


def numbers(snapshot: StudySnapshot, enough: int) -> list[int]:
    return [m.number for m in members_of(snapshot, GENOME, enough=enough)]


def a_member(number: int, *losses: float, violation: float = 0.0) -> Member:
    return Member(number=number, values={"x": 0.0}, score=Score(losses=losses, violation=violation), done=0.0)


def evolving(size: int, *, regularised: bool = False) -> Strategy:
    return Strategy(phases=(Phase(generator=Evolutionary(population_size=size, regularised=regularised)),))


def test_only_full_results_count_without_a_fidelity() -> None:
    """A trial that runs, failed or was stopped has none; one measured elsewhere has, if the space has such a one."""
    snapshot = a_snapshot(
        observations=[
            a_result(1, {"x": 0.1, "y": 0.1}, {"loss": 1.0}),
            a_result(2, {"x": 0.2, "y": 0.1}, {"loss": 1.0}, state=TrialState.RUNNING),
            a_result(3, {"x": 0.3, "y": 0.1}, {"loss": 1.0}, state=TrialState.STOPPED),
            a_result(4, {"x": 0.4, "y": 0.1}, {"loss": 1.0}, state=TrialState.FAILED),
            a_result(5, {"x": 0.5, "y": 0.1}, {"loss": 1.0}, is_external=True),
            a_result(6, {"x": 5.0, "y": 0.1}, {"loss": 1.0}, is_external=True),
            a_result(7, {"x": 0.7, "y": 0.1}, {"other": 1.0}),
        ]
    )

    assert numbers(snapshot, 1) == [1, 5]


def test_the_highest_rung_that_enough_have_reached_counts() -> None:
    """All are compared at the same step, also those that went further, failed ones left out."""
    snapshot = a_snapshot(
        fidelity=EPOCHS,
        observations=[
            a_curve(1, (1, 0.5), (3, 0.4), (9, 0.1), state=TrialState.SUCCEEDED),
            a_curve(2, (1, 0.6), (3, 0.3)),
            a_curve(3, (1, 0.2), (2, 0.9)),
            a_curve(4, (1, 0.1), (3, 0.1), (9, 0.0), state=TrialState.FAILED),
        ],
    )

    def at(enough: int) -> dict[int, float]:
        return {m.number: m.score.losses[0] for m in members_of(snapshot, GENOME, enough=enough)}

    assert at(1) == {1: 0.1}
    assert at(2) == {1: 0.4, 2: 0.3}
    assert at(3) == {1: 0.5, 2: 0.6, 3: 0.2}
    assert at(9) == at(3)


def test_a_trial_that_ended_early_with_a_result_has_reached_the_top() -> None:
    """As on the rungs of the schedulers."""
    snapshot = a_snapshot(fidelity=EPOCHS, observations=[a_curve(1, (2, 0.5), state=TrialState.SUCCEEDED)])

    assert numbers(snapshot, 1) == [1]


def test_members_age_by_their_results_not_by_their_numbers() -> None:
    """A long training that ended last is the youngest."""
    slow, fast = a_curve(1, (9, 0.5), state=TrialState.SUCCEEDED), a_curve(2, (9, 0.5), state=TrialState.SUCCEEDED)
    late = replace(slow.measurements[0], created_at=START.replace(year=START.year + 1))
    soon = replace(fast.measurements[0], created_at=START)
    snapshot = a_snapshot(
        fidelity=EPOCHS, observations=[replace(slow, measurements=(late,)), replace(fast, measurements=(soon,))]
    )

    assert numbers(snapshot, 1) == [2, 1]


def test_the_feasible_survive_first_then_the_least_infeasible() -> None:
    """Constraint domination: how good an infeasible result is does not matter."""
    members = [a_member(1, 0.0, violation=2.0), a_member(2, 0.0, violation=1.0), a_member(3, 9.0), a_member(4, 5.0)]

    assert [m.number for m in survivors(members, 3)] == [4, 3, 2]


def dominates(a: Member, b: Member) -> bool:
    """The slow, obvious twin of ranking: Deb et al. 2002, definition 1."""
    if a.score.violation != b.score.violation and max(a.score.violation, b.score.violation) > 0:
        return a.score.violation < b.score.violation
    pairs = list(zip(a.score.losses, b.score.losses, strict=True))
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs) and a.score.is_feasible


def isolation(member: Member, peers: Sequence[Member]) -> float:
    """The slow, obvious twin of spread."""
    width = [max(c) - min(c) or 1.0 for c in zip(*(m.score.losses for m in peers), strict=True)]

    def distance(other: Member) -> float:
        moves = zip(member.score.losses, other.score.losses, width, strict=True)
        return float(np.linalg.norm([(x - y) / w for x, y, w in moves]))

    return min((distance(m) for m in peers if m is not member), default=0.0)


@pytest.mark.parametrize("seed", range(30))
def test_a_tournament_is_won_by_rank_then_by_spread(seed: int) -> None:
    """Nobody who took part dominates the winner, and no equal is more alone; judged without any sorting."""
    chance = np.random.default_rng(seed)
    members = [
        a_member(i, *(float(v) for v in chance.random(2)), violation=float(max(0.0, chance.normal())))
        for i in range(12)
    ]
    waves: list[list[Member]] = []
    left = list(members)
    while left:
        wave = [m for m in left if not any(dominates(other, m) for other in left)]
        waves.append(wave)
        left = [m for m in left if m not in wave]
    rank = {m.number: i for i, wave in enumerate(waves) for m in wave}
    drawn = [members[i] for i in Random(seed).sample(range(12), 4)]
    best = min(rank[m.number] for m in drawn)
    rivals = [m for m in drawn if rank[m.number] == best]

    winner = Tournaments(members).winner(Random(seed), size=4)

    assert winner in rivals
    alone = isolation(winner, waves[best])
    assert alone == pytest.approx(max(isolation(m, waves[best]) for m in rivals))


def test_no_population_yet_no_candidates() -> None:
    """The next generator in line answers, and the message says how much is missing."""
    snapshot = replace(with_results(a_snapshot(), 5, bowl), strategy=evolving(6))

    with pytest.raises(NotReady, match="5 of the 6 results"):
        EvolutionaryGenerator().generate(snapshot, 1)


@pytest.mark.parametrize("regularised", [False, True])
def test_candidates_depend_on_their_index_and_what_is_known(regularised: bool) -> None:
    """Workers that ask at the same time get different ones, and none that another one has."""
    strategy = evolving(6, regularised=regularised)
    snapshot = replace(with_results(a_snapshot(objectives=TWO), 20, two_bowls), strategy=strategy)
    first, second = EvolutionaryGenerator().generate(snapshot, 2)

    again = replace(snapshot, pending=(first,), first_index=snapshot.first_index + 1)

    assert EvolutionaryGenerator().generate(again, 1) == [second]
    assert EvolutionaryGenerator().generate(replace(snapshot, pending=(first,)), 1) != [first]


def test_the_old_leave_a_regularised_population() -> None:
    """However good: children come from the youngest only. NSGA-II keeps the best of all times."""
    old = [a_result(i, {"x": 0.01 * i, "y": 0.0}, {"loss": 0.0}) for i in range(1, 5)]
    young = [a_result(i, {"x": 0.9 + 0.01 * (i - 5), "y": 1.0}, {"loss": 1.0}) for i in range(5, 9)]
    snapshot = a_snapshot(observations=[*old, *young])

    def children(*, regularised: bool) -> list[float]:
        strategy = evolving(4, regularised=regularised)
        return [float(c["x"]) for c in EvolutionaryGenerator().generate(replace(snapshot, strategy=strategy), 20)]

    assert np.median(children(regularised=True)) > 0.8
    assert np.median(children(regularised=False)) < 0.2


def test_infeasible_results_are_parents_only_while_there_is_nothing_better() -> None:
    """With a hard constraint that few keep, children come from those few."""
    bound = OutcomeConstraint(metric="size", at_most=True, bound=1.0)
    kept = [a_result(i, {"x": 0.01 * i, "y": 0.5}, {"loss": 5.0, "size": 0.5}) for i in range(1, 5)]
    broken = [a_result(i, {"x": 0.9 + 0.001 * i, "y": 0.5}, {"loss": 0.0, "size": 2.0}) for i in range(5, 30)]
    snapshot = a_snapshot(constraints=(bound,), observations=[*kept, *broken])

    found = EvolutionaryGenerator().generate(replace(snapshot, strategy=evolving(4)), 20)

    assert np.median([float(c["x"]) for c in found]) < 0.2
