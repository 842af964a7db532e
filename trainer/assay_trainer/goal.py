"""What is minimised and what is measured, for classes and for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from assay_trainer.data.labelled import Classes, Number, Target


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blend:
    """Samples that were blended in pairs: each is (1 - share) of itself and share of its partner."""

    partners_B: Tensor
    shares_B: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How good outputs are."""

    loss: float
    """Cross-entropy in nats; of numbers the mean square error in deviations."""
    error: float
    """Share of wrong classes; of numbers the root mean square error, in deviations of the training part (1 is what
    answering with their mean gets)."""
    ece: float | None
    """Expected calibration error: by how much confidence differs from accuracy. None for numbers."""


def aims_of(target: Target, targets: Tensor, blends: tuple[Blend, ...]) -> Tensor:
    """What a model should answer: class numbers (B,), shares of classes (B, classes) or scaled numbers (B, 1)."""
    if isinstance(target, Number):
        aims = ((targets - target.mean) / target.deviation)[:, None]
    elif blends:
        aims = one_hot(targets, target.num_outputs).float()
    else:
        return targets
    for blend in blends:
        shares_B1 = blend.shares_B[:, None]
        aims = (1.0 - shares_B1) * aims + shares_B1 * aims[blend.partners_B]
    return aims


def loss_of(target: Target, outputs: Tensor, aims: Tensor, *, smoothing: float) -> Tensor:
    """Mean over the batch of what training minimises."""
    if isinstance(target, Number):
        return mse_loss(outputs, aims)
    return cross_entropy(outputs, aims, label_smoothing=smoothing)


def answers_of(target: Target, outputs: Tensor) -> Tensor:
    """Outputs as they are told and averaged: probabilities of classes (N, classes), or numbers in their unit (N, 1)."""
    if isinstance(target, Number):
        return outputs.float() * target.deviation + target.mean
    return outputs.float().softmax(dim=1)


def judge(target: Target, answers: Tensor, targets: Tensor, *, bins: int) -> Judged:
    """The measures of answers, as `answers_of` gives them; NaN where an answer is."""
    if isinstance(target, Number):
        mse = ((answers[:, 0] - targets) / target.deviation).double().square().mean().item()
        return Judged(loss=mse, error=mse**0.5, ece=None)
    smallest = torch.finfo(answers.dtype).tiny
    right = answers.gather(1, targets[:, None]).clamp_min(smallest)
    loss = -right.double().log().mean().item()
    error = (answers.argmax(dim=1) != targets).double().mean().item()
    return Judged(loss=loss, error=error, ece=calibration_error(answers, targets, bins=bins))


def calibration_error(answers: Tensor, targets: Tensor, *, bins: int) -> float:
    """Mean distance of confidence from accuracy over bins of confidence. Guo et al. 2017.

    *answers* are probabilities (N, classes); bins are of equal width, each weighs as much as it holds.
    """
    confidences_N, chosen_N = answers.double().max(dim=1)
    right_N = (chosen_N == targets).double()
    places_N = (confidences_N * bins).long().clamp(0, bins - 1)
    gaps = torch.zeros(bins, dtype=torch.float64, device=answers.device)
    return gaps.index_add(0, places_N, confidences_N - right_N).abs().sum().item() / len(targets)


def is_classes(target: Target) -> bool:
    """Whether the answer is one of several."""
    return isinstance(target, Classes)
