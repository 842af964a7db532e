"""What is measured agrees with its definition."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from assay_trainer.config import FtTransformerConfig
from assay_trainer.data.labelled import Classes, Number
from assay_trainer.engine import Engine
from assay_trainer.goal import answers_of, calibration_error, judge
from assay_trainer.testing.builders import a_table_config, some_table

pytestmark = pytest.mark.torch


def test_calibration_error_is_the_distance_of_confidence_from_accuracy() -> None:
    """Ten answers of confidence 0.8 of which seven are right are a tenth off."""
    answers = torch.tensor([[0.8, 0.2]] * 10, dtype=torch.float64)
    targets = torch.tensor([0] * 7 + [1] * 3)

    assert calibration_error(answers, targets, bins=10) == pytest.approx(0.1)


def test_bins_do_not_make_up_for_each_other() -> None:
    """Too sure here and too unsure there are both wrong."""
    answers = torch.tensor([[0.9, 0.1]] * 2 + [[0.6, 0.4]] * 2, dtype=torch.float64)
    targets = torch.tensor([0, 1, 0, 0])

    assert calibration_error(answers, targets, bins=10) == pytest.approx((0.8 + 0.8) / 4)


def test_classes_are_judged_as_anyone_would() -> None:
    """Cross-entropy and the share of errors."""
    outputs, targets = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]]), torch.tensor([0, 1, 1])
    target = Classes(names=("a", "b"))

    judged = judge(target, answers_of(target, outputs), targets, bins=15)

    assert judged.error == pytest.approx(1 / 3)
    assert judged.loss == pytest.approx(cross_entropy(outputs, targets).item(), rel=1e-5)


def test_numbers_are_judged_in_deviations() -> None:
    """Off by 3 with a deviation of 6 is half a deviation."""
    judged = judge(Number(mean=10.0, deviation=6.0), torch.tensor([[13.0]]), torch.tensor([10.0]), bins=15)

    assert (judged.error, judged.loss, judged.ece) == (0.5, 0.25, None)


def test_a_number_is_learnt() -> None:
    """Eight rows by heart, and the answers are in the number's own unit."""
    data = some_table(8, num_classes=None)
    engine = Engine(data, a_table_config(FtTransformerConfig(width=16)), max_epochs=100, device="cpu")

    *_, last = engine.epochs(100)

    assert last.validation_error < 0.2
    assert last.validation_ece is None
