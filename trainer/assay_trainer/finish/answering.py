"""Models as they are handed out: raw samples in, probabilities or numbers out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from assay_trainer.data.labelled import Number, Target


class Answering(nn.Module):
    """A trained model with its preparation before it and its scale behind it.

    Raw samples, as `Labelled.inputs` has them, become answers, as `goal.answers_of` gives them.
    """

    def __init__(self, transform: nn.Module, model: nn.Module, target: Target) -> None:
        super().__init__()
        self.transform, self.model = transform, model
        self.mean, self.deviation = (target.mean, target.deviation) if isinstance(target, Number) else (0.0, 0.0)

    @override
    def forward(self, samples: Tensor) -> Tensor:
        outputs: Tensor = self.model(self.transform(samples))
        if self.deviation > 0.0:
            return outputs * self.deviation + self.mean
        return outputs.softmax(dim=1)


class Ensemble(nn.Module):
    """The weighted mean of what several models answer."""

    def __init__(self, members: Sequence[nn.Module], weights: Sequence[float]) -> None:
        """*weights* sum to one."""
        super().__init__()
        self.members, self.weights = nn.ModuleList(members), tuple(weights)

    @override
    def forward(self, samples: Tensor) -> Tensor:
        answers = [weight * member(samples) for weight, member in zip(self.weights, self.members, strict=True)]
        return torch.stack(answers).sum(dim=0)
