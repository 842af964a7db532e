"""Greedy ensemble selection does what its paper says, and what it costs is weighed."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise

import pytest
import torch
from torch import Tensor

from assay_trainer.data.labelled import Classes, Number
from assay_trainer.finish.ensemble import Prices, select_ensemble
from assay_trainer.finish.warnings import expected_luck
from assay_trainer.goal import judge

pytestmark = pytest.mark.torch

TWO = Classes(names=("a", "b"))
FREE = Prices(ece=0.0, latency=0.0)


def answers(*chances: float) -> Tensor:
    """Probabilities of the second class, one for each sample."""
    second = torch.tensor(chances)
    return torch.stack([1.0 - second, second], dim=1)


def test_models_that_err_in_different_places_are_put_together() -> None:
    """Each errs on another sample and is sure of the others: the mean is right everywhere."""
    targets = torch.tensor([1, 1, 1])
    models = [answers(0.4, 0.9, 0.9), answers(0.9, 0.4, 0.9), answers(0.9, 0.9, 0.4)]

    first, last = select_ensemble(models, [1.0, 1.0, 1.0], targets, TWO, bins=10, prices=FREE)

    assert first.validation.error == pytest.approx(1 / 3)
    assert last.validation.error == 0.0
    assert last.weights == (0.5, 0.5, 0.0)
    assert last.latency_ms == 2.0


def test_a_model_is_not_added_for_nothing() -> None:
    """A copy brings no accuracy, and costs time."""
    targets = torch.tensor([1, 1, 0])

    (only,) = select_ensemble([answers(0.9, 0.4, 0.1)] * 2, [1.0, 1.0], targets, TWO, bins=10)

    assert only.num_members == 1


def test_of_equal_models_the_quicker_one_is_taken() -> None:
    """Latency decides where errors do not."""
    targets = torch.tensor([1, 0])

    (only,) = select_ensemble([answers(0.9, 0.1)] * 2, [3.0, 1.0], targets, TWO, bins=10)

    assert only.weights == (0.0, 1.0)


def test_each_step_is_the_best_one_that_there_is() -> None:
    """Against a search through every bag of the same size that holds the bag before it."""
    draw = torch.Generator().manual_seed(0)
    targets = torch.randint(3, (60,), generator=draw)
    target = Classes(names=("a", "b", "c"))
    logits = torch.randn(5, 60, 3, generator=draw) + 1.2 * torch.nn.functional.one_hot(targets, 3)
    models = list(logits.softmax(dim=2))

    path = select_ensemble(models, [1.0] * 5, targets, target, bins=10, prices=FREE)

    best_single = min(judge(target, model, targets, bins=10).error for model in models)
    assert path[0].validation.error == best_single
    assert len(path) > 1
    start = path[0].weights.index(1.0)
    pairs = [pair for pair in combinations_with_replacement(range(5), 2) if start in pair]
    best_pair = min(judge(target, (models[a] + models[b]) / 2, targets, bins=10).error for a, b in pairs)
    assert path[1].validation.error == best_pair
    assert all(later.price < earlier.price for earlier, later in pairwise(path))


def test_numbers_are_averaged() -> None:
    """One is too high, one too low."""
    target, targets = Number(mean=0.0, deviation=1.0), torch.tensor([5.0, 7.0])
    models = [torch.tensor([[6.0], [8.0]]), torch.tensor([[4.0], [6.0]])]

    *_, last = select_ensemble(models, [1.0, 1.0], targets, target, bins=10)

    assert last.weights == (0.5, 0.5)
    assert last.validation.error == 0.0


def test_luck_grows_with_trials_and_shrinks_with_samples() -> None:
    """One trial has none; of many, the best of equals looks better by some deviations."""
    assert expected_luck(0.1, 400, 1) == 0.0
    assert expected_luck(0.1, 400, 100) == pytest.approx(0.015 * 3.03, rel=0.01)
    assert expected_luck(0.1, 1600, 100) == pytest.approx(expected_luck(0.1, 400, 100) / 2)
