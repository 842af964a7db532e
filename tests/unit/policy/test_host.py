"""The policy host with real processes: whatever happens to one of them costs one generation at most."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

import psutil
import pytest

from assay_server.domain.errors import Unavailable
from assay_server.domain.strategy import Bayesian, Freshness, Grid, Random, Sobol
from assay_server.policy.host import GenerationFailed, HostSettings, ProcessHost, Why
from assay_server.ports import Exhausted
from assay_server.strategies.table import GeneratorTable, Row
from tests.unit.policy.studies import a_snapshot

HERE = "tests.unit.policy.generators"
GENEROUS = 60.0


class Counted:
    """Metrics that a test can read."""

    def __init__(self) -> None:
        self.generations: list[tuple[str, int]] = []
        self.fallbacks: list[tuple[str, str, str]] = []
        self.lost: list[str] = []

    def generation(self, generator: str, seconds: float, count: int) -> None:
        assert seconds > 0
        self.generations.append((generator, count))

    def fallback(self, generator: str, answered_by: str, why: str) -> None:
        self.fallbacks.append((generator, answered_by, why))

    def process_lost(self, why: str) -> None:
        self.lost.append(why)

    def analysis(self, outcome: str, seconds: float) -> None:
        raise AssertionError("nobody asked")

    def buffer(self, study: str, depth: int, age_s: float) -> None:
        raise AssertionError("the host has no buffer")

    def forget(self, study: str) -> None:
        raise AssertionError("the host knows no studies")


@asynccontextmanager
async def a_host(
    tmp_path: Path, model: str, *, counted: Counted | None = None, others: str = "Plain", deadline_s: float = GENEROUS
) -> AsyncIterator[ProcessHost]:
    """With *model* as the Bayesian generator and *others* as all those after it."""
    table = {
        Bayesian: Row(target=f"{HERE}:{model}", is_model_based=True, fallbacks=(Sobol, Random)),
        Sobol: Row(target=f"{HERE}:{others}", fallbacks=(Random,)),
        Random: Row(target=f"{HERE}:{others}"),
        Grid: Row(target=f"{HERE}:Plain"),
    }
    settings = HostSettings(
        extensions_dir=tmp_path / "extensions", model_deadline_s=deadline_s, model_memory_bytes=200 << 20
    )
    host = ProcessHost(settings, table=table, metrics=counted)
    try:
        yield host
    finally:
        await host.close()


async def written(mark: Path) -> int:
    """The process id that a generator writes to *mark*, as soon as it is there."""
    async with asyncio.timeout(GENEROUS):
        while (pid := _read(mark)) is None:  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(0.01)
    return pid


async def gone(pid: int) -> None:
    """Wait until no such process runs."""
    async with asyncio.timeout(GENEROUS):
        while _runs(pid):  # noqa: ASYNC110 (it is not always our child)
            await asyncio.sleep(0.01)


def _read(mark: Path) -> int | None:
    return int(mark.read_text()) if mark.exists() else None


def _runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


async def test_a_generation_comes_from_the_phases_generator(tmp_path: Path) -> None:
    """Without trouble there is no fallback and no problem."""
    counted = Counted()
    async with a_host(tmp_path, "Plain", counted=counted) as host:
        generated = await host.generate(a_snapshot(first_index=5), 2)

    assert generated.configurations == ({"x": 0.005}, {"x": 0.006})
    assert generated.generator == "bayesian"
    assert (generated.fallback_from, generated.problems, generated.is_degraded) == ((), (), False)
    assert generated.seconds > 0
    assert counted.generations == [("bayesian", 2)]


async def test_a_process_is_kept_for_the_next_generation(tmp_path: Path) -> None:
    """Starting one costs seconds: it happens once. It has one thread and a private directory for kernels."""
    async with a_host(tmp_path, "TellsProcess") as host:
        first, second = [(await host.generate(a_snapshot(), 1)).configurations[0] for _ in range(2)]

    assert first["pid"] == second["pid"] != os.getpid()
    assert (first["omp"], first["dir"]) == ("1", str(tmp_path / "extensions"))


async def test_a_killed_process_is_invisible(tmp_path: Path) -> None:
    """kill -9 in the middle of a generation: the answer comes all the same, from the same generator."""
    counted = Counted()
    async with a_host(tmp_path, "HangsOnce", counted=counted) as host:
        asked = asyncio.create_task(host.generate(a_snapshot(mark=tmp_path / "mark"), 1))
        os.kill(await written(tmp_path / "mark"), signal.SIGKILL)
        generated = await asked

    assert (generated.generator, generated.configurations) == ("bayesian", ({"x": 0.0},))
    assert (generated.fallback_from, generated.is_degraded) == ((), False)
    assert "SIGKILL" in generated.problems[0]
    assert counted.lost == ["died"]


async def test_a_process_killed_while_idle_is_invisible(tmp_path: Path) -> None:
    """The next generation does not meet its corpse."""
    async with a_host(tmp_path, "TellsProcess") as host:
        first = (await host.generate(a_snapshot(), 1)).configurations[0]["pid"]
        assert isinstance(first, int)
        os.kill(first, signal.SIGKILL)
        generated = await host.generate(a_snapshot(), 1)

    assert generated.generator == "bayesian"
    assert generated.configurations[0]["pid"] != first


async def test_an_overrun_deadline_falls_back_and_ends_the_process(tmp_path: Path) -> None:
    """A fit that hangs costs its deadline once; nothing of it is left."""
    counted = Counted()
    async with a_host(tmp_path, "Hangs", counted=counted, deadline_s=0.5) as host:
        generated = await host.generate(a_snapshot(mark=tmp_path / "mark"), 1)
        await gone(await written(tmp_path / "mark"))

    assert (generated.generator, generated.fallback_from, generated.is_degraded) == ("sobol", ("bayesian",), True)
    assert generated.problems == ("bayesian: no answer after 0.5 s",)
    assert counted.fallbacks == [("bayesian", "sobol", "deadline")]
    assert counted.lost == ["deadline"]


async def test_outgrown_memory_falls_back(tmp_path: Path) -> None:
    """A fit that eats the machine is ended before the machine is."""
    counted = Counted()
    async with a_host(tmp_path, "Grows", counted=counted) as host:
        generated = await host.generate(a_snapshot(), 1)

    assert (generated.generator, generated.fallback_from) == ("sobol", ("bayesian",))
    assert "more than 200 MiB" in generated.problems[0]
    assert counted.lost == ["memory"]


async def test_a_task_that_kills_its_process_is_tried_twice(tmp_path: Path) -> None:
    """Then the next generator in line answers, and everything is said."""
    counted = Counted()
    async with a_host(tmp_path, "Dies", counted=counted) as host:
        generated = await host.generate(a_snapshot(mark=tmp_path / "mark"), 1)

    assert (tmp_path / "mark").read_text() == ".."
    assert (generated.generator, generated.fallback_from) == ("sobol", ("bayesian",))
    assert len(generated.problems) == 2
    assert counted.lost == ["died", "died"]
    assert counted.fallbacks == [("bayesian", "sobol", "died")]


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("Raises", "bayesian: ZeroDivisionError: the model has no data points"),
        ("Empty", "bayesian: 0 configurations, not 1 to 1"),
        ("Missing", "bayesian: AttributeError: module 'tests.unit.policy.generators' has no attribute 'Missing'"),
    ],
)
async def test_a_failing_generator_falls_back(tmp_path: Path, model: str, problem: str) -> None:
    """An exception, a broken promise, a missing module: the next one answers, in the same process."""
    async with a_host(tmp_path, model) as host:
        generated = await host.generate(a_snapshot(), 1)

    assert (generated.generator, generated.problems, generated.is_degraded) == ("sobol", (problem,), True)


async def test_not_being_ready_is_no_failure(tmp_path: Path) -> None:
    """Without data the next one answers; that is normal."""
    counted = Counted()
    async with a_host(tmp_path, "Unready", counted=counted) as host:
        generated = await host.generate(a_snapshot(), 1)

    assert (generated.generator, generated.fallback_from, generated.is_degraded) == ("sobol", ("bayesian",), False)
    assert counted.fallbacks == [("bayesian", "sobol", "not_ready")]


async def test_exhaustion_is_not_answered_by_another(tmp_path: Path) -> None:
    """When there is nothing more to propose, nobody proposes."""
    async with a_host(tmp_path, "Spent") as host:
        with pytest.raises(Exhausted, match="all tried"):
            await host.generate(a_snapshot(), 1)


async def test_when_everybody_fails_the_reasons_are_told(tmp_path: Path) -> None:
    """One sentence each."""
    async with a_host(tmp_path, "Raises", others="Raises") as host:
        with pytest.raises(GenerationFailed, match=r"bayesian: .*; sobol: .*; random: "):
            await host.generate(a_snapshot(), 1)


async def test_what_a_library_prints_is_not_an_answer(tmp_path: Path) -> None:
    """The protocol has a pipe of its own."""
    async with a_host(tmp_path, "Chatty") as host:
        generated = await host.generate(a_snapshot(), 1)

    assert (generated.generator, generated.problems) == ("bayesian", ())


async def test_a_fit_delays_no_model_free_generation(tmp_path: Path) -> None:
    """They have processes of their own."""
    async with a_host(tmp_path, "Hangs") as host:
        fit = asyncio.create_task(host.generate(a_snapshot(mark=tmp_path / "mark"), 1))
        await written(tmp_path / "mark")
        generated = await host.generate(a_snapshot(generator=Random()), 1)
        assert not fit.done()
        fit.cancel()
        await asyncio.gather(fit, return_exceptions=True)

    assert generated.generator == "random"


async def test_an_abandoned_generation_leaves_no_process(tmp_path: Path) -> None:
    """Cancelling the asker ends the work."""
    async with a_host(tmp_path, "Hangs") as host:
        fit = asyncio.create_task(host.generate(a_snapshot(mark=tmp_path / "mark"), 1))
        pid = await written(tmp_path / "mark")
        fit.cancel()
        await asyncio.gather(fit, return_exceptions=True)
        await gone(pid)

    assert fit.cancelled()


async def test_closing_ends_all_processes(tmp_path: Path) -> None:
    """Also the one that works: its asker is told, nothing is left."""
    async with a_host(tmp_path, "Hangs") as host:
        fit = asyncio.create_task(host.generate(a_snapshot(mark=tmp_path / "mark"), 1))
        pid = await written(tmp_path / "mark")
        await host.close()
        assert not _runs(pid)
        with pytest.raises(Unavailable):
            await fit


async def test_a_warmed_process_is_used(tmp_path: Path) -> None:
    """Warming up starts the process that the first generation then finds."""
    async with a_host(tmp_path, "TellsProcess") as host:
        host.warm()
        generated = await host.generate(a_snapshot(), 1)
        again = await host.generate(a_snapshot(), 1)

    assert generated.configurations[0]["pid"] == again.configurations[0]["pid"]


async def test_a_strict_generation_waits_for_what_is_compiled(tmp_path: Path) -> None:
    """Otherwise the same seed would give other candidates on a machine where the kernel is there already."""
    table: GeneratorTable = {Bayesian: Row(target="tests.unit.policy.preparing:Prepared", is_model_based=True)}
    host = ProcessHost(HostSettings(extensions_dir=tmp_path / "extensions"), table=table)
    buffered = a_snapshot()
    strict = replace(buffered, strategy=replace(buffered.strategy, freshness=Freshness.STRICT))
    answers = [(await host.generate(snapshot, 1)).configurations for snapshot in (buffered, strict)]
    await host.close()

    assert answers == [({"prepared": False},), ({"prepared": True},)]


def test_every_reason_of_a_fallback_is_named() -> None:
    """The label of a metric: adding one is a decision."""
    assert set(get_args(Why)) == {"not_ready", "failed", "died", "deadline", "memory", "start"}


_PARENT = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from assay_server.domain.strategy import Bayesian
from assay_server.policy.host import HostSettings, ProcessHost
from assay_server.strategies.table import GeneratorTable, Row
from tests.unit.policy.studies import a_snapshot

async def main():
    table = {Bayesian: Row(target="tests.unit.policy.generators:Hangs", is_model_based=True)}
    host = ProcessHost(HostSettings(extensions_dir=Path(sys.argv[1])), table=table)
    await host.generate(a_snapshot(mark=Path(sys.argv[2])), 1)

asyncio.run(main())
"""


async def test_a_killed_parent_leaves_no_process(tmp_path: Path, root: Path) -> None:
    """kill -9 of the server in the middle of a fit: the policy process ends by itself."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, str(tmp_path / "extensions"), str(tmp_path / "mark"), cwd=root
    )
    pid = await written(tmp_path / "mark")
    parent.kill()
    await parent.wait()

    await gone(pid)


def test_the_parent_stays_light() -> None:
    """The front loads neither torch nor ax nor scipy by importing the host."""
    code = "import sys, assay_server.policy.host; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not set(result.stdout.split()) & {"torch", "ax", "scipy"}
