"""What every scheduler promises; subclass, and give a `scheduler`.

class TestMine(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return Mine(SchedulerContract.rungs, SchedulerContract.eta)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from assay_server.domain.objective import Score
from assay_server.domain.rung import Curve, RungResult
from assay_server.scheduling import Scheduler
from assay_server.testing.race import Judged, Race
from assay_server.testing.rungs import ListedRungs, a_result, members

NUM_RANDOM_RUNGS = 500


class SchedulerContract:
    """The promises of scheduling.Scheduler."""

    rungs: ClassVar[tuple[int, ...]] = (1, 3, 9, 27)
    eta: ClassVar[float] = 3.0

    @pytest.fixture
    def scheduler(self) -> Scheduler:
        """To be overridden: one of `rungs` and `eta`."""
        raise NotImplementedError

    def test_every_start_leads_to_the_top(self, scheduler: Scheduler) -> None:
        """By steps that grow."""
        for number in range(1, 200):
            bracket = scheduler.place(ListedRungs(members=members(0, num_open=number)), number=number, seed=0)
            step = scheduler.first_step(bracket)
            while step != self.rungs[-1]:
                assert step is not None
                following = scheduler.next_step(step)
                assert following is not None
                assert following > step
                step = following
            assert scheduler.next_step(step) is None

    def test_asking_changes_nothing(self, scheduler: Scheduler) -> None:
        """The same question has the same answer."""
        for judged in _race(scheduler, seed=1).judged:
            before = judged.rungs.results, judged.rungs.members
            for is_last in (False, True):
                first, again = (
                    (
                        scheduler.place(judged.rungs, number=9, seed=4),
                        scheduler.admits(judged.rungs),
                        list(scheduler.promotable(judged.rungs, is_last=is_last)),
                        list(scheduler.settled(judged.rungs, is_last=is_last)),
                    )
                    for _ in range(2)
                )
                assert first == again
            assert (judged.rungs.results, judged.rungs.members) == before

    @pytest.mark.parametrize("num_objectives", [1, 2, 3])
    def test_a_dominating_trial_is_never_stopped(self, scheduler: Scheduler, num_objectives: int) -> None:
        """In 500 random rungs of ten, whenever the one comes that dominates the nine others."""
        rng = np.random.default_rng(num_objectives)
        for _ in range(NUM_RANDOM_RUNGS):
            num_before = int(rng.integers(0, 10))
            losses = rng.random((10, num_objectives))
            losses[num_before] = -1.0
            brackets = {scheduler.place(ListedRungs(), number=1, seed=0), None}
            for bracket in brackets:
                results = [_result(n, x, bracket) for n, x in enumerate(losses[: num_before + 1], start=1)]
                present = [] if bracket is None else members(bracket, num_open=1, num_ended=num_before)
                decision = scheduler.decide(
                    ListedRungs(results, present), trial=num_before + 1, step=1, bracket=bracket, is_last=True
                )
                assert decision != "stop"

    @pytest.mark.parametrize("num_objectives", [1, 2, 3])
    def test_who_is_on_the_front_of_its_rung_is_never_stopped(self, scheduler: Scheduler, num_objectives: int) -> None:
        """Neither at once nor after having waited; also with constraints."""
        for seed in range(5):
            race = _race(scheduler, num_objectives=num_objectives, violations=(0.0, 0.0, 1.0, 2.0), seed=seed)
            for judged in race.judged:
                assert judged.decision != "stop" or not _is_on_front(judged)

    @pytest.mark.parametrize("num_trials", [1, 2, 3, 8, 41])
    @pytest.mark.parametrize("num_workers", [1, 4, 50])
    def test_every_study_ends_with_a_trial_at_the_top(
        self, scheduler: Scheduler, num_trials: int, num_workers: int
    ) -> None:
        """However many trials there may be, and however many workers ask; nobody waits for ever."""
        for seed in range(3):
            race = _race(scheduler, num_trials=num_trials, num_workers=num_workers, seed=seed)

            assert race.at_top
            assert len(race.racers) == num_trials

    @pytest.mark.parametrize("death_rate", [0.2, 0.7, 1.0])
    def test_the_dead_are_not_waited_for(self, scheduler: Scheduler, death_rate: float) -> None:
        """A study ends, whoever dies and when."""
        for seed in range(5):
            race = _race(scheduler, death_rate=death_rate, seed=seed)

            assert len(race.racers) == 30

    def test_a_trial_waits_where_it_is_found(self, scheduler: Scheduler) -> None:
        """Promotable and settled trials are waiting ones, each once; none is both."""
        for judged in _race(scheduler, num_objectives=2, num_workers=6, seed=2).judged:
            waiting = {(r.trial, r.step) for r in judged.rungs.results if r.waiting}
            for is_last in (False, True):
                may = [(w.trial, w.step) for w in scheduler.promotable(judged.rungs, is_last=is_last)]
                not_any_more = [(s.trial, s.step) for s in scheduler.settled(judged.rungs, is_last=is_last)]
                assert len(set(may)) == len(may)
                assert len(set(not_any_more)) == len(not_any_more)
                assert set(may) | set(not_any_more) <= waiting
                assert not set(may) & set(not_any_more)

    def test_what_is_settled_is_never_promoted(self, scheduler: Scheduler) -> None:
        """However the race goes on: once it is said, it stays true."""
        said: set[tuple[int, int]] = set()
        for judged in _race(scheduler, num_objectives=2, num_workers=6, seed=3).judged:
            assert not said & {(r.trial, r.step) for r in judged.rungs.results if r.promoted}
            said |= {(s.trial, s.step) for s in scheduler.settled(judged.rungs, is_last=judged.is_last)}

    def test_feasible_trials_go_on_before_infeasible_ones(self, scheduler: Scheduler) -> None:
        """Of those that wait at one rung of one bracket."""
        race = _race(scheduler, num_objectives=2, violations=(0.0, 1.0), num_workers=9, seed=4)
        for judged in race.judged:
            found = {(r.trial, r.step): r for r in judged.rungs.results}
            kept = [found[w.trial, w.step] for w in scheduler.promotable(judged.rungs, is_last=judged.is_last)]
            for where in {(r.step, r.bracket) for r in kept}:
                violations = [r.score.violation for r in kept if (r.step, r.bracket) == where]
                assert violations == sorted(violations)

    def test_baselines_are_nobodys_rivals_where_there_are_brackets(self, scheduler: Scheduler) -> None:
        """A scheduler that places trials promotes those that it has not placed, however bad they are."""
        if scheduler.place(ListedRungs(), number=1, seed=0) is None:
            return
        results = [a_result(n, 1, float(n)) for n in range(1, 11)]

        assert scheduler.decide(ListedRungs(results), trial=10, step=1) == "promote"


def _race(
    scheduler: Scheduler,
    *,
    num_objectives: int = 1,
    num_trials: int = 30,
    num_workers: int = 4,
    violations: Sequence[float] = (0.0,),
    death_rate: float = 0.0,
    seed: int,
) -> Race:
    """With curves that fall, cross, and sometimes tie."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, 8, (num_trials + 1, num_objectives)) / 8
    speeds = rng.random((num_trials + 1, num_objectives))
    broken = rng.choice(violations, num_trials + 1)

    def score(trial: int, step: int) -> Score:
        losses = ends[trial] + speeds[trial] / step
        return Score(losses=tuple(losses.tolist()), violation=float(broken[trial]))

    return Race(
        scheduler=scheduler,
        score=score,
        num_trials=num_trials,
        num_workers=num_workers,
        death_rate=death_rate,
        seed=seed,
    ).run()


def _result(trial: int, losses: np.ndarray, bracket: int | None) -> RungResult:
    values = tuple(losses.tolist())
    curve = Curve(mean_losses=values, best_losses=values, least_violation=0.0)
    return a_result(trial, 1, *values, bracket=bracket, curve=curve)


def _is_on_front(judged: Judged) -> bool:
    here = [r for r in judged.rungs.results if (r.step, r.bracket) == (judged.step, judged.bracket)]
    mine = next(r.score for r in here if r.trial == judged.trial)
    if mine.violation > 0:
        return False
    return not any(_dominates(r.score, mine) for r in here)


def _dominates(a: Score, b: Score) -> bool:
    pairs = list(zip(a.losses, b.losses, strict=True))
    return a.violation == 0 and all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)
