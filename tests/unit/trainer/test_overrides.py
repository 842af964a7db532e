"""What a user decides about a search, and what cannot be decided."""

from __future__ import annotations

import pytest

from assay_trainer.config import ImageConfig, StandardAugmentation, TableConfig, TrainConfig, TrainingConfig
from assay_trainer.overrides import decide
from assay_trainer.space import ChoiceParameter, DoubleParameter, FixedParameter, SpaceError, baseline


def test_nothing_decided_leaves_everything() -> None:
    """The derived space and the defaults."""
    decided = decide(ImageConfig(), {})

    assert decided.base == ImageConfig()
    assert len(decided.space) == 52


def test_a_list_narrows_and_its_branches_go() -> None:
    """A default that was ruled out gives way to the first value that is left."""
    space = decide(ImageConfig(), {"model.family": ["cnn", "vit"]}).space

    assert space["model.family"] == ChoiceParameter(
        name="model.family", choices=("cnn", "vit"), ordered=False, default="cnn", when={}
    )
    assert {name.split(".")[1] for name in space if name.startswith("model.")} == {"family", "cnn", "vit"}


def test_a_range_narrows_and_moves_the_default_into_it() -> None:
    """The scale and the condition stay."""
    space = decide(ImageConfig(), {"optimizer.adamw.lr": {"min": 2e-3, "max": 5e-3}}).space

    assert space["optimizer.adamw.lr"] == DoubleParameter(
        name="optimizer.adamw.lr",
        low=2e-3,
        high=5e-3,
        log=True,
        step=None,
        default=2e-3,
        when={"optimizer.name": ("adamw",)},
    )


def test_whole_numbers_can_be_listed() -> None:
    """The search then knows that they are in order."""
    space = decide(ImageConfig(), {"training.batch_size": [32, 64]}).space

    assert space["training.batch_size"] == ChoiceParameter(
        name="training.batch_size", choices=(32, 64), ordered=True, default=64, when={}
    )


def test_a_value_fixes_and_a_field_that_is_not_searched_is_set() -> None:
    """Sections may be nested, as in YAML, or named by dots."""
    decided = decide(TableConfig(), {"training": {"batch_size": 32, "clip_norm": 1.0}, "model.family": "mlp"})

    assert decided.space["training.batch_size"] == FixedParameter(name="training.batch_size", default=32, when={})
    assert decided.base.training == TrainingConfig(clip_norm=1.0)
    assert "model.ft_transformer.width" not in decided.space


def test_a_given_field_may_be_named_with_its_branch() -> None:
    """As the parameters beside it are."""
    base = ImageConfig(augmentation=StandardAugmentation())

    assert decide(base, {"augmentation.standard.flip": True}).base == ImageConfig(
        augmentation=StandardAugmentation(flip=True)
    )


def test_what_was_decided_can_be_trained() -> None:
    """The baseline of what is left is within it."""
    space = decide(ImageConfig(), {"optimizer.name": ["sgd", "muon"], "schedule.name": "step"}).space

    assert baseline(space)["optimizer.name"] == "sgd"
    assert baseline(space)["schedule.step.drops"] == 2


@pytest.mark.parametrize(
    ("base", "overrides", "message"),
    [
        (ImageConfig(), {"model.famly": "cnn"}, r"model\.famly: does not exist; did you mean model\.family\?"),
        (ImageConfig(), {"training": {"batchsize": 3}}, r"training\.batchsize: does not exist"),
        (ImageConfig(), {"training": {"precision": "fp8"}}, r"training\.precision: cannot be 'fp8'"),
        (ImageConfig(), {"model.family": "ft_transformer"}, "model.family: cannot take 'ft_transformer'"),
        (TableConfig(), {"augmentation.kind": "standard"}, "augmentation.kind: does not exist"),
        (ImageConfig(), {"model.family": []}, "model.family: is narrowed to nothing"),
        (ImageConfig(), {"model.family": ["mlp", "gru"]}, "model.family: cannot take 'gru'"),
        (ImageConfig(), {"model.family": {"min": 1}}, "model.family: cannot take 1 as its min"),
        (ImageConfig(), {"training.batch_size": {"least": 16}}, "min, max and default, not least"),
        (ImageConfig(), {"training.batch_size": {"min": 64, "max": 32}}, "has min 64 and max 32"),
        (ImageConfig(), {"training.batch_size": {"min": 8}}, "cannot take 8 as its min"),
        (ImageConfig(), {"training.batch_size": None}, "cannot take None"),
        (ImageConfig(), {"seed": -1}, "seed: cannot be -1: input should be greater"),
        (
            ImageConfig(training=TrainingConfig(precision="16-mixed")),
            {},
            r"optimizer\.name: cannot be 'muon' here: .*precision '16-mixed'",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(
    base: TrainConfig, overrides: dict[str, object], message: str
) -> None:
    """With the path, the value and the reason."""
    with pytest.raises(SpaceError, match=message):
        decide(base, overrides)
