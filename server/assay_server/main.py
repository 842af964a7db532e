"""The composition root: settings, store, policy host, services, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import structlog

from assay_server.app.reap import reap
from assay_server.app.rungs import RungCache
from assay_server.app.tools import Tools
from assay_server.app.waiting import Waiting
from assay_server.domain.errors import Unavailable
from assay_server.http.gauges import Gauges
from assay_server.http.metrics_port import MetricsPort
from assay_server.metrics import Metrics
from assay_server.policy.analyses import SharedAnalyses
from assay_server.policy.buffer import Refiller
from assay_server.policy.host import HostSettings, ProcessHost
from assay_server.ports import Store
from assay_server.rpc.analyses import AnalysisService
from assay_server.rpc.calls import Wrapper
from assay_server.rpc.logs import StructuredCallLog, configure
from assay_server.rpc.server import Listening, RpcServer, Tls
from assay_server.rpc.services import Bounds, handlers
from assay_server.rpc.studies import StudyService
from assay_server.rpc.trials import TrialService
from assay_server.rpc.watching import Watching
from assay_server.schedulers.table import scheduler_of
from assay_server.settings import Settings, SettingsError, is_terminal, load
from assay_server.store.errors import StoreError
from assay_server.store.sqlite import open_sqlite
from assay_server.system import RandomIds, SystemClock

ANSWERS_KEPT = timedelta(hours=24)
"""As the contract promises for request_ids."""
JANITOR_INTERVAL_S = 600.0
REAP_BATCH = 100
"""Leases that one act takes back: other acts go between."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a server takes calls."""

    address: str
    """host:port of gRPC, with the port that was bound."""
    metrics_address: str | None


def main(argv: Sequence[str] | None = None) -> int:
    """Run a server until SIGTERM or SIGINT; the exit code, 2 for a wrong setting, 1 when it cannot start."""
    try:
        settings = load(sys.argv[1:] if argv is None else argv)
    except SettingsError as wrong:
        sys.stderr.write(f"assay server: {wrong}\n")
        return 2
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve(settings))
    except (StoreError, OSError, RuntimeError) as failed:
        sys.stderr.write(f"assay server: {failed}\n")
        return 1
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where there is one: a call costs a tenth less."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def serve(
    settings: Settings, *, on_ready: Callable[[Ready], None] | None = None, stopping: asyncio.Event | None = None
) -> None:
    """Serve until *stopping* is set, or on SIGTERM or SIGINT where there is none.

    Raises:
        StoreError: the database cannot be opened.
        OSError, RuntimeError: an address cannot be bound.
    """
    style = settings.log_format if settings.log_format != "auto" else ("console" if is_terminal() else "json")
    configure(style=style, level=settings.log_level)
    if stopping is None:
        stopping = _stop_on_signals()
    async with running(settings) as ready:
        _announce(settings, ready)
        # Imported late by the first ranking, which shall not wait for it.
        warming = asyncio.get_running_loop().run_in_executor(None, importlib.import_module, "moocore")
        if on_ready is not None:
            on_ready(ready)
        await stopping.wait()
        structlog.get_logger("assay").info("draining", seconds=settings.drain_s)
        await warming


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Ready]:
    """A server that takes calls within the block, and drains at its end."""
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        store = open_sqlite(settings.database_path, clock, on_commit=metrics.commit)
        stack.push_async_callback(store.close)
        tools = Tools(ids=RandomIds(), scheduler_of=scheduler_of, rungs=RungCache())
        host = ProcessHost(_host_settings(settings), metrics=metrics)
        stack.push_async_callback(host.close)
        analyses = SharedAnalyses(store, host)
        stack.push_async_callback(analyses.close)
        refiller = Refiller(store, host, clock, metrics=metrics, warm=host.warm)
        stack.push_async_callback(refiller.close)
        await refiller.start()
        _keep_running(stack, "reaper", lambda: _reap(store, tools, metrics, settings.reap_interval_s))
        _keep_running(stack, "janitor", lambda: _forget_answers(store))
        _keep_running(stack, "gauges", Gauges(store, metrics, interval_s=settings.gauges_interval_s).run)

        trials = TrialService(store, tools, Waiting(store, refiller, tools), Watching(store))
        server = _rpc_server(settings, metrics, StudyService(store, tools), trials, AnalysisService(store, analyses))
        port = _metrics_port(settings, metrics)
        if port is not None:
            stack.callback(port.close)
            port.start()
        # What is loaded stays: a collection that looks through it would stop every call for tens of milliseconds.
        gc.freeze()
        await server.start()
        metrics.up.set(1)
        try:
            host_name = settings.listen.rpartition(":")[0]
            metrics_host = settings.metrics.rpartition(":")[0]
            yield Ready(f"{host_name}:{server.port}", None if port is None else f"{metrics_host}:{port.port}")
        finally:
            metrics.up.set(0)
            await server.announce_end()
            trials.drain()
            await server.stop(settings.drain_s)


