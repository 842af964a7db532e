"""The candidate buffer: filled in the background, ahead of being asked.

One task per active study looks, generates and adds, so a study has one generation at a time and never holds
up another one. Everything it knows can be read again: a restart loses an average rate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from assay_server.domain.errors import StudyNotFound
from assay_server.domain.event import StudyEvent
from assay_server.domain.strategy import GENERATOR_NAMES, Freshness
from assay_server.domain.study import Study, StudyState
from assay_server.domain.trial import TrialState
from assay_server.ports import Clock, Exhausted, Generated, PolicyHost, Store
from assay_server.strategies.table import TABLE, GeneratorTable

from .acts import Look, add, discard, exhaust, look
from .desk import Desk
from .host import GenerationFailed
from .metrics import NoMetrics, PolicyMetrics
from .plan import Plan, Want, row_of
from .top_up import is_due, low, said_to_be_topped_up, top_up_plan, top_up_snapshot

LOOK_INTERVAL_S = 0.02
"""Between two looks at a study nobody waits for: a busy one changes hundreds of times a second."""

TOP_UP_INTERVAL_S = 0.1
"""Between two looks at a study's buffer while its model is fitted."""

MIN_BACKOFF_S = 0.25
MAX_BACKOFF_S = 30.0

_log = logging.getLogger(__name__)


