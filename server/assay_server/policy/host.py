"""The policy host: generators in processes of their own, and the next one in line when one cannot answer; analyses too.

The parent imports neither torch nor ax nor scipy. Model-free generators have processes of their own, so that
a fit never delays them. A process that dies is replaced and its task repeated once: generators are pure, so
nobody notices.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assay_server.domain.analysis import Answer, Question
from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.errors import ModelFailed, NotEnoughData, Overloaded
from assay_server.domain.strategy import Freshness
from assay_server.ports import Exhausted, Generated
from assay_server.strategies.table import ANALYST, TABLE, GeneratorTable, Row, line

from .child import Child, ProcessLost
from .frames import AnalysisTask, Reply, Task, encode_task
from .metrics import NoMetrics, PolicyMetrics
from .pool import Pool
from .worker import WorkerSettings

Why = Literal["not_ready", "failed", "died", "deadline", "memory", "start"]
"""Why a generator could not answer."""

MAX_ATTEMPTS = 2
"""Of one task whose process dies; one that dies twice is likely to be killed by its task."""

MAX_ANALYSES = 16
"""That wait or run; further ones are told to come back."""
ANALYSIS_RETRY_S = 5.0
"""About one analysis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """How many processes, and what each may use."""

    extensions_dir: Path
    """A private directory for the kernels that torch compiles; made when needed."""
    max_light: int = 1
    """Processes for generators without a model: they take milliseconds."""
    max_models: int = 1
    """Processes for generators that fit models; one core each."""
    light_deadline_s: float = 20.0
    model_deadline_s: float = 120.0
    start_deadline_s: float = 180.0
    """Importing ax takes seconds. Compiling its kernel, once per machine, takes a minute: a STRICT study waits for
    it, and gets this much longer for a generation."""
    light_memory_bytes: int = 1 << 30
    model_memory_bytes: int = 4 << 30
    """Five times what a fit of 800 trials takes."""


class GenerationFailed(Exception):
    """No generator in line could answer; the message says why, for each."""


