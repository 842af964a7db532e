"""What a model costs."""

from __future__ import annotations

from itertools import count

import pytest
import torch
from torch import Tensor, nn

from assay_trainer.config import CnnConfig, MlpConfig
from assay_trainer.measure import REPEATS, WARM_UP, count_flops, count_params, measure_footprint, measure_latencies
from assay_trainer.models.shapes import ImageShape
from assay_trainer.models.table import build_model

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
SHAPE = ImageShape(channels=1, height=8, width=8, num_outputs=10)


class Spy(nn.Module):
    """Counts its calls and remembers what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.was_learning = False

    def forward(self, images: Tensor) -> Tensor:
        self.batches.append(len(images))
        self.was_learning |= self.training or torch.is_grad_enabled()
        return images


def test_parameters_are_those_that_are_learnt() -> None:
    """64 x 16 + 16 in the first layer, 16 x 10 + 10 in the second."""
    assert count_params(build_model(MlpConfig(width=16, depth=1), SHAPE)) == 1040 + 170


def test_flops_are_those_of_one_image() -> None:
    """Two for each weight of a matrix."""
    model = build_model(MlpConfig(width=16, depth=1), SHAPE)

    assert count_flops(model, SHAPE, device=CPU) == 2 * (64 * 16 + 16 * 10)


def test_the_median_and_the_95th_percentile_are_of_single_calls() -> None:
    """On a clock that ticks once per look, every call takes one tick."""
    ticks = (0.0001 * tick for tick in count())

    latencies = measure_latencies(Spy(), SHAPE, batch_size=4, device=CPU, clock=lambda: next(ticks))

    assert len(latencies) == REPEATS
    assert latencies == pytest.approx([0.1] * REPEATS)


def test_a_slow_model_is_measured_less_often() -> None:
    """On a clock that jumps two seconds a look, one call has to do."""
    ticks = (2.0 * tick for tick in count())

    assert measure_latencies(Spy(), SHAPE, batch_size=4, device=CPU, clock=lambda: next(ticks)) == [2000.0]


def test_a_model_is_measured_as_it_is_used() -> None:
    """Without gradients, in evaluation mode, warmed up, at the batch size asked for; and put back."""
    spy = Spy()

    measure_latencies(spy, SHAPE, batch_size=7, device=CPU)

    assert spy.training
    assert not spy.was_learning
    assert set(spy.batches) == {7}
    assert len(spy.batches) > WARM_UP


def test_a_larger_model_costs_more() -> None:
    """All four numbers belong to the same model."""
    small, large = (
        measure_footprint(build_model(CnnConfig(width=width), SHAPE), SHAPE, batch_size=64, device=CPU)
        for width in (4, 32)
    )

    assert small.num_params < large.num_params
    assert small.flops < large.flops
    assert small.latency_ms < large.latency_ms
    assert large.latency_ms <= large.latency_p95_ms
