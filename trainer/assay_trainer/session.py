"""One worker's time with one trial: build, resume, train, report after every epoch, obey, hand back.

It sees the trial through `LeasedTrial`, which the client's trial fits, so it can be tested without a
server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from time import perf_counter
from typing import Protocol

from assay_trainer.checkpoints import CheckpointLost, Checkpoints, Resumed
from assay_trainer.config import Precision, TrainConfig
from assay_trainer.data.labelled import SearchData
from assay_trainer.devices import is_out_of_memory
from assay_trainer.engine import (
    Engine,
    EpochResult,
    Interrupted,
    NonFiniteLoss,
    StateMismatch,
    shape_of,
)
from assay_trainer.flat import ConfigError, config_from_flat
from assay_trainer.measure import Footprint, measure_footprint
from assay_trainer.metrics import TrainerMetrics
from assay_trainer.records import Provenance, collect_provenance
from assay_trainer.space import Value

logger = logging.getLogger(__name__)

EVALUATION_PROTOCOL = "top-1 error and cross-entropy on the validation part, after each epoch; 1"
"""Changes when numbers of before and after are not to be compared."""


class LeasedTrial(Protocol):
    """A trial that this worker holds."""

    @property
    def number(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def params(self) -> Mapping[str, Value]: ...
    @property
    def seed(self) -> int: ...
    @property
    def checkpoint(self) -> str | None: ...
    @property
    def start_step(self) -> int: ...

    @property
    def should_stop(self) -> bool:
        """Whether there is nothing more to do for it: it was stopped, or another worker has it."""
        ...

    def steps(self) -> Iterator[int]:
        """Steps to train to, one after the other, until told to pause or to stop."""
        ...

    def report(self, report: Report) -> None:
        """Tell what came of the step."""
        ...

    def release(self, checkpoint: str | None) -> None:
        """Hand the trial back, to be resumed by another worker."""
        ...

    def infeasible(self, reason: str) -> None:
        """This configuration can never work; the search learns from it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is told after an epoch."""

    epoch: int
    metrics: Mapping[str, float]
    cost_s: float
    """Seconds spent since the last report, writing the checkpoint included."""
    checkpoint: str
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What stays the same for all trials of a worker."""

    study: str
    folder: str
    """Where the study's checkpoints lie below the checkpoint directory; unique among studies."""
    data: SearchData
    max_epochs: int
    """Length of the full training: the largest step of the study's fidelity."""
    device: str
    precision: Precision
    checkpoints: Checkpoints
    metrics: TrainerMetrics
    is_stopping: Callable[[], bool]
    """Whether this worker was told to leave."""


class Outcome(StrEnum):
    """How a session ended."""

    OBEYED = "obeyed"
    """The server said pause or stop, or the budget is spent."""
    RELEASED = "released"
    INFEASIBLE = "infeasible"


def run_trial(trial: LeasedTrial, job: Job) -> Outcome:
    """Train a trial as far as the server wants.

    An error that says nothing against the configuration is left to the caller.
    """
    try:
        return _Session(trial, job).run()
    except (ConfigError, NonFiniteLoss) as error:
        trial.infeasible(str(error))
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        trial.infeasible(f"out of memory: {error}")
    return Outcome.INFEASIBLE


