"""What every model family promises. Subclass, give `model`, and pytest runs it:

class TestMlp(ImageFamilyContract):
    model = MlpConfig(width=16)
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from assay_trainer.config import ImageModelConfig, ModelConfig, TableModelConfig, TrainConfig
from assay_trainer.data.labelled import SearchData
from assay_trainer.engine import Engine, State
from assay_trainer.models.shapes import ImageShape, Shape, TableShape
from assay_trainer.models.table import build_model
from assay_trainer.testing.builders import a_config, a_table_config, some_data, some_table

MANY_EPOCHS = 150
"""A sound family has learnt eight samples by heart in a fraction of this."""


class FamilyContract:
    """The promises of a model family; use a configuration without dropout."""

    model: ClassVar[ModelConfig]
    shapes: ClassVar[tuple[Shape, ...]]

    def config(self, seed: int = 0) -> TrainConfig:
        """A training of the family."""
        raise NotImplementedError

    def data(self) -> SearchData:
        """Eight samples to train it on."""
        raise NotImplementedError

    def test_samples_become_one_output_each(self) -> None:
        """Any shape of the kind, also a batch of one."""
        for shape in self.shapes:
            for batch_size in (3, 1):
                outputs = self._built(shape)(_inputs(shape, batch_size))

                assert outputs.shape == (batch_size, shape.num_outputs)
                assert outputs.isfinite().all()

    def test_every_weight_learns(self) -> None:
        """No weight is cut off from the loss."""
        shape = self.shapes[0]
        module = self._built(shape)

        module(_inputs(shape, 4)).square().sum().backward()

        assert [name for name, weight in module.named_parameters() if weight.grad is None] == []

    def test_a_sample_is_judged_by_itself(self) -> None:
        """What else is in the batch changes nothing but the rounding, when the model is used."""
        shape = self.shapes[0]
        module, inputs = self._built(shape).eval(), _inputs(shape, 6)

        together, alone = module(inputs)[:1], module(inputs[:1])

        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)

    def test_eight_samples_are_learnt_by_heart(self) -> None:
        """A family that cannot overfit cannot fit."""
        engine = self._engine(max_epochs=MANY_EPOCHS)

        assert any(result.validation_loss < 0.05 for result in engine.epochs(MANY_EPOCHS))

    def test_the_same_seed_gives_the_same_losses(self) -> None:
        """Bit for bit, whatever else the process draws at random."""
        losses = [result.train_loss for result in self._engine(max_epochs=3).epochs(3)]
        torch.rand(7)

        assert [result.train_loss for result in self._engine(max_epochs=3).epochs(3)] == losses

    def test_another_seed_gives_other_losses(self) -> None:
        """The seed decides the initial weights."""
        (one,) = self._engine(max_epochs=1).epochs(1)
        (other,) = self._engine(max_epochs=1, seed=1).epochs(1)

        assert one.train_loss != other.train_loss

    def test_a_training_resumes_exactly(self) -> None:
        """One epoch and then two, in another engine, are three epochs."""
        whole, first, second = (self._engine(max_epochs=3) for _ in range(3))
        list(whole.epochs(3))
        list(first.epochs(1))

        second.restore(first.state())
        list(second.epochs(3))

        assert_same_weights(second.state(), whole.state())

    def _built(self, shape: Shape) -> nn.Module:
        torch.manual_seed(0)
        return build_model(self.model, shape)

    def _engine(self, *, max_epochs: int, seed: int = 0) -> Engine:
        return Engine(self.data(), self.config(seed), max_epochs=max_epochs, device="cpu")


class ImageFamilyContract(FamilyContract):
    """A family for images: of any size, with any number of channels."""

    model: ClassVar[ImageModelConfig]
    shapes: ClassVar[tuple[Shape, ...]] = (
        ImageShape(channels=1, height=8, width=8, num_outputs=10),
        ImageShape(channels=3, height=17, width=12, num_outputs=5),
        ImageShape(channels=1, height=3, width=2, num_outputs=2),
    )

    def config(self, seed: int = 0) -> TrainConfig:
        return a_config(self.model, seed=seed)

    def data(self) -> SearchData:
        return some_data(num=8)


class TableFamilyContract(FamilyContract):
    """A family for tables: of numbers, of categories, of both."""

    model: ClassVar[TableModelConfig]
    shapes: ClassVar[tuple[Shape, ...]] = (
        TableShape(num_numbers=3, cardinalities=(2, 4), num_outputs=3, one_hot=False),
        TableShape(num_numbers=0, cardinalities=(3,), num_outputs=1, one_hot=True),
        TableShape(num_numbers=2, cardinalities=(), num_outputs=2, one_hot=True),
    )

    def config(self, seed: int = 0) -> TrainConfig:
        return a_table_config(self.model, seed=seed)

    def data(self) -> SearchData:
        return some_table(num=8)


def assert_same_weights(found: State, expected: State) -> None:
    """Equal bit for bit, name by name."""
    found_weights, expected_weights = weights_of(found), weights_of(expected)
    assert found_weights.keys() == expected_weights.keys()
    different = [name for name, weight in expected_weights.items() if not torch.equal(found_weights[name], weight)]
    assert different == []


def weights_of(state: State) -> dict[str, Tensor]:
    """The model's tensors by name, averaged ones among them."""
    model, average = state["model"], state["average"]
    assert isinstance(model, dict)
    assert isinstance(average, dict)
    return {**model, **average}


def _inputs(shape: Shape, num: int) -> Tensor:
    """Noise; every code of a category exists."""
    draw = torch.Generator().manual_seed(1)
    noise = torch.rand(shape.example(num).shape, generator=draw)
    if isinstance(shape, TableShape):
        for index, size in enumerate(shape.cardinalities):
            noise[:, shape.num_numbers + index] = torch.randint(size, (num,), generator=draw).float()
    return noise
