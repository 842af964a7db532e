"""A front over real TCP: gRPC, use cases and SQLite in this process, with random candidates at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import grpc
from google.protobuf.message import Message

from assay.v1 import (
    analysis_service_pb2_grpc,
    space_pb2,
    study_pb2,
    study_service_pb2,
    study_service_pb2_grpc,
    trial_pb2,
    trial_service_pb2,
    trial_service_pb2_grpc,
)
from assay_server.app.rungs import RungCache
from assay_server.app.tools import Tools
from assay_server.app.waiting import Waiting
from assay_server.domain.analysis import Answer, Question
from assay_server.domain.candidate import Candidate, StudySnapshot
from assay_server.domain.errors import NotEnoughData
from assay_server.domain.trial import Generation
from assay_server.metrics import Metrics
from assay_server.policy.analyses import SharedAnalyses
from assay_server.policy.worker import load_analyst
from assay_server.ports import NotReady, Store, UnitOfWork
from assay_server.rpc.analyses import AnalysisService
from assay_server.rpc.calls import CallLog, Wrapper
from assay_server.rpc.server import Listening, RpcServer
from assay_server.rpc.services import Bounds, handlers
from assay_server.rpc.studies import StudyService
from assay_server.rpc.trials import TrialService
from assay_server.rpc.watching import Watching
from assay_server.schedulers.table import scheduler_of
from assay_server.store.sqlite import open_sqlite
from assay_server.strategies.table import ANALYST
from assay_server.system import SystemClock
from assay_server.testing.ids import FakeIds


class RandomSource:
    """ports.CandidateSource that fills the buffer at once with values of `lr`, in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._random = random.Random(0)
        self.is_dry = False
        self.was_asked = asyncio.Event()

    def want(self, study_uid: str, *, count: int, min_results_seen: int) -> None:
        """Adds as many, unless it is dry."""
        self.was_asked.set()
        if not self.is_dry:
            self._store.act(lambda uow: self._fill(uow, study_uid, count))

    def _fill(self, uow: UnitOfWork, uid: str, num: int) -> None:
        seen = uow.study_of(uid).tally.num_results
        generation = Generation(generator="random", phase=0, num_results_seen=seen)
        made = [Candidate(configuration={"lr": self._random.random()}, generation=generation) for _ in range(num)]
        uow.add_candidates(uid, made)


class InlineAnalyst:
    """The real analyst without a process of its own: loads torch when it is first asked."""

    async def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        """As the policy host."""
        try:
            return await asyncio.to_thread(load_analyst(ANALYST).analyse, snapshot, question)
        except NotReady as e:
            raise NotEnoughData(str(e)) from e


@dataclass
class Line:
    """One line of the log."""

    method: str
    code: str
    reason: str
    request_id: str


@dataclass
class Lines(CallLog):
    """Remembers calls and defects."""

    calls: list[Line] = field(default_factory=list)
    defects: list[Exception] = field(default_factory=list)
    noted: asyncio.Event = field(default_factory=asyncio.Event)

    async def saw(self, code: str) -> None:
        """Wait until a call has ended with *code*."""
        while code not in {line.code for line in self.calls}:
            self.noted.clear()
            await self.noted.wait()

    def call(self, method: str, code: grpc.StatusCode, took_s: float, peer: str, request_id: str, reason: str) -> None:
        """Remember it."""
        self.calls.append(Line(method, code.name, reason, request_id))
        self.noted.set()

    def defect(self, method: str, request_id: str, error: Exception) -> None:
        """Remember it."""
        self.defects.append(error)


@dataclass
class ServedFront:
    """A front that takes calls."""

    address: str
    channel: grpc.aio.Channel
    store: Store
    source: RandomSource
    trials_service: TrialService
    server: RpcServer
    metrics: Metrics
    log: Lines

    def __post_init__(self) -> None:
        self.studies = study_service_pb2_grpc.StudyServiceStub(self.channel)
        self.trials = trial_service_pb2_grpc.TrialServiceStub(self.channel)
        self.analyses = analysis_service_pb2_grpc.AnalysisServiceStub(self.channel)

    async def call(self, path: str, request: Message | bytes) -> bytes:
        """Any method by its full name, raw bytes both ways."""
        raw = request if isinstance(request, bytes) else request.SerializeToString()
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(
            f"/{path}", request_serializer=bytes, response_deserializer=bytes
        )
        return await method(raw, timeout=30)

    async def with_study(self, study_id: str = "digits", **spec: object) -> study_pb2.Study:
        """A study that was just created."""
        return await self.studies.CreateStudy(
            study_service_pb2.CreateStudyRequest(study_id=study_id, study=study_pb2.Study(spec=a_spec(**spec)))
        )

    async def with_trial(self, study: study_pb2.Study, worker: str = "gpu-0") -> trial_pb2.Trial:
        """A trial that was just handed out, with its token."""
        request = trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker=worker)
        return (await self.trials.SuggestTrials(request, timeout=20)).trials[0]


def a_spec(**fields: object) -> study_pb2.StudySpec:
    """`lr` in [0, 1], minimise `loss`, random search, no baseline."""
    spec = study_pb2.StudySpec(
        space=space_pb2.SearchSpace(
            parameters=[space_pb2.Parameter(name="lr", double=space_pb2.DoubleParameter(min=0.0, max=1.0))]
        ),
        objectives=[study_pb2.Objective(metric="loss", goal=study_pb2.GOAL_MINIMIZE)],
        strategy=study_pb2.Strategy(
            phases=[study_pb2.Phase(generator=study_pb2.Generator(random=study_pb2.RandomGenerator()))]
        ),
        no_default_baseline=True,
    )
    spec.MergeFrom(study_pb2.StudySpec(**fields))  # type: ignore[arg-type]  # fields of the message, by name
    return spec


def a_measurement(step: int = 1, **metrics: float) -> trial_pb2.Measurement:
    """Metrics at a step; `loss` is 0.5 unless said otherwise."""
    values = {"loss": 0.5} | metrics
    return trial_pb2.Measurement(step=step, metrics={k: trial_pb2.MetricValue(value=v) for k, v in values.items()})


@asynccontextmanager
async def serving(folder: Path, *, bounds: Bounds | None = None, drain_s: float = 5.0) -> AsyncIterator[ServedFront]:
    """A front on a free port, with a database in *folder*."""
    metrics, log, numbers = Metrics(), Lines(), count(1)
    store = open_sqlite(folder / "assay.db", SystemClock(), on_commit=metrics.commit)
    analyses = SharedAnalyses(store, InlineAnalyst())
    tools = Tools(ids=FakeIds(), scheduler_of=scheduler_of, rungs=RungCache())
    source = RandomSource(store)
    trials = TrialService(store, tools, Waiting(store, source, tools), Watching(store))
    wrapper = Wrapper(metrics=metrics, log=log, new_id=lambda: f"drawn-{next(numbers)}")
    made = handlers(
        StudyService(store, tools),
        trials,
        AnalysisService(store, analyses),
        wrapper=wrapper,
        metrics=metrics,
        bounds=bounds or Bounds(),
    )
    server = RpcServer(made, Listening(address="127.0.0.1:0"))
    await server.start()
    address = f"127.0.0.1:{server.port}"
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield ServedFront(
                address=address,
                channel=channel,
                store=store,
                source=source,
                trials_service=trials,
                server=server,
                metrics=metrics,
                log=log,
            )
    finally:
        trials.drain()
        await server.stop(drain_s)
        await analyses.close()
        await store.close()