class _Session:
    def __init__(self, trial: LeasedTrial, job: Job) -> None:
        self._trial, self._job = trial, job
        self._started = perf_counter()
        self._saved = trial.checkpoint
        self._config = _config_of(trial, job)
        self._footprint: Footprint | None = None
        self._result: EpochResult | None = None
        self._engine = self._resumed() or self._new_engine()
        self._provenance = collect_provenance(
            seed=self._config.seed,
            dataset_fingerprint=job.data.fingerprint,
            evaluation_protocol=EVALUATION_PROTOCOL,
            device=self._engine.device,
            precision=self._config.precision,
        )

    def run(self) -> Outcome:
        for step in self._trial.steps():
            try:
                self._train_to(step)
            except Interrupted:
                if self._trial.should_stop:
                    return Outcome.OBEYED
                self._trial.release(self._saved)
                return Outcome.RELEASED
            self._saved = self._save()
            self._trial.report(self._report(self._saved))
        return Outcome.OBEYED

    def _train_to(self, step: int) -> None:
        """A trial that was resumed at its very end has nothing to train: its last result is told again."""
        for result in self._engine.epochs(step):
            self._result = result
            self._job.metrics.epoch_done(self._job.study, result)

    def _resumed(self) -> Engine | None:
        """The engine where the trial was left; None when there is nothing to resume from.

        A trial whose checkpoint is gone is trained again from the start: the same weights, later.
        """
        uri = self._trial.checkpoint
        if uri is None:
            return None
        try:
            found = self._job.checkpoints.load(uri)
            for reason in found.skipped:
                logger.warning("trial %d goes on from %s: %s", self._trial.number, found.uri, reason)
            return self._restored(found)
        except (CheckpointLost, StateMismatch) as error:
            logger.warning("trial %d starts from scratch: %s", self._trial.number, error)
            return None

    def _restored(self, found: Resumed) -> Engine:
        if found.epoch > self._trial.start_step:
            raise CheckpointLost(found.uri, (f"is of epoch {found.epoch}, ahead of {self._trial.start_step}",))
        state, footprint, result = (found.state[key] for key in ("engine", "footprint", "result"))
        assert isinstance(state, dict)
        assert isinstance(footprint, dict)
        assert isinstance(result, dict)
        engine = self._new_engine()
        engine.restore(state)
        self._footprint, self._result = Footprint(**footprint), EpochResult(**result)
        return engine

    def _new_engine(self) -> Engine:
        job, trial = self._job, self._trial
        return Engine(
            job.data,
            self._config,
            max_epochs=job.max_epochs,
            device=job.device,
            is_interrupted=lambda: job.is_stopping() or trial.should_stop,
        )

    def _save(self) -> str:
        """Result and footprint go along: measured again elsewhere, one trial would have two latencies."""
        started = perf_counter()
        state: dict[str, object] = {
            "engine": self._engine.state(),
            "footprint": asdict(self._measured()),
            "result": asdict(self._last_result()),
        }
        name = f"{self._job.folder}/trial-{self._trial.number}"
        uri = self._job.checkpoints.save(name, state, epoch=self._engine.epoch, attempt=self._trial.attempt)
        self._job.metrics.checkpoint_written(self._job.study, perf_counter() - started)
        return uri

    def _measured(self) -> Footprint:
        if self._footprint is None:
            engine, shape = self._engine, shape_of(self._job.data)
            batch_size = self._config.inference_batch_size
            self._footprint = measure_footprint(engine.model, shape, batch_size=batch_size, device=engine.device)
        return self._footprint

    def _last_result(self) -> EpochResult:
        assert self._result is not None, "nothing was trained and nothing restored"
        return self._result

    def _report(self, checkpoint: str) -> Report:
        now = perf_counter()
        cost_s, self._started = now - self._started, now
        result, footprint = self._last_result(), self._measured()
        metrics = {
            "val_error": result.validation_error,
            "val_loss": result.validation_loss,
            "train_loss": result.train_loss,
            "latency_ms": footprint.latency_ms,
            "latency_p95_ms": footprint.latency_p95_ms,
            "params": float(footprint.num_params),
            "flops": float(footprint.flops),
        }
        return Report(
            epoch=result.epoch,
            metrics=metrics,
            cost_s=cost_s,
            checkpoint=checkpoint,
            provenance=self._provenance,
        )


def _config_of(trial: LeasedTrial, job: Job) -> TrainConfig:
    # The wire allows any 64 bits; torch wants what is not negative.
    return config_from_flat(trial.params, seed=trial.seed % 2**63, precision=job.precision)