class ProcessHost:
    """Keeps ports.PolicyHost."""

    def __init__(
        self,
        settings: HostSettings,
        *,
        table: GeneratorTable = TABLE,
        analyst: str = ANALYST,
        metrics: PolicyMetrics | None = None,
    ) -> None:
        self._settings = settings
        self._table = table
        self._analyst = analyst
        self._metrics = metrics or NoMetrics()
        self._numbers = itertools.count(1)
        self._light = Pool(settings.max_light, self._start_light)
        self._models = Pool(settings.max_models, self._start_model)
        self._warming: asyncio.Task[None] | None = None
        # One analysis at a time waits for a process or has one. The pool serves first come first served: a generation
        # waits for one analysis at most, and the analysis for no generation that came after it.
        self._analysis = asyncio.Semaphore(1)
        self._num_analyses = 0

    async def generate(self, snapshot: StudySnapshot, count: int) -> Generated:
        """See ports.PolicyHost; raises GenerationFailed when nobody in line can answer, Unavailable when closed."""
        began = asyncio.get_running_loop().time()
        failed: list[tuple[str, Why]] = []
        problems: list[str] = []
        for name, row in line(self._table, snapshot.strategy.phases[snapshot.phase].generator):
            why, reply = await self._ask(name, row, snapshot, count, problems)
            if reply is not None:
                seconds = asyncio.get_running_loop().time() - began
                self._metrics.generation(name, seconds, len(reply.configurations))
                for other, reason in failed:
                    self._metrics.fallback(other, name, reason)
                return Generated(
                    configurations=reply.configurations,
                    verdicts=reply.verdicts,
                    generator=name,
                    fallback_from=tuple(other for other, _ in failed),
                    problems=tuple(problems),
                    seconds=seconds,
                    is_degraded=any(reason != "not_ready" for _, reason in failed),
                )
            failed.append((name, why))
        raise GenerationFailed("; ".join(problems))

    async def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        """What the analyst answers, under the limits of a model's generation.

        Raises:
            NotEnoughData, ModelFailed, Unavailable.
            Overloaded: MAX_ANALYSES are under way.
        """
        if self._num_analyses >= MAX_ANALYSES:
            text = f"{self._num_analyses} analyses are under way; ask again later"
            raise Overloaded(text, retry_after_s=ANALYSIS_RETRY_S)
        self._num_analyses += 1
        try:
            async with self._analysis:
                began = asyncio.get_running_loop().time()
                reply = await self._analysed(snapshot, question)
        finally:
            self._num_analyses -= 1
        outcome = {"analysed": "answered", "not_ready": "not_ready"}.get(reply.outcome, "failed")
        self._metrics.analysis(outcome, asyncio.get_running_loop().time() - began)
        if reply.outcome == "not_ready":
            raise NotEnoughData(reply.why)
        if reply.answer is None:
            raise ModelFailed(f"no model could be fitted: {reply.why}")
        return reply.answer

    def warm(self) -> None:
        """Have a process with ax loaded soon: the first fit need not wait for the import."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm())

    async def close(self) -> None:
        """Kill the processes; generations in progress raise GenerationFailed or Unavailable."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await asyncio.gather(self._light.close(), self._models.close())

    async def _ask(
        self, name: str, row: Row, snapshot: StudySnapshot, count: int, problems: list[str]
    ) -> tuple[Why, Reply | None]:
        """The generator's answer, or why there is none; raises Exhausted."""
        try:
            task = Task(number=next(self._numbers), target=row.target, snapshot=snapshot, count=count)
            reply = await self._reply(task, problems, is_model_based=row.is_model_based)
        except ProcessLost as e:
            problems.append(f"{name}: {e}")
            return e.why, None
        match reply.outcome:
            case "exhausted":
                raise Exhausted(reply.why)
            case "generated" if 1 <= len(reply.configurations) <= count:
                return "failed", reply
            case "generated":
                problems.append(f"{name}: {len(reply.configurations)} configurations, not 1 to {count}")
                return "failed", None
            case "not_ready":
                problems.append(f"{name} is not ready: {reply.why}")
                return "not_ready", None
            case _:
                problems.append(f"{name}: {reply.why}")
                return "failed", None

    async def _analysed(self, snapshot: StudySnapshot, question: Question) -> Reply:
        number = next(self._numbers)
        task = AnalysisTask(number=number, target=self._analyst, snapshot=snapshot, question=question)
        try:
            return await self._reply(task, [], is_model_based=True)
        except ProcessLost as e:
            return Reply(number=number, outcome="failed", why=str(e))

    async def _reply(self, task: Task | AnalysisTask, problems: list[str], *, is_model_based: bool) -> Reply:
        body = await asyncio.to_thread(encode_task, task)  # milliseconds per hundred trials: not on the loop
        is_strict = isinstance(task, Task) and task.snapshot.strategy.freshness is Freshness.STRICT
        for attempt in itertools.count(1):
            try:
                return await self._run(body, is_model_based=is_model_based, is_strict=is_strict)
            except ProcessLost as e:
                self._metrics.process_lost(e.why)
                if e.why in {"deadline", "memory"} or attempt == MAX_ATTEMPTS:
                    raise
                problems.append(f"{e}; tried again")
        raise AssertionError("unreachable")

    async def _run(self, body: bytes, *, is_model_based: bool, is_strict: bool) -> Reply:
        s = self._settings
        if is_model_based:
            deadline_s = s.model_deadline_s + (s.start_deadline_s if is_strict else 0.0)
            async with self._models.child() as child:
                return await child.run(body, deadline_s=deadline_s, max_rss_bytes=s.model_memory_bytes)
        async with self._light.child() as child:
            return await child.run(body, deadline_s=s.light_deadline_s, max_rss_bytes=s.light_memory_bytes)

    async def _warm(self) -> None:
        try:
            async with self._models.child():
                pass
        except ProcessLost as e:  # the first generation will meet it again, and say so
            self._metrics.process_lost(e.why)

    async def _start_light(self) -> Child:
        return await self._start(preload=())

    async def _start_model(self) -> Child:
        targets = tuple(row.target for row in self._table.values() if row.is_model_based)
        return await self._start(preload=targets)

    async def _start(self, *, preload: tuple[str, ...]) -> Child:
        self._settings.extensions_dir.mkdir(parents=True, exist_ok=True)
        worker = WorkerSettings(
            parent_pid=os.getpid(),
            extensions_dir=str(self._settings.extensions_dir),
            preload=preload,
        )
        return await Child.start(worker, deadline_s=self._settings.start_deadline_s)
