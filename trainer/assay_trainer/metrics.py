"""The trainer's own Prometheus metrics: every name, label and bucket."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from assay_trainer.results import EpochResult

EPOCH_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
CHECKPOINT_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class TrainerMetrics:
    """What one worker process tells about itself; served at `/metrics` within `served`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        study = ("study",)
        self._epochs = Counter("assay_trainer_epochs", "Epochs trained.", study, registry=self.registry)
        self._epoch_seconds = Histogram(
            "assay_trainer_epoch_seconds",
            "Wall time of an epoch, validation included.",
            study,
            buckets=EPOCH_SECONDS,
            registry=self.registry,
        )
        self._checkpoint_seconds = Histogram(
            "assay_trainer_checkpoint_seconds",
            "Wall time to write a checkpoint durably.",
            study,
            buckets=CHECKPOINT_SECONDS,
            registry=self.registry,
        )
        self._samples_per_s = Gauge(
            "assay_trainer_samples_per_second",
            "Training samples per second in the last epoch.",
            study,
            registry=self.registry,
        )
        self._loss = Gauge(
            "assay_trainer_loss", "Mean loss of the last epoch.", ("study", "part"), registry=self.registry
        )
        self._error = Gauge("assay_trainer_validation_error", "Error of the last epoch.", study, registry=self.registry)
        self._memory = Gauge(
            "assay_trainer_peak_memory_bytes",
            "Largest memory use so far, of the process and on the device.",
            ("where",),
            registry=self.registry,
        )
        self._trials = Counter(
            "assay_trainer_trials",
            "Trials this worker has let go of, by how.",
            ("study", "outcome"),
            registry=self.registry,
        )
        self._memory.labels("host").set_function(peak_host_memory)
        self._memory.labels("device").set_function(peak_device_memory)

    @contextmanager
    def served(self, port: int) -> Iterator[int]:
        """Answer at `/metrics` within this block; the port, chosen by the system when *port* is 0."""
        server, thread = start_http_server(port, registry=self.registry)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def epoch_done(self, study: str, result: EpochResult) -> None:
        """An epoch was trained."""
        self._epochs.labels(study).inc()
        self._epoch_seconds.labels(study).observe(result.seconds)
        self._samples_per_s.labels(study).set(result.samples_per_s)
        self._loss.labels(study, "train").set(result.train_loss)
        self._loss.labels(study, "validation").set(result.validation_loss)
        self._error.labels(study).set(result.validation_error)

    def checkpoint_written(self, study: str, seconds: float) -> None:
        """A checkpoint is on the disk."""
        self._checkpoint_seconds.labels(study).observe(seconds)

    def trial_left(self, study: str, outcome: str) -> None:
        """The worker has nothing to do with a trial any more."""
        self._trials.labels(study, outcome).inc()


def peak_host_memory() -> float:
    """Largest resident size of this process in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def peak_device_memory() -> float:
    """Most bytes that torch held on the accelerator; 0 without one."""
    return float(torch.cuda.max_memory_allocated()) if torch.cuda.is_available() else 0.0
