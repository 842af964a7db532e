"""The search space is derived from the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import Field

from assay_trainer.config import LOG, SEARCHED, AdamWConfig, CnnConfig, ImageConfig, Schema, TableConfig
from assay_trainer.flat import config_from_flat
from assay_trainer.space import (
    BooleanParameter,
    ChoiceParameter,
    Condition,
    DoubleParameter,
    FixedParameter,
    IntegerParameter,
    SpaceError,
    Value,
    baseline,
    derive_space,
    fix,
    for_client,
)

NAMES = """
optimizer.name
optimizer.sgd.lr optimizer.sgd.momentum optimizer.sgd.nesterov optimizer.sgd.weight_decay
optimizer.adamw.lr optimizer.adamw.weight_decay
optimizer.muon.lr optimizer.muon.momentum optimizer.muon.weight_decay
schedule.name schedule.constant.warmup schedule.cosine.warmup schedule.cosine.floor
schedule.step.warmup schedule.step.drops schedule.step.factor schedule.one_cycle.warmup schedule.one_cycle.start
regularization.label_smoothing regularization.ema training.batch_size
"""
IMAGES = """
model.family model.mlp.depth model.mlp.width model.mlp.dropout model.mlp.activation
model.cnn.width model.cnn.blocks model.cnn.kernel model.cnn.dropout model.cnn.stochastic_depth model.cnn.activation
model.vit.patches model.vit.width model.vit.depth model.vit.heads model.vit.dropout model.vit.stochastic_depth
model.hybrid.width model.hybrid.blocks model.hybrid.depth model.hybrid.heads model.hybrid.dropout
model.hybrid.stochastic_depth data.normalization
augmentation.kind augmentation.standard.crop_scale augmentation.standard.jitter augmentation.standard.erasing
augmentation.standard.mixup augmentation.standard.cutmix
"""
TABLES = """
model.family model.mlp.depth model.mlp.width model.mlp.dropout model.mlp.activation
model.ft_transformer.width model.ft_transformer.depth model.ft_transformer.heads model.ft_transformer.dropout
model.ft_transformer.stochastic_depth data.scaling data.missing data.indicators data.categories
"""


def test_the_parameter_names_are_those_that_studies_were_created_with() -> None:
    """Renaming a field orphans the trials of existing studies, so it is a decision."""
    assert list(derive_space(ImageConfig())) == (NAMES + IMAGES).split()
    assert list(derive_space(TableConfig())) == (NAMES + TABLES).split()


def test_a_range_is_the_field_s_own() -> None:
    """What the search proposes is exactly what the schema accepts."""
    assert derive_space()["optimizer.adamw.lr"] == DoubleParameter(
        name="optimizer.adamw.lr",
        low=1e-4,
        high=1e-1,
        log=True,
        step=None,
        default=1e-3,
        when={"optimizer.name": ("adamw",)},
    )


def test_a_union_becomes_a_choice_with_a_branch_for_each_member() -> None:
    """The tag is the parent of the fields."""
    space = derive_space()

    assert space["model.family"] == ChoiceParameter(
        name="model.family", choices=("mlp", "cnn", "vit", "hybrid"), ordered=False, default="mlp", when={}
    )
    assert space["model.cnn.kernel"] == ChoiceParameter(
        name="model.cnn.kernel", choices=(3, 5), ordered=True, default=3, when={"model.family": ("cnn",)}
    )


def test_parents_come_before_their_children() -> None:
    """One pass in order can decide which parameters exist."""
    seen: set[str] = set()
    for name, parameter in derive_space().items():
        assert parameter.when.keys() <= seen
        seen.add(name)


def test_every_default_is_within_its_range() -> None:
    """The baseline of each branch is a configuration that the search could propose."""
    for parameter in derive_space().values():
        if isinstance(parameter, DoubleParameter | IntegerParameter):
            assert parameter.low <= parameter.default <= parameter.high
        if isinstance(parameter, ChoiceParameter):
            assert parameter.default in parameter.choices


def test_another_baseline_moves_the_defaults() -> None:
    """A user's configuration is as good a start as ours."""
    config = ImageConfig(model=CnnConfig(width=8), optimizer=AdamWConfig(lr=5e-3))

    assert config_from_flat(baseline(derive_space(config))) == config


