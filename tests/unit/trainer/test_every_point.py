"""Whatever the space allows, the schema accepts and a model is built from."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_trainer.config import TRAIN_CONFIG, ImageConfig, TableConfig, TrainConfig
from assay_trainer.flat import config_from_flat, flat_from_config
from assay_trainer.models.shapes import ImageShape, TableShape
from assay_trainer.models.table import build_model
from assay_trainer.space import (
    BooleanParameter,
    ChoiceParameter,
    DoubleParameter,
    FixedParameter,
    IntegerParameter,
    Parameter,
    Value,
    derive_space,
    is_active,
)

pytestmark = pytest.mark.torch

IMAGES, TABLES = ImageConfig(), TableConfig()
TABLE = TableShape(num_numbers=2, cardinalities=(3,), num_outputs=2, one_hot=True)


def values_of(parameter: Parameter) -> st.SearchStrategy[Value]:
    match parameter:
        case DoubleParameter(low=low, high=high):
            return st.floats(low, high)
        case IntegerParameter(low=smallest, high=largest, step=step):
            return st.sampled_from(range(smallest, largest + 1, step or 1))
        case ChoiceParameter(choices=choices):
            return st.sampled_from(choices)
        case BooleanParameter():
            return st.booleans()
        case FixedParameter(default=value):
            return st.just(value)


@st.composite
def points(draw: st.DrawFn, base: TrainConfig = IMAGES) -> dict[str, Value]:
    point: dict[str, Value] = {}
    for name, parameter in derive_space(base).items():
        if is_active(parameter, point):
            point[name] = draw(values_of(parameter))
    return point


@given(points())
def test_every_point_of_the_space_is_a_configuration(point: dict[str, Value]) -> None:
    """And flattening it gives the point back."""
    assert flat_from_config(config_from_flat(point)) == point


@given(points())
def test_a_configuration_survives_json(point: dict[str, Value]) -> None:
    """A record of it can be read back without loss."""
    config = config_from_flat(point, seed=3)

    assert TRAIN_CONFIG.validate_json(config.model_dump_json()) == config


@given(points())
@settings(max_examples=20)
def test_every_configuration_builds_a_model_that_answers(point: dict[str, Value]) -> None:
    """There is no combination that fails only after a trial was paid for."""
    model = build_model(config_from_flat(point).model, ImageShape(channels=1, height=8, width=8, num_outputs=10))

    assert model(torch.zeros((2, 1, 8, 8))).isfinite().all()


@given(points(TABLES))
@settings(max_examples=20)
def test_every_point_of_the_space_of_tables_is_a_model_that_answers(point: dict[str, Value]) -> None:
    """The same holds for the other kind of data."""
    config = config_from_flat(point, TABLES)

    assert flat_from_config(config) == point
    assert build_model(config.model, TABLE)(TABLE.example(2)).isfinite().all()
