"""Studies of every scheduler, through the acts of the service: they end, whoever dies, and somebody reaches the top."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_server.app.rungs import RungCache
from assay_server.domain.budget import Budget
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Action
from assay_server.domain.strategy import (
    AsynchronousHalving,
    FullFidelity,
    HalvingForm,
    Hyperband,
    Percentile,
    Phase,
    Random,
    SchedulerSpec,
    Strategy,
    SuccessiveHalving,
)
from assay_server.domain.study import StudySpec, StudyState
from assay_server.domain.trial import FailureKind, Trial, TrialOrigin, TrialState
from assay_server.store.sqlite import open_sqlite
from assay_server.testing.clock import FakeClock
from tests.unit.app.service import EPOCHS, TWO, Service, a_plain_spec, measured

MAX_MOVES = 2_000
SCHEDULERS: tuple[SchedulerSpec, ...] = (
    FullFidelity(),
    AsynchronousHalving(),
    AsynchronousHalving(form=HalvingForm.STOPPING),
    AsynchronousHalving(progressive=True),
    SuccessiveHalving(bracket_size=4),
    Hyperband(),
    Hyperband(asynchronous=True),
    Percentile(percentile=50, min_trials=2),
)
DEVIATING = Provenance(dataset_fingerprint="another")


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Workers who train, die, fall silent, hand back and measure on other data, by chance from a seed."""

    service: Service
    chance: random.Random
    num_workers: int
    trouble: float
    """Probability that a stretch ends in something else than a report."""
    held: dict[str, Trial] = field(default_factory=dict)

    async def move(self) -> None:
        """One worker does one thing."""
        worker = f"w{self.chance.randrange(self.num_workers)}"
        trial = self.held.pop(worker, None)
        if trial is None:
            suggestion = await self.service.ask(worker)
            if suggestion.trials:
                self.held[worker] = suggestion.trials[0]
        elif self.chance.random() < self.trouble:
            await self._trouble(worker, trial)
        else:
            await self._report(worker, trial)

    async def _report(self, worker: str, trial: Trial, provenance: Provenance | None = None) -> None:
        step = trial.until_step or 0
        loss, size = self.chance.randrange(8) / 4, self.chance.random()
        reported = await self.service.report(
            trial, measured(step, loss=loss, size=size, cost=1.0), provenance=provenance
        )
        if reported.directive.action is Action.CONTINUE:
            self.held[worker] = replace(reported.trial, lease=reported.trial.lease)

    async def _trouble(self, worker: str, trial: Trial) -> None:
        match self.chance.choice(["crash", "die", "infeasible", "release", "silence", "stop", "deviate", "complete"]):
            case "crash":
                await self.service.fail(trial)
            case "die":
                await self.service.fail(trial, permanent=True)
            case "infeasible":
                await self.service.fail(trial, kind=FailureKind.INFEASIBLE)
            case "release":
                await self.service.release(trial)
            case "silence":
                self.held.clear()
                await self.service.expire()
            case "stop":
                await self.service.stop_trial(trial.number)
            case "deviate":
                await self._report(worker, trial, DEVIATING)
            case "complete":
                await self.service.complete(trial, measured(trial.until_step or 0, loss=1.0, size=1.0))


def a_study(scheduler: SchedulerSpec, budget: Budget, *, with_baseline: bool) -> StudySpec:
    """Two objectives, rungs 1, 3 and 9."""
    plain = a_plain_spec(
        fidelity=EPOCHS, objectives=TWO, budget=budget, baselines=({"lr": 0.5},) if with_baseline else ()
    )
    strategy = Strategy(phases=(Phase(generator=Random()),), scheduler=scheduler)
    comparability = replace(plain.comparability, dataset_fingerprint="digits")
    return replace(plain, strategy=strategy, max_attempts=2, comparability=comparability)


async def play(folder: Path, spec: StudySpec, *, num_workers: int, trouble: float, seed: int) -> list[Trial]:
    """The study to its end, candidates always at hand; its trials. The caches are lost now and then."""
    clock = FakeClock()
    store = open_sqlite(folder / "assay.db", clock)
    try:
        service = Service(store, clock)
        await service.create(spec)
        chance = random.Random(seed)
        fleet = Fleet(service=service, chance=chance, num_workers=num_workers, trouble=trouble)
        for move in range(MAX_MOVES):
            if move % 20 == 0:
                await service.fill(*(chance.random() for _ in range(20)))
                service.tools = replace(service.tools, rungs=RungCache())
            clock.advance(1)
            await fleet.move()
            if (await service.study()).state is not StudyState.ACTIVE:
                return await _all_trials(service)
        raise AssertionError(f"not over after {MAX_MOVES} moves")
    finally:
        await store.close()


async def _all_trials(service: Service) -> list[Trial]:
    study = await service.study()
    return [await service.trial(n) for n in range(1, study.tally.num_created + 1)]


def played(spec: StudySpec, *, num_workers: int, trouble: float, seed: int) -> list[Trial]:
    """`play` in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="assay-ends-") as folder:
        return asyncio.run(play(Path(folder), spec, num_workers=num_workers, trouble=trouble, seed=seed))


seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(st.sampled_from(SCHEDULERS), st.integers(1, 14), st.integers(1, 6), st.booleans(), seeds)
def test_in_every_study_somebody_reaches_the_top(
    scheduler: SchedulerSpec, max_trials: int, num_workers: int, with_baseline: bool, seed: int
) -> None:
    """Besides the baseline, which always does; and all trials are used."""
    spec = a_study(scheduler, Budget(max_trials=max_trials), with_baseline=with_baseline)

    trials = played(spec, num_workers=num_workers, trouble=0.0, seed=seed)

    assert len(trials) == max_trials
    assert all(t.state.is_terminal for t in trials)
    for origin in {t.origin for t in trials}:
        assert any(t.origin is origin and t.state is TrialState.SUCCEEDED and t.last_step == 9 for t in trials)


@few
@given(st.sampled_from(SCHEDULERS), st.integers(1, 14), st.integers(1, 6), st.floats(0.05, 0.6), seeds)
def test_whoever_dies_every_study_ends(
    scheduler: SchedulerSpec, max_trials: int, num_workers: int, trouble: float, seed: int
) -> None:
    """Crashes, silence, hand-backs, stops by a user, results that cannot be compared: nobody is waited for for ever."""
    spec = a_study(scheduler, Budget(max_trials=max_trials), with_baseline=True)

    trials = played(spec, num_workers=num_workers, trouble=trouble, seed=seed)

    assert len(trials) == max_trials
    assert trials[0].origin is TrialOrigin.BASELINE
    assert trials[0].bracket is None
    is_placed = {t.bracket is not None for t in trials[1:]}
    assert len(is_placed) <= 1


@few
@given(st.sampled_from(SCHEDULERS), st.sampled_from(["cost", "duration"]), st.integers(1, 6), seeds)
def test_every_budget_ends_every_study(scheduler: SchedulerSpec, limit: str, num_workers: int, seed: int) -> None:
    """Cost and time as well as trials."""
    budget = Budget(max_cost=12.0) if limit == "cost" else Budget(max_duration_s=60.0)
    spec = a_study(scheduler, budget, with_baseline=False)

    played(spec, num_workers=num_workers, trouble=0.1, seed=seed)