def _rpc_server(
    settings: Settings, metrics: Metrics, studies: StudyService, trials: TrialService, analyses: AnalysisService
) -> RpcServer:
    start, numbers = os.urandom(4).hex(), count(1)
    wrapper = Wrapper(metrics=metrics, log=StructuredCallLog(), new_id=lambda: f"{start}-{next(numbers)}")
    bounds = Bounds(
        max_calls=settings.max_calls,
        max_vital_calls=settings.max_vital_calls,
        max_watches=settings.max_watches,
        max_call_s=settings.max_call_s,
    )
    tls = None
    if settings.tls_certificate is not None and settings.tls_key is not None:
        tls = Tls(certificate=settings.tls_certificate, key=settings.tls_key)
    listening = Listening(
        address=settings.listen,
        tls=tls,
        reflection=settings.reflection,
        max_message_bytes=settings.max_message_bytes,
        max_connection_age_s=settings.max_connection_age_s,
    )
    return RpcServer(handlers(studies, trials, analyses, wrapper=wrapper, metrics=metrics, bounds=bounds), listening)


def _host_settings(settings: Settings) -> HostSettings:
    return HostSettings(
        extensions_dir=settings.cache_dir / "torch_extensions",
        max_models=settings.policy_processes,
        model_deadline_s=settings.generation_deadline_s,
        model_memory_bytes=settings.generation_memory_mb << 20,
    )


def _metrics_port(settings: Settings, metrics: Metrics) -> MetricsPort | None:
    if settings.metrics == "off":
        return None
    host, _, port = settings.metrics.rpartition(":")
    return MetricsPort(
        host, int(port), metrics.registry, is_serving=lambda: metrics.registry.get_sample_value("assay_up") == 1
    )


async def _reap(store: Store, tools: Tools, metrics: Metrics, interval_s: float) -> None:
    while True:
        found = await store.act(lambda uow: reap(uow, tools, REAP_BATCH))
        metrics.leases_expired.inc(found.num_leases_expired)
        if found.num_leases_expired < REAP_BATCH:
            await asyncio.sleep(interval_s)


async def _forget_answers(store: Store) -> None:
    while True:
        await store.act(lambda uow: uow.forget_answers(ANSWERS_KEPT))
        await asyncio.sleep(JANITOR_INTERVAL_S)


def _keep_running(stack: AsyncExitStack, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a task of the background until the stack is closed; a fault is logged, and it starts again."""
    task = asyncio.create_task(_again(name, run), name=name)

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


async def _again(name: str, run: Callable[[], Awaitable[None]]) -> None:
    log = structlog.get_logger("assay")
    while True:
        try:
            await run()
        except Unavailable:
            return
        except Exception:
            log.exception("background task failed", task=name)
            await asyncio.sleep(1.0)


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _announce(settings: Settings, ready: Ready) -> None:
    if settings.ready_file is not None:
        _write_ready(settings.ready_file, ready)
    metrics = f", metrics on http://{ready.metrics_address}/metrics" if ready.metrics_address else ""
    sys.stdout.write(f"assay server ready on {ready.address} (database {settings.database}{metrics})\n")
    sys.stdout.flush()


def _write_ready(path: Path, ready: Ready) -> None:
    """At once and as a whole: whoever waits for the file reads all of it."""
    half = path.with_suffix(f"{path.suffix}.part")
    half.write_text(json.dumps({"address": ready.address, "metrics_address": ready.metrics_address}))
    half.replace(path)


if __name__ == "__main__":
    sys.exit(main())
