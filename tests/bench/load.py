"""The load generator's process: clients that ask, report and complete as fast as they are answered.

    python -m tests.bench.load PLAN      (started by tests.bench.fleet)

It connects, prints a line, waits for a line, runs its plan, and prints what it found. Stubs are raw: a request is
a message that was serialised before the clock runs, and only suggestions and directives are parsed, so that the
load costs the same whoever answers.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc

from assay.v1 import trial_pb2, trial_service_pb2
from tests.bench import studies
from tests.bench.methods import COMPLETE, LOAD, REPORT, SUGGEST
from tests.bench.plan import Found, Plan, plan_from_json, to_json

REPORTS = 3
TIMEOUT_S = 30.0


class Stopwatch:
    """What is measured, and when."""

    def __init__(self, plan: Plan, begin: float) -> None:
        self._from = begin + plan.warm_up_s
        self._to = self._from + plan.seconds if plan.seconds is not None else float("inf")
        self._left = plan.trials
        self.found = Found(latencies_ms={path: [] for path in LOAD})

    def another(self) -> bool:
        """Whether a client shall begin another trial."""
        if self._left is None:
            return not self.is_over()
        self._left -= 1
        return self._left >= 0

    def is_over(self) -> bool:
        """Whether the window has passed."""
        return time.perf_counter() >= self._to

    def is_measured(self, at: float) -> bool:
        return self._from <= at <= self._to

    def close(self, now: float) -> Found:
        """What was found, over the window that it was found in."""
        self.found.window_s = min(now, self._to) - self._from
        self.found.cpu_s = time.process_time()
        return self.found


class Client:
    """One worker on a connection of its own."""

    def __init__(self, channel: grpc.aio.Channel, plan: Plan, name: str, watch: Stopwatch) -> None:
        self._calls: dict[str, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {
            path: channel.unary_unary(path) for path in LOAD
        }
        self._plan, self._name, self._watch = plan, name, watch
        self._id = str(uuid.uuid4())[:24]
        self._num = 0

    async def run(self) -> None:
        """Work through trials until there shall be no other."""
        while self._watch.another():
            trial = await self._ask()
            if trial is None:
                return
            try:
                await self._train(trial)
            except grpc.aio.AioRpcError as e:
                self._count(e)
                continue
            if self._watch.is_measured(time.perf_counter()):
                self._watch.found.trials += 1

    async def _ask(self) -> trial_pb2.Trial | None:
        """A trial; None when the study is over, or the window is."""
        while not self._watch.is_over():
            request = trial_service_pb2.SuggestTrialsRequest(
                parent=self._plan.study, worker=self._name, request_id=self._request_id()
            )
            try:
                at, bytes_ = await self._call(SUGGEST, request.SerializeToString())
            except grpc.aio.AioRpcError as e:
                self._count(e)
                await asyncio.sleep(0.1)  # as a polite client does after a refusal
                continue
            answer = trial_service_pb2.SuggestTrialsResponse.FromString(bytes_)
            if answer.trials:
                self._keep(SUGGEST, at)
                self._credit(answer.trials[0])
                return answer.trials[0]
            if answer.end_reason:
                return None
            self._watch.found.empty += self._watch.is_measured(at)
            await asyncio.sleep(answer.retry_delay.ToTimedelta().total_seconds())
        return None

    async def _train(self, trial: trial_pb2.Trial) -> None:
        """To the end of the trial, or until told to leave it."""
        if trial.HasField("until_step"):
            await self._to_rungs(trial)
            return
        for step in range(1, REPORTS + 1):
            if self._plan.think_s:
                await asyncio.sleep(self._plan.think_s / REPORTS)
            await self._report(trial, step)
        request = trial_service_pb2.CompleteTrialRequest(
            name=trial.name, lease_token=trial.lease.token, request_id=self._request_id()
        )
        at, _ = await self._call(COMPLETE, request.SerializeToString())
        self._keep(COMPLETE, at)

    async def _to_rungs(self, trial: trial_pb2.Trial) -> None:
        step = trial.until_step
        while True:
            directive = (await self._report(trial, step)).directive
            if directive.action != trial_pb2.DIRECTIVE_ACTION_CONTINUE:
                return
            step = directive.until_step

    async def _report(self, trial: trial_pb2.Trial, step: int) -> trial_service_pb2.ReportMeasurementsResponse:
        request = trial_service_pb2.ReportMeasurementsRequest(
            name=trial.name, lease_token=trial.lease.token, request_id=self._request_id()
        )
        measurement = request.measurements.add(step=step, cost=1.0)
        for metric, value in studies.metrics(trial.configuration, step).items():
            measurement.metrics[metric].value = value
        at, bytes_ = await self._call(REPORT, request.SerializeToString())
        self._keep(REPORT, at)
        return trial_service_pb2.ReportMeasurementsResponse.FromString(bytes_)

    async def _call(self, path: str, request: bytes) -> tuple[float, bytes]:
        """When the call began, and the answer."""
        at = time.perf_counter()
        return at, await self._calls[path](request, timeout=TIMEOUT_S)

    def _keep(self, path: str, began: float) -> None:
        now = time.perf_counter()
        if self._watch.is_measured(now):
            self._watch.found.latencies_ms[path].append((now - began) * 1000)

    def _credit(self, trial: trial_pb2.Trial) -> None:
        if self._watch.is_measured(time.perf_counter()):
            generator = trial.generation.generator or trial_pb2.TrialOrigin.Name(trial.origin)
            counts = self._watch.found.generators
            counts[generator] = counts.get(generator, 0) + 1

    def _count(self, error: grpc.aio.AioRpcError) -> None:
        found = self._watch.found
        found.errors[error.code().name] = found.errors.get(error.code().name, 0) + 1
        found.example = found.example or error.details() or ""

    def _request_id(self) -> str:
        """Unique, and as long as those of a real client: 36 characters."""
        self._num += 1
        return f"{self._id}{self._num:012d}"


@asynccontextmanager
async def _channels(plan: Plan) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Connected, one for each client: by default grpc would let them share one connection."""
    async with AsyncExitStack() as stack:
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(plan.target, options))
            for _ in range(plan.clients)
        ]
        await asyncio.gather(*(channel.channel_ready() for channel in channels))
        yield channels


async def _run(plan: Plan) -> Found:
    async with _channels(plan) as channels:
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        watch = Stopwatch(plan, time.perf_counter())
        clients = [Client(channel, plan, f"{plan.worker}-{i}", watch) for i, channel in enumerate(channels)]
        await asyncio.gather(*(client.run() for client in clients))
        return watch.close(time.perf_counter())


if __name__ == "__main__":
    print(to_json(asyncio.run(_run(plan_from_json(sys.argv[1])))), flush=True)
