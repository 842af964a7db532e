"""Flat parameters become a typed configuration, or are refused with everything that is wrong."""

from __future__ import annotations

import math

import pytest

from assay_trainer.config import (
    AdamWConfig,
    CnnConfig,
    CosineConfig,
    DeploymentConfig,
    ImageConfig,
    StandardAugmentation,
    TrainingConfig,
)
from assay_trainer.flat import ConfigError, Violation, config_from_flat, flat_from_config
from assay_trainer.space import Value, baseline, derive_space


def flat(**changes: Value) -> dict[str, Value]:
    """The baseline; a double underscore stands for a dot."""
    return baseline(derive_space()) | {name.replace("__", "."): value for name, value in changes.items()}


def violations_of(params: dict[str, Value]) -> list[Violation]:
    with pytest.raises(ConfigError) as raised:
        config_from_flat(params)
    return list(raised.value.violations)


def test_the_baseline_is_the_schema_s_defaults() -> None:
    """Space and schema cannot disagree about what is normal."""
    assert config_from_flat(flat()) == ImageConfig()


def test_a_configuration_survives_being_flattened() -> None:
    """Flattening and typing again changes nothing."""
    config = ImageConfig(
        model=CnnConfig(width=8, kernel=5, dropout=0.25),
        optimizer=AdamWConfig(lr=3e-3),
        schedule=CosineConfig(warmup=0.1),
        training=TrainingConfig(batch_size=32),
    )

    assert config_from_flat(flat_from_config(config)) == config


def test_what_is_not_searched_comes_from_the_base() -> None:
    """Also within a section of which other fields are searched."""
    base = ImageConfig(
        training=TrainingConfig(batch_size=16, precision="bf16-mixed"),
        deployment=DeploymentConfig(inference_batch_size=8),
    )

    config = config_from_flat(flat(), base, seed=5)

    assert (config.seed, config.training.precision, config.deployment.inference_batch_size) == (5, "bf16-mixed", 8)
    assert config.training.batch_size == 64


def test_a_given_field_of_another_branch_is_left_out() -> None:
    """The base's augmentation flips; a trial without augmentation has nothing to flip."""
    base = ImageConfig(augmentation=StandardAugmentation(flip=True))

    assert config_from_flat(flat(), base) == ImageConfig()


def test_a_misspelt_key_is_refused() -> None:
    """It would otherwise silently leave a default in place."""
    assert violations_of(flat(batchsize=32)) == [
        Violation(path="batchsize", value=32, reason="there is no such parameter")
    ]


def test_a_missing_key_is_refused() -> None:
    """The server knows every parameter; one that is absent is a mistake."""
    params = flat()
    del params["training.batch_size"]

    (violation,) = violations_of(params)

    assert (violation.path, violation.reason) == ("training.batch_size", "the parameter is required")


def test_a_key_of_another_branch_is_refused() -> None:
    """A kernel size says nothing about a network without convolutions."""
    assert violations_of(flat(model__cnn__kernel=3)) == [
        Violation(path="model.cnn.kernel", value=3, reason="exists only with model.family in ['cnn']")
    ]


def test_an_unknown_family_is_one_violation() -> None:
    """What its branch would need cannot be said, so nothing else is."""
    assert violations_of(flat(model__family="gru")) == [
        Violation(path="model.family", value="gru", reason="must be one of ['mlp', 'cnn', 'vit', 'hybrid']")
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("training.batch_size", 15),
        ("training.batch_size", 257),
        ("training.batch_size", 32.0),
        ("training.batch_size", "32"),
        ("training.batch_size", True),
        ("regularization.label_smoothing", -0.01),
        ("regularization.label_smoothing", math.nan),
        ("regularization.label_smoothing", "0.1"),
        ("model.mlp.activation", "tanh"),
        ("model.mlp.dropout", 0.51),
        ("optimizer.adamw.lr", math.inf),
        ("optimizer.adamw.lr", 0.0),
    ],
)
def test_a_value_out_of_range_or_of_the_wrong_kind_is_refused_with_its_path(name: str, value: Value) -> None:
    """Nothing is converted: the wire has typed values."""
    (violation,) = violations_of(flat() | {name: value})

    assert violation.path == name
    assert violation.value is value


def test_a_boolean_is_not_a_number() -> None:
    """Nor a number a boolean."""
    params = flat_from_config(ImageConfig())
    params = {name: value for name, value in params.items() if not name.startswith("optimizer.")}
    sgd: dict[str, Value] = {
        "optimizer.name": "sgd",
        "optimizer.sgd.lr": 0.1,
        "optimizer.sgd.momentum": 0.9,
        "optimizer.sgd.nesterov": 1,
        "optimizer.sgd.weight_decay": 1e-4,
    }

    assert [violation.path for violation in violations_of(params | sgd)] == ["optimizer.sgd.nesterov"]


def test_all_violations_are_told_at_once() -> None:
    """And the message holds each with its value."""
    params = flat(training__batch_size=1, regularization__label_smoothing=2.0)

    with pytest.raises(
        ConfigError, match=r"regularization.label_smoothing = 2.0: .*; training.batch_size = 1: "
    ) as raised:
        config_from_flat(params)

    assert len(raised.value.violations) == 2
