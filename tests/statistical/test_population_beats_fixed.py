"""Population-based training against every fixed configuration, on a training whose best learning rate falls.

The training: a distance from the optimum that a step of learning rate r leaves as (1 - r) * distance + r^2 / 2, an
error that is worked off and a noise that comes anew. Large rates are better far away, small ones near by, so no fixed
rate is as good as a falling one. All acts are those of the server, on a store of its own.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from assay_server.domain.fidelity import Fidelity
from assay_server.domain.rung import Action
from assay_server.domain.space import Double, Parameter, SearchSpace
from assay_server.domain.strategy import Phase, PopulationBased, Strategy
from assay_server.domain.study import StudyEndReason
from assay_server.domain.trial import Checkpoint, Trial, TrialState
from assay_server.store.sqlite import open_sqlite
from assay_server.testing.builders import a_spec
from assay_server.testing.clock import FakeClock
from tests.unit.app.service import Service, measured

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

START = 100.0
STEPS = 60
INTERVAL = 2
MEMBERS = 12
LOW, HIGH = 1e-3, 0.9
SPACE = SearchSpace(parameters=(Parameter(name="lr", kind=Double(min=LOW, max=HIGH, log=True)),))


def after(distance: float, lr: float) -> float:
    """One step of the training."""
    return (1 - lr) * distance + 0.5 * lr * lr


def best_fixed() -> float:
    """The best that any learning rate reaches when it is kept."""

    def end(lr: float) -> float:
        distance = START
        for _ in range(STEPS):
            distance = after(distance, lr)
        return distance

    return min(end(LOW * (HIGH / LOW) ** (k / 5000)) for k in range(5001))


class Fleet:
    """Workers that train, with weights (a distance) where checkpoints say."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._weights: dict[str, float] = {}

    async def work(self, num_workers: int) -> None:
        """Until the study is over: all workers without a trial ask, then all train for an interval."""
        held: dict[str, tuple[Trial, float, int]] = {}
        while True:
            for worker in sorted({f"w{i:02}" for i in range(num_workers)} - held.keys()):
                suggestion = await self._service.ask(worker)
                if suggestion.end_reason is not None:
                    return
                for trial in suggestion.trials:
                    held[worker] = (trial, *self._loaded(trial))
            for worker, work in list(held.items()):
                if (left := await self._train(*work)) is None:
                    del held[worker]
                else:
                    held[worker] = left

    def _loaded(self, trial: Trial) -> tuple[float, int]:
        """Distance and step to go on from."""
        if trial.checkpoint is None:
            return START, 0
        return self._weights[trial.checkpoint.uri], trial.checkpoint.step or 0

    async def _train(self, trial: Trial, distance: float, step: int) -> tuple[Trial, float, int] | None:
        """One interval; None when the worker is to leave the trial."""
        for _ in range(INTERVAL):
            step, distance = step + 1, after(distance, float(trial.configuration["lr"]))
        uri = f"mem://{trial.number}/{step}"
        self._weights[uri] = distance
        told = await self._service.report(
            trial, measured(step, loss=distance), checkpoint=Checkpoint(uri=uri, step=step)
        )
        return (trial, distance, step) if told.directive.action is Action.CONTINUE else None


@asynccontextmanager
async def a_trained_population(folder: Path, seed: int, num_workers: int) -> AsyncIterator[Service]:
    """A study that is over."""
    clock = FakeClock()
    store = open_sqlite(folder.with_suffix(".db"), clock)
    service = Service(store, clock)
    strategy = Strategy(phases=(Phase(generator=PopulationBased(population_size=MEMBERS, ready_interval=INTERVAL)),))
    fidelity = Fidelity(name="step", min=1, max=STEPS)
    spec = a_spec(space=SPACE, fidelity=fidelity, strategy=strategy, seed=seed)
    await service.create(replace(spec, no_default_baseline=True))
    chance = Random(seed)
    await service.fill(*(math.exp(chance.uniform(math.log(LOW), math.log(HIGH))) for _ in range(MEMBERS)))
    await Fleet(service).work(num_workers)
    yield service
    await store.close()


async def trials_of(service: Service) -> list[Trial]:
    """All of them, by number."""
    num = (await service.study()).tally.num_created
    return [await service.trial(n) for n in range(1, num + 1)]


@pytest.mark.parametrize("num_workers", [1, 3, MEMBERS])
async def test_a_population_beats_the_best_fixed_configuration(tmp_path: Path, num_workers: int) -> None:
    """In each of five seeds, with one worker and with as many as members: less than three quarters of its loss."""
    for seed in range(5):
        async with a_trained_population(tmp_path / str(seed), seed, num_workers) as service:
            study, trials = await service.study(), await trials_of(service)
            results = [t.final.values()["loss"] for t in trials if t.final is not None]

            assert study.end_reason is StudyEndReason.POPULATION_TRAINED
            assert len(results) == MEMBERS
            assert min(results) < 0.75 * best_fixed(), f"seed {seed}"


async def test_the_schedule_of_the_best_can_be_read_from_its_lineage(tmp_path: Path) -> None:
    """From trial to parent back to the first member: steps without gaps, a rate that falls, and weights that fit."""
    async with a_trained_population(tmp_path / "study", 0, 3) as service:
        trials = {t.number: t for t in await trials_of(service)}
        best = min((t for t in trials.values() if t.final), key=lambda t: t.final.values()["loss"] if t.final else 0.0)
        schedule: list[float] = []
        trial, end = best, STEPS
        while True:
            begin = trial.lineage.parent_step if trial.lineage else 0
            schedule[:0] = [float(trial.configuration["lr"])] * (end - begin)
            if trial.lineage is None:
                break
            trial, end = trials[trial.lineage.parent], begin

        distance = START
        for lr in schedule:
            distance = after(distance, lr)
        assert len(schedule) == STEPS
        assert best.final is not None
        assert distance == pytest.approx(best.final.values()["loss"])
        assert schedule[-1] < schedule[0] / 2


async def test_the_same_seed_trains_the_same_population(tmp_path: Path) -> None:
    """Heirs, parents, rates and results; another seed gives another one."""
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        async with a_trained_population(tmp_path / name, seed, 3) as service:
            found.append([(t.number, t.lineage, dict(t.configuration), t.state) for t in await trials_of(service)])

    assert found[0] == found[1] != found[2]
    assert TrialState.STOPPED in {state for *_, state in found[0]}
