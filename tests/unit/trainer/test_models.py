"""The model families that are shipped keep the promises of a family."""

from __future__ import annotations

import pytest
import torch

from assay_trainer.config import (
    CnnConfig,
    FtTransformerConfig,
    HybridConfig,
    ImageModelConfig,
    MlpConfig,
    TableModelConfig,
    VitConfig,
    branches,
)
from assay_trainer.models.shapes import ImageShape
from assay_trainer.models.table import FAMILIES, UnknownFamily, build_model
from assay_trainer.testing.family_contract import ImageFamilyContract, TableFamilyContract

pytestmark = pytest.mark.torch


class TestMlp(ImageFamilyContract):
    model = MlpConfig(width=32, depth=2)


class TestDeepMlp(ImageFamilyContract):
    model = MlpConfig(width=32, depth=4, activation="gelu")


class TestCnn(ImageFamilyContract):
    model = CnnConfig(width=8, blocks=1)


class TestDeepCnn(ImageFamilyContract):
    model = CnnConfig(width=6, blocks=3, kernel=5, activation="silu")


class TestVit(ImageFamilyContract):
    model = VitConfig(width=16, depth=2)


class TestHybrid(ImageFamilyContract):
    model = HybridConfig(width=16)


class TestTableMlp(TableFamilyContract):
    model = MlpConfig(width=32, depth=2)


class TestFtTransformer(TableFamilyContract):
    model = FtTransformerConfig(width=16, depth=1)


def test_a_family_that_is_not_in_the_table_is_refused_by_name() -> None:
    """The message says what there is."""
    unknown = MlpConfig.model_construct(family="gru")

    with pytest.raises(UnknownFamily, match="'gru' is unknown; there are mlp, cnn, vit"):
        build_model(unknown, ImageShape(channels=1, height=8, width=8, num_outputs=10))


def test_every_family_of_the_schema_is_in_the_table() -> None:
    """What can be configured can be built."""
    families = {branch.model_fields["family"].default for branch in branches(ImageModelConfig | TableModelConfig)}

    assert families == set(FAMILIES)


def test_dropout_is_off_when_a_model_is_used() -> None:
    """Evaluation draws nothing at random."""
    shape = ImageShape(channels=1, height=8, width=8, num_outputs=10)
    model = build_model(CnnConfig(dropout=0.5), shape).eval()
    images = torch.ones((2, 1, 8, 8))

    assert torch.equal(model(images), model(images))
