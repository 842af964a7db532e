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
from assay_trainer.departure import Departure
from assay_trainer.devices import (
    UnknownPrecision,
    UnsupportedDevice,
    UnsupportedPrecision,
    find_device,
    find_precision,
    require_precision,
)
from assay_trainer.metrics import TrainerMetrics
from assay_trainer.records import Provenance
from assay_trainer.session import Job, Report, run_trial
from assay_trainer.space import Value
from assay_trainer.tasks.table import UnknownTask, open_task

logger = logging.getLogger(__name__)

EPOCHS_WITHOUT_FIDELITY = 27
"""Length of a training when the study does not say: digits are learnt well before."""
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
    precision: str = "32-true",
    metrics_port: int | None = None,
    project: str = "default",
    task: str = "digits",
    threads: int = 1,
) -> int:
    """Train trials of *study* until it is over or a signal says to leave; the exit status.

    *worker* names this process among all workers and defaults to host and process id. Several workers
    must share *checkpoint_dir* to take over each other's trials without loss of time. *task* is a name
    of `tasks.table`. *threads* are torch's on a CPU: one a worker, because several workers share a machine.
    """
    try:
        target, chosen = find_device(device), find_precision(precision)
        require_precision(chosen, target)
        data = open_task(task)
    except (UnsupportedDevice, UnsupportedPrecision, UnknownPrecision, UnknownTask) as error:
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
        fidelity = handle.spec.fidelity
        job = Job(
            study=handle.id,
            # With the uid: a study of the same name that was deleted left checkpoints behind.
            folder=f"{handle.id}-{handle.record.uid}",
            data=data,
            max_epochs=EPOCHS_WITHOUT_FIDELITY if fidelity is None else fidelity.max,
            device=str(target),
            precision=chosen,
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
                outcome = run_trial(LeasedFromServer(trial, job.max_epochs), job)
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

    def __init__(self, trial: assay.ActiveTrial, max_epochs: int) -> None:
        self._trial, self._max_epochs = trial, max_epochs

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
        return takewhile(lambda step: step <= self._max_epochs, self._trial.steps())

    def report(self, report: Report) -> None:
        self._trial.report(
            report.metrics,
            step=report.epoch,
            checkpoint=report.checkpoint,
            cost=report.cost_s,
            provenance=_provenance(report.provenance),
        )

    def release(self, checkpoint: str | None) -> None:
        self._trial.release(checkpoint=checkpoint)

    def infeasible(self, reason: str) -> None:
        self._trial.infeasible(reason)


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
