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

from assay_trainer.checkpoints import CheckpointLost, Checkpoints
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
        _Session(trial, job).run()
    except Interrupted:
        return Outcome.RELEASED
    except (ConfigError, NonFiniteLoss) as error:
        trial.infeasible(str(error))
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        trial.infeasible(f"out of memory: {error}")
    else:
        return Outcome.OBEYED
    return Outcome.INFEASIBLE


class _Session:
    def __init__(self, trial: LeasedTrial, job: Job) -> None:
        self._trial, self._job = trial, job
        self._started = perf_counter()
        self._saved = trial.checkpoint
        self._config = _config_of(trial, job)
        self._engine, self._footprint = self._resume()
        self._provenance = collect_provenance(
            seed=self._config.seed,
            dataset_fingerprint=job.data.fingerprint,
            evaluation_protocol=EVALUATION_PROTOCOL,
            device=self._engine.device,
            precision=self._config.precision,
        )

    def run(self) -> None:
        for step in self._trial.steps():
            try:
                results = [self._count(result) for result in self._engine.epochs(step)]
            except Interrupted:
                self._trial.release(self._saved)
                raise
            assert results, f"asked for epoch {step} at epoch {self._engine.epoch}"
            self._saved = self._save()
            self._trial.report(self._report(results[-1], self._saved))

    def _resume(self) -> tuple[Engine, Footprint]:
        """The engine where the trial was left, and what is known of its model.

        A trial whose checkpoint is gone is trained again from the start: the same weights, later.
        """
        if self._trial.checkpoint is not None:
            try:
                return self._restored(self._trial.checkpoint)
            except (CheckpointLost, StateMismatch) as error:
                logger.warning("trial %d starts from scratch: %s", self._trial.number, error)
        engine = self._new_engine()
        shape, batch_size = shape_of(self._job.data), self._config.inference_batch_size
        footprint = measure_footprint(engine.model, shape, batch_size=batch_size, device=engine.device)
        return engine, footprint

    def _restored(self, uri: str) -> tuple[Engine, Footprint]:
        resumed = self._job.checkpoints.load(uri)
        for reason in resumed.skipped:
            logger.warning("trial %d goes on from %s: %s", self._trial.number, resumed.uri, reason)
        if resumed.epoch > self._trial.start_step:
            raise CheckpointLost(uri, (f"is of epoch {resumed.epoch}, ahead of {self._trial.start_step}",))
        engine = self._new_engine()
        state, footprint = resumed.state["engine"], resumed.state["footprint"]
        assert isinstance(state, dict)
        assert isinstance(footprint, dict)
        engine.restore(state)
        return engine, Footprint(**footprint)

    def _new_engine(self) -> Engine:
        job = self._job
        return Engine(
            job.data,
            self._config,
            max_epochs=job.max_epochs,
            device=job.device,
            is_interrupted=job.is_stopping,
        )

    def _count(self, result: EpochResult) -> EpochResult:
        self._job.metrics.epoch_done(self._job.study, result)
        return result

    def _save(self) -> str:
        """The footprint goes along: measured again elsewhere, one trial would have two latencies."""
        started = perf_counter()
        state: dict[str, object] = {"engine": self._engine.state(), "footprint": asdict(self._footprint)}
        name = f"{self._job.folder}/trial-{self._trial.number}"
        uri = self._job.checkpoints.save(name, state, epoch=self._engine.epoch, attempt=self._trial.attempt)
        self._job.metrics.checkpoint_written(self._job.study, perf_counter() - started)
        return uri

    def _report(self, result: EpochResult, checkpoint: str) -> Report:
        now = perf_counter()
        cost_s, self._started = now - self._started, now
        metrics = {
            "val_error": result.validation_error,
            "val_loss": result.validation_loss,
            "train_loss": result.train_loss,
            "latency_ms": self._footprint.latency_ms,
            "latency_p95_ms": self._footprint.latency_p95_ms,
            "params": float(self._footprint.num_params),
            "flops": float(self._footprint.flops),
        }
        return Report(metrics=metrics, cost_s=cost_s, checkpoint=checkpoint, provenance=self._provenance)


def _config_of(trial: LeasedTrial, job: Job) -> TrainConfig:
    # The wire allows any 64 bits; torch wants what is not negative.
    return config_from_flat(trial.params, seed=trial.seed % 2**63, precision=job.precision)
