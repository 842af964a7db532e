"""Tables as models take them: gaps filled, numbers scaled, categories as codes.

Fitted on the training part by scikit-learn, applied by torch, so that it can be handed out with the model.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler
from torch import Tensor, nn
from typing_extensions import override

from assay_trainer.config import TableDataConfig
from assay_trainer.data.labelled import Column
from assay_trainer.models.shapes import TableShape

MOST_QUANTILES = 100
"""Between two of them ranks are interpolated."""
FARTHEST = 10.0
"""Scaled numbers are cut off here: one wild value in a new row must not decide everything."""
RAREST = 1e-3
"""The rank that values beyond all that was seen are given, so that they do not become infinite."""

Floats = NDArray[np.float32]


def fit_table(
    rows: Tensor, columns: tuple[Column, ...], config: TableDataConfig, num_outputs: int
) -> tuple[nn.Module, TableShape]:
    """What turns raw rows (N, columns) into prepared ones, and their shape.

    A category that the training part does not have, and one that is missing, get the code 0.
    """
    numbers = [index for index, column in enumerate(columns) if not column.categories]
    categories = [index for index, column in enumerate(columns) if column.categories]
    raw = rows.numpy()
    scale, gaps = _fit_numbers(raw[:, numbers], config)
    known = [np.unique(raw[:, index][~np.isnan(raw[:, index])]) for index in categories]
    shape = TableShape(
        num_numbers=len(numbers) + len(gaps),
        cardinalities=tuple(len(codes) + 1 for codes in known),
        num_outputs=num_outputs,
        one_hot=config.categories == "one_hot",
    )
    return TableTransform(numbers, scale, gaps, categories, known), shape


class TableTransform(nn.Module):
    """Numbers, then where they were missing, then codes."""

    def __init__(
        self, numbers: list[int], scale: nn.Module, gaps: list[int], categories: list[int], known: list[Floats]
    ) -> None:
        """*gaps* are places among *numbers*; *known* are the raw codes of each of *categories*."""
        super().__init__()
        self.scale = scale
        self.numbers = nn.Buffer(torch.tensor(numbers, dtype=torch.int64))
        self.gaps = nn.Buffer(torch.tensor(gaps, dtype=torch.int64))
        self.categories = categories
        self.known = nn.ParameterList(nn.Parameter(torch.from_numpy(codes), requires_grad=False) for codes in known)

    @override
    def forward(self, rows: Tensor) -> Tensor:
        raw = rows.index_select(1, self.numbers)
        gaps = raw.index_select(1, self.gaps).isnan().float()
        codes = [_codes(rows[:, index], known) for index, known in zip(self.categories, self.known, strict=True)]
        return torch.cat([self.scale(raw), gaps, *codes], dim=1)


class Scale(nn.Module):
    """Fills gaps, then scales by a centre and a width."""

    def __init__(self, fill: Floats, center: Floats, width: Floats) -> None:
        super().__init__()
        self.fill, self.center, self.width = (nn.Buffer(_tensor(values)) for values in (fill, center, width))

    @override
    def forward(self, numbers: Tensor) -> Tensor:
        filled = torch.where(numbers.isnan(), self.fill, numbers)
        return ((filled - self.center) / self.width).clamp(-FARTHEST, FARTHEST)


class Rank(nn.Module):
    """Fills gaps, then makes of each number its rank among those seen, on a normal distribution."""

    def __init__(self, fill: Floats, quantiles_QF: Floats) -> None:
        super().__init__()
        self.fill, self.quantiles_FQ = nn.Buffer(_tensor(fill)), nn.Buffer(_tensor(quantiles_QF.T.copy()))

    @override
    def forward(self, numbers: Tensor) -> Tensor:
        filled = torch.where(numbers.isnan(), self.fill, numbers)
        table, num = self.quantiles_FQ, self.quantiles_FQ.shape[1]
        # Ties are met in their middle: as many of them count as passed as as not yet reached.
        reached = (filled[:, :, None] >= table).sum(dim=2)
        passed = (filled[:, :, None] > table).sum(dim=2)
        upper = reached.clamp(1, num - 1)
        low, high = (
            table.expand(filled.shape[0], -1, -1).gather(2, at[:, :, None])[:, :, 0] for at in (upper - 1, upper)
        )
        between = ((filled - low) / (high - low).clamp_min(torch.finfo(filled.dtype).tiny)).clamp(0.0, 1.0)
        tied = (reached + passed - 1).float() / 2
        place = torch.where(reached > passed, tied, upper - 1 + between)
        scaled: Tensor = torch.special.ndtri((place / (num - 1)).clamp(RAREST, 1.0 - RAREST))
        return scaled


def _fit_numbers(raw: Floats, config: TableDataConfig) -> tuple[nn.Module, list[int]]:
    """How columns of numbers are filled and scaled, and which of them have gaps that are told of."""
    if raw.shape[1] == 0:
        return nn.Identity(), []
    gaps = np.flatnonzero(np.isnan(raw).any(axis=0)).tolist() if config.indicators else []
    # An empty column is kept: which columns there are must not depend on chance.
    imputer = SimpleImputer(strategy=config.missing, keep_empty_features=True)
    # In 64 bits: squares of large numbers overflow in 32.
    filled, fill = imputer.fit_transform(raw.astype(np.float64)), imputer.statistics_
    match config.scaling:
        case "standard":
            scaler = StandardScaler().fit(filled)
            return Scale(fill, scaler.mean_, scaler.scale_), gaps
        case "robust":
            scaler = RobustScaler().fit(filled)
            return Scale(fill, scaler.center_, scaler.scale_), gaps
        case "quantile":
            ranks = QuantileTransformer(n_quantiles=min(len(raw), MOST_QUANTILES), random_state=0).fit(filled)
            return Rank(fill, ranks.quantiles_), gaps


def _tensor(values: Floats) -> Tensor:
    return torch.from_numpy(np.asarray(np.clip(values, -3e38, 3e38), dtype=np.float32))


def _codes(values: Tensor, known: Tensor) -> Tensor:
    """1, 2, ... for what is known, 0 for the rest; as a column."""
    places = torch.arange(1, len(known) + 1, device=values.device)
    return ((values[:, None] == known) * places).sum(dim=1, keepdim=True).float()
