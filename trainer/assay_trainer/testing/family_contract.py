"""What every model family promises. Subclass, give `model`, and pytest runs it:

class TestMlp(FamilyContract):
    model = MlpConfig(width=16)
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from assay_trainer.config import ModelConfig
from assay_trainer.engine import Engine, State
from assay_trainer.models.table import ImageShape, build_model
from assay_trainer.testing.builders import a_config, some_data

MANY_EPOCHS = 150
"""A sound family has learnt eight images by heart in a fraction of this."""


class FamilyContract:
    """The promises of a model family; use a configuration without dropout."""

    model: ClassVar[ModelConfig]

    def test_images_become_one_logit_per_class(self) -> None:
        """Any size, any number of channels, also a batch of one."""
        for shape, batch_size in [(_shape(1, 8, 8, 10), 3), (_shape(3, 17, 12, 5), 1)]:
            logits = self._built(shape)(_images(shape, batch_size))

            assert logits.shape == (batch_size, shape.num_classes)
            assert logits.isfinite().all()

    def test_every_weight_learns(self) -> None:
        """No weight is cut off from the loss."""
        shape = _shape(1, 8, 8, 10)
        module = self._built(shape)

        module(_images(shape, 4)).square().sum().backward()

        assert [name for name, weight in module.named_parameters() if weight.grad is None] == []

    def test_an_image_is_judged_by_itself(self) -> None:
        """What else is in the batch changes nothing but the rounding, when the model is used."""
        shape = _shape(1, 8, 8, 10)
        module, images = self._built(shape).eval(), _images(shape, 6)

        together, alone = module(images)[:1], module(images[:1])

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

    def _built(self, shape: ImageShape) -> nn.Module:
        torch.manual_seed(0)
        return build_model(self.model, shape)

    def _engine(self, *, max_epochs: int, seed: int = 0) -> Engine:
        config = a_config(self.model, seed=seed)
        return Engine(some_data(num=8), config, max_epochs=max_epochs, device="cpu")


def assert_same_weights(found: State, expected: State) -> None:
    """Equal bit for bit, name by name."""
    found_weights, expected_weights = weights_of(found), weights_of(expected)
    assert found_weights.keys() == expected_weights.keys()
    different = [name for name, weight in expected_weights.items() if not torch.equal(found_weights[name], weight)]
    assert different == []


def weights_of(state: State) -> dict[str, Tensor]:
    """The model's tensors by name."""
    model = state["model"]
    assert isinstance(model, dict)
    return model


def _shape(channels: int, height: int, width: int, num_classes: int) -> ImageShape:
    return ImageShape(channels=channels, height=height, width=width, num_classes=num_classes)


def _images(shape: ImageShape, num: int) -> Tensor:
    size = (num, shape.channels, shape.height, shape.width)
    return torch.rand(size, generator=torch.Generator().manual_seed(1))