def test_fixing_a_tag_removes_the_other_branches() -> None:
    """And the parameters of its own branch exist always."""
    space = fix(derive_space(), {"model.family": "cnn"})

    assert space["model.family"] == FixedParameter(name="model.family", default="cnn", when={})
    assert space["model.cnn.width"].when == {}
    assert [name for name in space if name.startswith("model.mlp")] == []
    assert config_from_flat(baseline(space)).model == CnnConfig()


def test_a_fixed_value_keeps_its_condition() -> None:
    """It is sent only with the branch that it belongs to."""
    space = fix(derive_space(), {"model.cnn.kernel": 5})

    assert space["model.cnn.kernel"] == FixedParameter(
        name="model.cnn.kernel", default=5, when={"model.family": ("cnn",)}
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model.famly": "cnn"}, "parameter model.famly: does not exist"),
        ({"model.family": "gru"}, "parameter model.family: cannot take 'gru'"),
        ({"training.batch_size": 8}, "parameter training.batch_size: cannot take 8"),
        ({"training.batch_size": True}, "parameter training.batch_size: cannot take True"),
        ({"regularization.label_smoothing": True}, "parameter regularization.label_smoothing: cannot take True"),
        ({"optimizer.sgd.nesterov": 1}, "parameter optimizer.sgd.nesterov: cannot take 1"),
        ({"model.family": "mlp", "model.cnn.kernel": 5}, "parameter model.cnn.kernel: does not exist under"),
    ],
)
def test_what_cannot_be_fixed_is_refused(values: dict[str, Value], message: str) -> None:
    """With the name and the value."""
    with pytest.raises(SpaceError, match=message):
        fix(derive_space(), values)


class Unbounded(Schema):
    rate: Annotated[float, Field(ge=0.0), LOG] = 1.0


class Unsearchable(Schema):
    name: Annotated[str, SEARCHED] = "x"


class AllKinds(Schema):
    flag: Annotated[bool, SEARCHED] = True
    rung: Annotated[Literal["low", "high"], SEARCHED] = "low"
    plain: int = 3


@pytest.mark.parametrize(
    ("schema", "message"),
    [(Unbounded(), "rate is searched but has no closed range"), (Unsearchable(), "name is searched but its type")],
)
def test_a_searched_field_that_cannot_be_searched_is_a_mistake_in_the_schema(schema: Schema, message: str) -> None:
    """It is found when the space is derived, not when a trial fails."""
    with pytest.raises(TypeError, match=message):
        derive_space(schema)


def test_only_marked_fields_are_searched() -> None:
    """The others belong to whoever runs the training."""
    space = derive_space(AllKinds())

    assert space["flag"] == BooleanParameter(name="flag", default=True, when={})
    assert list(space) == ["flag", "rung"]


@dataclass(frozen=True)
class Made:
    """What a client was asked to make."""

    kind: str
    values: tuple[Value, ...]
    default: Value
    when: Condition | None


class Maker:
    """A client that writes down what it is asked for."""

    def double(
        self, lo: float, hi: float, /, *, log: bool, step: float | None, default: float, when: Condition | None
    ) -> Made:
        return Made(f"double log={log} step={step}", (lo, hi), default, when)

    def integer(
        self, lo: int, hi: int, /, *, log: bool, step: int | None, default: int, when: Condition | None
    ) -> Made:
        return Made(f"integer log={log} step={step}", (lo, hi), default, when)

    def choice(self, /, *values: Value, ordered: bool, default: Value, when: Condition | None) -> Made:
        return Made(f"choice ordered={ordered}", values, default, when)

    def boolean(self, /, *, default: bool, when: Condition | None) -> Made:
        return Made("boolean", (), default, when)

    def fixed(self, value: Value, /, *, when: Condition | None) -> Made:
        return Made("fixed", (), value, when)


def test_the_space_is_handed_to_a_client_in_its_own_terms() -> None:
    """One call of the right kind for each parameter."""
    made = for_client(fix(derive_space(), {"training.batch_size": 32}), Maker())

    assert made["training.batch_size"] == Made("fixed", (), 32, None)
    assert made["model.family"] == Made("choice ordered=False", ("mlp", "cnn", "vit", "hybrid"), "mlp", None)
    sgd = {"optimizer.name": ("sgd",)}
    assert made["optimizer.sgd.nesterov"] == Made("boolean", (), default=False, when=sgd)
    assert made["optimizer.sgd.lr"] == Made("double log=True step=None", (1e-3, 1.0), 0.1, sgd)
    mlp = {"model.family": ("mlp",)}
    assert made["model.mlp.depth"] == Made("integer log=False step=None", (1, 4), 2, mlp)
