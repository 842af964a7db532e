"""Studies with buffers that are taken care of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from assay_server.domain.budget import Budget
from assay_server.domain.space import SearchSpace
from assay_server.domain.strategy import Freshness, GeneratorSpec, Phase, Strategy
from assay_server.domain.study import Study
from assay_server.policy.buffer import Refiller
from assay_server.store.sql import SqlStore
from assay_server.testing.builders import a_spec, a_study
from assay_server.testing.clock import FakeClock
from tests.unit.policy.desks import LEARNING, LocalHost


@asynccontextmanager
async def refilled(store: SqlStore, host: LocalHost) -> AsyncIterator[Refiller]:
    """The store's buffers, taken care of."""
    refiller = Refiller(store, host, FakeClock(), table=LEARNING)
    await refiller.start()
    try:
        yield refiller
    finally:
        await refiller.close()


def of(
    *generators: GeneratorSpec,
    freshness: Freshness = Freshness.BUFFERED,
    first: int | None = None,
    space: SearchSpace | None = None,
    max_trials: int | None = None,
    max_staleness: int | None = None,
) -> Study:
    """A study of these phases; *first* trials come from the first one."""
    phases = [Phase(generator=g) for g in generators]
    phases[0] = replace(phases[0], max_trials=first)
    strategy = Strategy(phases=tuple(phases), freshness=freshness, max_staleness=max_staleness)
    spec = a_spec(strategy=strategy, budget=Budget(max_trials=max_trials))
    return a_study(spec=spec if space is None else replace(spec, space=space))
