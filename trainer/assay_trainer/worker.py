"""The worker process: asks a server for trials of a study and trains them, one after the other.

The only module of the trainer that knows the client. The client heartbeats in the background and
repeats its calls while a server is away, so a restart of the server costs a worker nothing.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path

import torch

import assay
from assay_trainer.checkpoints import Checkpoints
from assay_trainer.config import Precision, TrainConfig
from assay_trainer.data.dataset import BadData
from assay_trainer.departure import Departure
from assay_trainer.devices import (
    UnknownPrecision,
    UnsupportedDevice,
    UnsupportedPrecision,
    find_device,
    find_precision,
    require_precision,
)
from assay_trainer.fidelity import Fidelity, UnknownFidelity, find_fidelity
from assay_trainer.flat import ConfigError, checked
from assay_trainer.metrics import TrainerMetrics
from assay_trainer.records import Provenance
from assay_trainer.session import CostUnit, Job, Report, run_trial
from assay_trainer.space import Value
from assay_trainer.tasks.description import BadTask
from assay_trainer.tasks.table import UnknownTask, find_task, open_task

logger = logging.getLogger(__name__)

REFUSALS = (
    BadData,
    BadTask,
    ConfigError,
    UnknownFidelity,
    UnknownPrecision,
    UnknownTask,
    UnsupportedDevice,
    UnsupportedPrecision,
)
"""What is wrong with how a worker was started; the message says it all."""
NO_WAY_ON = (assay.Unavailable, assay.DeadlineExceeded, assay.Unauthenticated, assay.PermissionDenied)
"""What would happen with the next trial again."""
CONNECT_TIMEOUT_S = 60.0
"""Workers are started together with their server, which may take its time."""
BAD_REQUEST = 2
"""Exit status, as command line tools have it for wrong arguments."""


def main(
    server: str,
    study: str,
    *,
    worker: str | None = None,
    checkpoint_dir: str,
    device: str = "auto",
    precision: str | None = None,
    metrics_port: int | None = None,
    project: str = "default",
    task: str = "digits",
    threads: int = 1,
    epochs: int = 27,
    costs: str = CostUnit.SECONDS,
) -> int:
    """Train trials of *study* until it is over or a signal says to leave; the exit status.

    *worker* names this process among all workers and defaults to host and process id. Several workers
    must share *checkpoint_dir* to take over each other's trials without loss of time. *task* is a name
    of `tasks.table` or a file that describes one. *epochs* is the length of a training where the study's fidelity
    is not epochs. *costs* is a `CostUnit`. *threads* are torch's on a CPU: one a worker,
    because several workers share a machine.
    """
    try:
        target = find_device(device)
        described = find_task(task)
        base = described.base if precision is None else _with_precision(described.base, find_precision(precision))
        require_precision(base.training.precision, target)
        data = open_task(described).for_search()
    except REFUSALS as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all
        return BAD_REQUEST
    if target.type == "cpu":
        torch.set_num_threads(threads)
    departure, metrics = Departure(), TrainerMetrics()
    with ExitStack() as stack:
        stack.enter_context(departure.announced_by_signals())
        if metrics_port is not None:
            stack.enter_context(metrics.served(metrics_port))
        client = stack.enter_context(assay.Client(server, project=project, connect_timeout_s=CONNECT_TIMEOUT_S))
        handle = client.get_study(study)
        budget = handle.spec.fidelity
        try:
            fidelity = Fidelity.EPOCH if budget is None else find_fidelity(budget.name)
        except UnknownFidelity as error:
            logger.error("study %s: %s", study, error)  # noqa: TRY400 - the message says it all
            return BAD_REQUEST
        full = epochs if budget is None else budget.max
        job = Job(
            study=handle.id,
            # With the uid: a study of the same name that was deleted left checkpoints behind.
            folder=f"{handle.id}-{handle.record.uid}",
            data=data,
            max_epochs=full if fidelity is Fidelity.EPOCH else epochs,
            fidelity=fidelity,
            full=full,
            costs=CostUnit(costs),
            base=base,
            device=str(target),
            checkpoints=Checkpoints(Path(checkpoint_dir)),
            metrics=metrics,
            is_stopping=departure.is_due,
        )
        _work(handle, job, worker or f"{socket.gethostname()}-{os.getpid()}", departure)
    return 0


def _work(study: assay.Study, job: Job, worker: str, departure: Departure) -> None:
    """One trial after the other; an attempt that dies is told to the server and does not end the worker."""
    for trial in study.trials(worker=worker, stop=departure.event):
        outcome = "lost"  # if the client leaves the block for us, then because another worker has the trial
        try:
            with trial:
                outcome = run_trial(LeasedFromServer(trial, job.fidelity, job.full), job)
        except NO_WAY_ON:
            raise
        except Exception:
            outcome = "failed"
            logger.exception("trial %d failed", trial.number)
        job.metrics.trial_left(job.study, outcome)
        logger.info("trial %d: %s", trial.number, outcome)
        if departure.is_due():
            return


class LeasedFromServer:
    """The client's trial as a session sees it."""

    def __init__(self, trial: assay.ActiveTrial, fidelity: Fidelity, full: int) -> None:
        self._trial, self._fidelity, self._full = trial, fidelity, full

    @property
    def number(self) -> int:
        return self._trial.number

    @property
    def attempt(self) -> int:
        return self._trial.attempt

    @property
    def params(self) -> Mapping[str, Value]:
        return self._trial.params

    @property
    def seed(self) -> int:
        return self._trial.seed

    @property
    def checkpoint(self) -> str | None:
        return self._trial.checkpoint

    @property
    def start_step(self) -> int:
        return self._trial.start_step

    @property
    def should_stop(self) -> bool:
        return self._trial.should_stop

    def steps(self) -> Iterator[int]:
        """A study without a fidelity sets no end, so we do; the client then completes the trial."""
        steps = takewhile(lambda step: step <= self._full, self._trial.steps())
        return steps if self._fidelity is Fidelity.EPOCH else filter(self._ends_budget, steps)

    def _ends_budget(self, step: int) -> bool:
        return step == (self._trial.until_step or self._full)

    def report(self, report: Report) -> None:
        self._trial.report(
            report.metrics,
            step=report.step,
            checkpoint=report.checkpoint,
            cost=report.cost,
            provenance=_provenance(report.provenance),
        )

    def release(self, checkpoint: str | None) -> None:
        self._trial.release(checkpoint=checkpoint)

    def infeasible(self, reason: str) -> None:
        self._trial.infeasible(reason)


def _with_precision(base: TrainConfig, precision: Precision) -> TrainConfig:
    fields = base.model_dump()
    fields["training"]["precision"] = precision
    return checked(fields)


def _provenance(record: Provenance) -> assay.Provenance:
    return assay.Provenance(
        seed=record.seed,
        code_version=record.code.version,
        code_dirty=record.code.is_dirty,
        dataset_fingerprint=record.dataset_fingerprint,
        evaluation_protocol=record.evaluation_protocol,
        environment=record.environment,
        hardware=record.hardware,
    )
