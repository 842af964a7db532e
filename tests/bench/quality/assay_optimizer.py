"""Assay as it is used: a server of its own, gRPC over TCP, SQLite on disk, a fleet that asks, reports and obeys.

Freshness is STRICT: a suggestion sees every result that was delivered before it was asked for, and every trial that is
still running, as pending. So what a run finds depends on its seed and on virtual time, not on how fast the machine is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psutil

import assay
from assay import decode_spec
from assay.cli.spec.study import read_specification
from tests.bench.processes import Running
from tests.bench.quality.optimizer import Job
from tests.bench.quality.problem import Metrics, Problem

LEASE_TTL_S = 86_400.0
"""The longest there is: a worker of the virtual fleet sends no heartbeats while others' fits take real time."""
PATIENCE_S = 30.0
"""Our own server does not go away; when it does, the run has failed."""
WAIT_S = 5.0
"""Of one ask. After it, policy processes that did nothing meanwhile are taken to have nothing to propose."""
IDLE_SHARE = 0.05
"""Of a core, below which they did nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the study is created: as it comes, but for what is said here."""

    strategy: str = ""
    """YAML, as in a specification; empty: the server chooses."""
    has_thresholds: bool = True
    """Whether the problem's reference point is told."""
    has_baseline: bool = True
    """Whether the configuration of all defaults runs first, as in every study that does not say otherwise."""


class AssayOptimizer:
    """Keeps optimizer.Optimizer."""

    def __init__(
        self, server: Running, problem: Problem, options: Options, *, num_workers: int, seed: int, budget: float
    ) -> None:
        self._server = server
        self._client = assay.Client(server.target, patience_s=PATIENCE_S)
        self._problem = problem
        self._held: dict[str, assay.ActiveTrial] = {}
        self._cpu = PolicyCpu(server.process)
        spec = specification(problem, options, num_workers=num_workers, seed=seed, budget=budget)
        self._study = self._client.create_study_from("", spec)

    def ask(self, worker: int) -> Job | None:
        """See optimizer.Optimizer."""
        while True:
            before_s = self.cpu_s()
            trials = self._study.ask(f"worker-{worker}", timeout=WAIT_S)
            if trials:
                return self._job(trials[0])
            is_idle = self.cpu_s() - before_s < IDLE_SHARE * WAIT_S
            if self._study.is_over or is_idle:
                return None

    def report(self, job: Job, step: int, metrics: Metrics) -> bool:
        """See optimizer.Optimizer."""
        trial = self._held[job.id]
        cost = 1.0 / self._problem.max_step
        trial.report(metrics, step=step, cost=cost, checkpoint=f"bench:{trial.number}/{step}")
        return trial.should_stop

    def tell(self, job: Job, step: int, metrics: Metrics) -> None:
        """See optimizer.Optimizer."""
        trial = self._held.pop(job.id)
        if not trial.should_stop:
            trial.complete(metrics)

    def cpu_s(self) -> float:
        """See optimizer.Optimizer: of the policy processes, without the front."""
        return self._cpu.seconds()

    def close(self) -> None:
        """See optimizer.Optimizer."""
        self._study.delete()
        self._client.close()

    def _job(self, trial: assay.ActiveTrial) -> Job:
        self._held[trial.name] = trial
        record = self._study.trial(trial.number)
        return Job(
            id=trial.name,
            configuration=trial.params,
            from_step=trial.start_step if self._problem.has_fidelity else None,
            reports_steps=self._problem.has_fidelity,
            origin=record.generator or record.origin,
        )


class PolicyCpu:
    """Time on a core of a server's child processes; those that ended keep what they were last seen with."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._seconds: dict[int, float] = {}

    def seconds(self) -> float:
        """So far, since the server's start."""
        for child in self._server.children(recursive=True):
            try:
                times = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            self._seconds[child.pid] = float(times.user + times.system)
        return sum(self._seconds.values())


def specification(problem: Problem, options: Options, *, num_workers: int, seed: int, budget: float) -> assay.StudySpec:
    """The study of a run."""
    thresholds: Sequence[float | None] = problem.reference or [None] * len(problem.objectives)
    if not options.has_thresholds:
        thresholds = [None] * len(problem.objectives)
    return assay.study_spec(
        space=problem.space,
        objectives=[
            assay.minimize(metric, threshold=threshold)
            for metric, threshold in zip(problem.objectives, thresholds, strict=True)
        ],
        constraints=[f"`{metric}` <= 0" for metric in problem.constraints],
        fidelity=assay.Fidelity("step", min=1, max=problem.max_step) if problem.has_fidelity else None,
        budget=assay.Budget(
            trials=None if problem.has_fidelity else round(budget),
            cost=budget if problem.has_fidelity else None,
            parallelism=num_workers,
        ),
        strategy=replace(strategy_of(options.strategy), freshness=assay.Freshness.STRICT),
        seed=seed,
        baseline=options.has_baseline,
        lease_ttl=LEASE_TTL_S,
    )


def strategy_of(text: str) -> assay.Strategy:
    """The strategy that YAML says; that of the server's choice when it is empty.

    Raises:
        SpecificationError: it cannot be read; lines count from the strategy's first.
    """
    if not text.strip():
        return assay.Strategy()
    around = (
        f"strategy:\n{textwrap.indent(text, '  ')}\nspace: {{x: {{double: [0, 1]}}}}\nobjectives: [{{minimize: y}}]\n"
    )
    return decode_spec.strategy(read_specification(around).spec.strategy)
