"""What the trainer tells Prometheus."""

from __future__ import annotations

from urllib.request import urlopen

import pytest

from assay_trainer.metrics import TrainerMetrics
from assay_trainer.results import EpochResult

pytestmark = pytest.mark.torch

RESULT = EpochResult(
    epoch=1,
    train_loss=2.0,
    validation_loss=1.5,
    validation_error=0.25,
    validation_ece=0.1,
    samples_per_s=1000.0,
    seconds=0.5,
)


def test_the_names_are_those_that_dashboards_use() -> None:
    """Renaming one breaks a panel somewhere, so it is a decision."""
    names = {family.name for family in TrainerMetrics().registry.collect()}

    assert names == {
        "assay_trainer_checkpoint_seconds",
        "assay_trainer_epoch_seconds",
        "assay_trainer_epochs",
        "assay_trainer_loss",
        "assay_trainer_peak_memory_bytes",
        "assay_trainer_samples_per_second",
        "assay_trainer_trials",
        "assay_trainer_validation_error",
    }


def test_an_epoch_is_told_in_all_its_numbers() -> None:
    """Labelled by study."""
    metrics = TrainerMetrics()

    metrics.epoch_done("digits", RESULT)

    value, study = metrics.registry.get_sample_value, {"study": "digits"}
    assert value("assay_trainer_epochs_total", study) == 1.0
    assert value("assay_trainer_samples_per_second", study) == 1000.0
    assert value("assay_trainer_loss", {**study, "part": "validation"}) == 1.5
    assert value("assay_trainer_validation_error", study) == 0.25
    assert value("assay_trainer_epoch_seconds_sum", study) == 0.5


def test_memory_is_read_when_it_is_asked_for() -> None:
    """A process that has loaded torch is not small."""
    value = TrainerMetrics().registry.get_sample_value("assay_trainer_peak_memory_bytes", {"where": "host"})

    assert value is not None
    assert value > 50e6


def test_metrics_are_served_over_http() -> None:
    """On a port that the system chooses when none is named."""
    metrics = TrainerMetrics()
    metrics.trial_left("digits", "obeyed")

    with metrics.served(0) as port, urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        body = answer.read().decode()

    assert 'assay_trainer_trials_total{outcome="obeyed",study="digits"} 1.0' in body