class Refiller:
    """Keeps ports.CandidateSource."""

    def __init__(
        self,
        store: Store,
        host: PolicyHost,
        clock: Clock,
        *,
        metrics: PolicyMetrics | None = None,
        table: GeneratorTable = TABLE,
        warm: Callable[[], None] = lambda: None,
    ) -> None:
        """*warm* is called for each study that will fit models, soon after it began; give it ProcessHost.warm."""
        self._store = store
        self._host = host
        self._clock = clock
        self._metrics = metrics or NoMetrics()
        self._table = table
        self._warm = warm
        self._desks: dict[str, Desk] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unsubscribe: Callable[[], None] = lambda: None
        self._is_closed = False

    async def start(self) -> None:
        """Take care of every active study from now on."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for study in await self._store.read(lambda uow: uow.active_studies()):
            self._open(study.uid)

    async def close(self) -> None:
        """Stop; generations in progress are abandoned."""
        self._is_closed = True
        self._unsubscribe()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def want(self, study_uid: str, *, count: int, min_results_seen: int) -> None:
        """See ports.CandidateSource."""
        self._open(study_uid)
        if desk := self._desks.get(study_uid):
            desk.add_want(Want(count=count, min_results_seen=min_results_seen))

    def _on_change(self, uids: frozenset[str]) -> None:
        for uid in uids:
            self._open(uid)

    def _open(self, uid: str) -> None:
        """Have somebody look at the study soon."""
        if uid not in self._desks and not self._is_closed:
            self._desks[uid] = desk = Desk(uid)
            self._tasks[uid] = asyncio.create_task(self._tend(desk), name=f"refill {uid}")
        if uid in self._desks:
            self._desks[uid].changed.set()

    def _leave(self, desk: Desk) -> None:
        del self._desks[desk.uid], self._tasks[desk.uid]
        if desk.name:
            self._metrics.forget(desk.name)

    async def _tend(self, desk: Desk) -> None:
        """Until the study is over; no error ends it."""
        backoff_s = MIN_BACKOFF_S
        while True:
            await desk.changed.wait()
            desk.changed.clear()
            desk.wanted.clear()
            try:
                is_over = not await self._refill(desk)
                backoff_s = MIN_BACKOFF_S
            except StudyNotFound:
                is_over = True
            except Exception:  # noqa: BLE001 (whatever it is, neither other studies nor the next attempt may suffer)
                _log.exception("refilling the buffer of %s failed; again in %g s", desk.name or desk.uid, backoff_s)
                desk.changed.set()
                await asyncio.sleep(backoff_s)
                backoff_s = min(MAX_BACKOFF_S, 2 * backoff_s)
                continue
            if is_over and not desk.changed.is_set():
                self._leave(desk)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(desk.wanted.wait(), LOOK_INTERVAL_S)

    async def _refill(self, desk: Desk) -> bool:
        """One look, and one generation if it is needed; False when the study is over."""
        want = desk.want
        found = await self._look(desk)
        if found.study.state is not StudyState.ACTIVE:
            return False
        if found.plan is None:
            return True
        if found.plan.discard_seen >= 0:
            await self._store.act(partial(discard, uid=desk.uid, max_results_seen=found.plan.discard_seen))
            desk.changed.set()
        elif found.snapshot is None:
            desk.settled(want)  # there is enough for them, or there may be no more
        elif desk.is_drained and found.num_waiting and found.plan.replaces_seen < 0:
            pass  # nothing more to propose until what waits is gone
        else:
            await self._generate(desk, found, found.plan)
        return True

    async def _look(self, desk: Desk) -> Look:
        query = partial(
            look,
            uid=desk.uid,
            demand=desk.demand,
            want=desk.want,
            table=self._table,
            exhausted=frozenset(desk.exhausted),
            is_light=desk.is_light,
        )
        found = await self._store.read(query)
        now = self._clock.now()
        desk.demand.saw(sum(found.study.tally.num_generated), now)
        if found.plan is not None:
            desk.is_light = found.is_light
        desk.name = str(found.study.name)
        self._metrics.buffer(desk.name, found.num_waiting, desk.age_s(found.num_waiting, now))
        return found

    def _warm_up(self, desk: Desk, study: Study) -> None:
        """After the first candidates are there: importing ax beside it would only delay them."""
        phases = range(len(study.strategy.phases))
        if not desk.is_warm and any(row_of(study, p, self._table).is_model_based for p in phases):
            self._warm()
        desk.is_warm = True

    async def _generate(self, desk: Desk, found: Look, plan: Plan) -> None:
        assert found.snapshot is not None
        if desk.want is not None and not found.num_waiting:
            desk.demand.starved()
        elif plan.replaces_seen >= 0:
            desk.demand.rested()
        began = self._clock.now()
        try:
            generated, plan = await self._proposed(desk, found, plan)
        except Exhausted:
            await self._exhausted(desk, found, plan)
            return
        except GenerationFailed as e:
            await self._say(desk, desk.event_of_failure(str(e)))
            raise
        event = desk.event_of(generated)
        exhausted = frozenset(desk.exhausted)
        snapshot = found.snapshot
        num_added = await self._store.act(lambda uow: add(uow, snapshot, plan, generated, exhausted))
        await self._say(desk, event)
        self._warm_up(desk, found.study)
        now = self._clock.now()
        learns = row_of(found.study, plan.phase, self._table).learns
        desk.demand.refilled((now - began).total_seconds() + LOOK_INTERVAL_S, learns=learns)
        if num_added:
            desk.is_drained = False
            desk.added(num_added, now)
            desk.served(snapshot.num_results)
        desk.changed.set()  # there may be room for more, or the study moved on

    async def _proposed(self, desk: Desk, found: Look, plan: Plan) -> tuple[Generated, Plan]:
        """What the generator proposes, and the plan as it is then: askers who cannot wait are served meanwhile."""
        assert found.snapshot is not None
        began = self._clock.now()
        proposing = asyncio.ensure_future(self._host.generate(found.snapshot, plan.count))
        may_top_up = (
            found.study.strategy.freshness is Freshness.BUFFERED
            and row_of(found.study, plan.phase, self._table).is_model_based
        )
        try:
            while not proposing.done():
                await asyncio.wait({proposing}, timeout=TOP_UP_INTERVAL_S if may_top_up else None)
                fit_s = max(desk.demand.fit_s(), (self._clock.now() - began).total_seconds())
                if not proposing.done() and await self._is_short(desk, found.study, fit_s):
                    plan = await self._top_up(desk, found, plan)
        finally:
            proposing.cancel()
        return proposing.result(), plan

    async def _is_short(self, desk: Desk, study: Study, fit_s: float) -> bool:
        """Whether candidates will not last for as long as a top-up takes, and trainings are shorter than a fit."""
        num_askers = desk.want.count if desk.want is not None else 0
        num_workers = study.tally.count(TrialState.RUNNING) + num_askers
        if not is_due(desk.demand, num_workers=num_workers, fit_s=fit_s):
            return False
        return num_askers > 0 or await self._store.read(lambda uow: uow.num_candidates(desk.uid)) < low(desk.demand)

    async def _top_up(self, desk: Desk, found: Look, plan: Plan) -> Plan:
        """Quasi-random candidates for those who ask; the plan of the fit beside it, which counts them as made."""
        assert found.snapshot is not None
        want = desk.want
        made_plan = top_up_plan(plan, desk.demand, num_askers=want.count if want is not None else 0)
        snapshot = top_up_snapshot(found.snapshot, made_plan)
        desk.settled(want)  # who still waits after this will say so
        try:
            generated = await self._host.generate(snapshot, made_plan.count)
        except (Exhausted, GenerationFailed):
            return plan
        model = GENERATOR_NAMES[type(found.study.strategy.phases[plan.phase].generator)]
        self._metrics.fallback(model, generated.generator, "busy")
        generated = said_to_be_topped_up(generated, model)
        exhausted = frozenset(desk.exhausted)
        num_added = await self._store.act(lambda uow: add(uow, snapshot, made_plan, generated, exhausted)) or 0
        await self._say(desk, desk.event_of(generated))
        if num_added:
            desk.added(num_added, self._clock.now())
        return replace(plan, num_made=plan.num_made + num_added)

    async def _say(self, desk: Desk, event: StudyEvent | None) -> None:
        if event is not None:
            await self._store.act(lambda uow: uow.log(desk.uid, event))

    async def _exhausted(self, desk: Desk, found: Look, plan: Plan) -> None:
        """The next phase goes on; after the last one the study is told, as soon as nothing waits any more."""
        if plan.phase + 1 < len(found.study.strategy.phases):
            desk.exhausted.add(plan.phase)
            desk.changed.set()
            return
        desk.is_drained = True
        desk.settled(desk.want)
        if not found.num_waiting:
            await self._store.act(partial(exhaust, uid=desk.uid))
