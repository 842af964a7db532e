"""The learning rate is a function of progress alone."""

from __future__ import annotations

import pytest

from assay_trainer.config import ConstantConfig, CosineConfig, OneCycleConfig, StepConfig
from assay_trainer.schedule import rate_factor


@pytest.mark.parametrize(
    ("progress", "factor"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.55, 0.55), (1.0, 0.1), (1.5, 0.1)]
)
def test_cosine_warms_up_falls_and_stays(progress: float, factor: float) -> None:
    """Half-way between warm-up and end it is half-way between peak and floor."""
    assert rate_factor(CosineConfig(warmup=0.1, floor=0.1), progress) == pytest.approx(factor)


@pytest.mark.parametrize(("progress", "factor"), [(0.0, 0.0), (0.1, 0.5), (0.2, 1.0), (1.0, 1.0)])
def test_constant_warms_up_and_stays(progress: float, factor: float) -> None:
    """Nothing happens after the warm-up."""
    assert rate_factor(ConstantConfig(warmup=0.2), progress) == pytest.approx(factor)


def test_without_warm_up_the_first_step_has_the_full_rate() -> None:
    """Zero warm-up is no division by zero."""
    assert rate_factor(ConstantConfig(), 0.0) == 1.0


@pytest.mark.parametrize(
    ("progress", "factor"), [(0.05, 0.5), (0.1, 1.0), (0.39, 1.0), (0.41, 0.1), (0.71, 0.01), (1.0, 0.01), (1.5, 0.01)]
)
def test_steps_fall_at_even_intervals(progress: float, factor: float) -> None:
    """Two drops cut what is left after the warm-up into three."""
    assert rate_factor(StepConfig(warmup=0.1, drops=2, factor=0.1), progress) == pytest.approx(factor)


@pytest.mark.parametrize(("progress", "factor"), [(0.0, 0.2), (0.15, 0.6), (0.3, 1.0), (0.65, 0.5), (1.0, 0.0)])
def test_one_cycle_rises_and_falls_to_nothing(progress: float, factor: float) -> None:
    """It starts above zero and ends there."""
    assert rate_factor(OneCycleConfig(warmup=0.3, start=0.2), progress) == pytest.approx(factor)
