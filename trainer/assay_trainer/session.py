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
from assay_trainer.config import TrainConfig
from assay_trainer.data.labelled import SearchData
from assay_trainer.devices import is_out_of_memory
from assay_trainer.engine import Engine
from assay_trainer.fidelity import Fidelity, at_fidelity
from assay_trainer.flat import ConfigError, config_from_flat
from assay_trainer.measure import Footprint, measure_footprint
from assay_trainer.metrics import TrainerMetrics
from assay_trainer.records import Provenance, collect_provenance
from assay_trainer.results import EpochResult, Interrupted, NonFiniteLoss, StateMismatch
from assay_trainer.space import Value

logger = logging.getLogger(__name__)

EVALUATION_PROTOCOL = (
    "top-1 error (of numbers: RMSE in deviations) and loss on the validation part, after each epoch; 2"
)
"""Changes when numbers of before and after are not to be compared."""


class CostUnit(StrEnum):
    """What a trial's cost is counted in."""

    SECONDS = "seconds"
    """Writing the checkpoint included."""
    TRAININGS = "trainings"
    """Shares of a full training: the same on every machine, and under every load."""


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
        """Steps to report, one after the other, until told to pause or to stop.

        Epochs are reported one by one, of other fidelities only the steps at which a budget ends.
        """
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
    """What is told after a step."""

    step: int
    metrics: Mapping[str, float]
    cost: float
    """Spent since the last report, in the unit of the job."""
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
    """Of a full training."""
    fidelity: Fidelity
    full: int
    """Steps of the fidelity that are the whole of it."""
    costs: CostUnit
    """Length of the full training: the largest step of the study's fidelity."""
    device: str
    base: TrainConfig
    """Every field that is not searched, the precision among them."""
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
        self._told = trial.start_step
        self._saved = trial.checkpoint
        self._config = _config_of(trial, job)
        self._footprint: Footprint | None = None
        self._result: EpochResult | None = None
        self._engine = self._resumed() or self._new_engine(job.full)
        self._provenance = collect_provenance(
            seed=self._config.seed,
            dataset_fingerprint=job.data.fingerprint,
            evaluation_protocol=EVALUATION_PROTOCOL,
            device=self._engine.device,
            precision=self._config.training.precision,
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
            self._saved = self._save(step)
            self._trial.report(self._report(step, self._saved))
        return Outcome.OBEYED

    def _train_to(self, step: int) -> None:
        """A trial that was resumed at its very end has nothing to train: its last result is told again."""
        until = step
        if self._job.fidelity is not Fidelity.EPOCH:
            self._engine, self._footprint, until = self._new_engine(step), None, self._job.max_epochs
        for result in self._engine.epochs(until):
            self._result = result
            self._job.metrics.epoch_done(self._job.study, result)

    def _resumed(self) -> Engine | None:
        """The engine where the trial was left; None when there is nothing to resume from.

        A trial whose checkpoint is gone is trained again from the start: the same weights, later.
        """
        uri = self._trial.checkpoint
        if uri is None or self._job.fidelity is not Fidelity.EPOCH:
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
        engine = self._new_engine(self._job.full)
        engine.restore(state)
        self._footprint, self._result = Footprint(**footprint), EpochResult(**result)
        return engine

    def _new_engine(self, step: int) -> Engine:
        job, trial = self._job, self._trial
        return Engine(
            job.data,
            at_fidelity(self._config, job.fidelity, step=step, full=job.full),
            max_epochs=job.max_epochs,
            device=job.device,
            is_interrupted=lambda: job.is_stopping() or trial.should_stop,
        )

    def _save(self, step: int) -> str:
        """Result and footprint go along: measured again elsewhere, one trial would have two latencies."""
        started = perf_counter()
        state: dict[str, object] = {
            "engine": self._engine.state(),
            "footprint": asdict(self._measured()),
            "result": asdict(self._last_result()),
        }
        name = f"{self._job.folder}/trial-{self._trial.number}"
        uri = self._job.checkpoints.save(name, state, epoch=step, attempt=self._trial.attempt)
        self._job.metrics.checkpoint_written(self._job.study, perf_counter() - started)
        return uri

    def _measured(self) -> Footprint:
        if self._footprint is None:
            engine, shape = self._engine, self._engine.prepared.shape
            batch_size = self._config.deployment.inference_batch_size
            self._footprint = measure_footprint(engine.model, shape, batch_size=batch_size, device=engine.device)
        return self._footprint

    def _last_result(self) -> EpochResult:
        assert self._result is not None, "nothing was trained and nothing restored"
        return self._result

    def _report(self, step: int, checkpoint: str) -> Report:
        result, footprint = self._last_result(), self._measured()
        metrics = {
            "val_error": result.validation_error,
            "val_loss": result.validation_loss,
            "train_loss": result.train_loss,
            "latency_ms": footprint.latency_ms,
            "latency_p95_ms": footprint.latency_p95_ms,
            "params": float(footprint.num_params),
            "flops": float(footprint.flops),
            "size_bytes": float(footprint.num_bytes),
        }
        if result.validation_ece is not None:
            metrics["val_ece"] = result.validation_ece
        return Report(
            step=step, metrics=metrics, cost=self._cost(step), checkpoint=checkpoint, provenance=self._provenance
        )

    def _cost(self, step: int) -> float:
        """What was spent since the last time it was asked."""
        now, job = perf_counter(), self._job
        seconds, self._started = now - self._started, now
        if job.costs is CostUnit.SECONDS:
            return seconds
        steps, self._told = (step - self._told if job.fidelity is Fidelity.EPOCH else step), step
        return max(0, steps) / job.full


def _config_of(trial: LeasedTrial, job: Job) -> TrainConfig:
    # The wire allows any 64 bits; torch wants what is not negative.
    return config_from_flat(trial.params, job.base, seed=trial.seed % 2**63)
