"""The training engine: epoch by epoch, exactly resumable, on the CPU or an accelerator.

It knows torch and Lightning Fabric, and nothing of studies or of gRPC. The state after an epoch is a
function of data, configuration and `max_epochs` alone: on a CPU, training nine epochs in one go or as
1 + 2 + 6 in three processes gives the same weights bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from time import perf_counter

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from assay_trainer.config import TrainConfig
from assay_trainer.data.batches import Batches
from assay_trainer.data.labelled import SearchData
from assay_trainer.devices import find_device, require_precision
from assay_trainer.models.table import ImageShape, build_model
from assay_trainer.optimizers import build_optimizer
from assay_trainer.schedule import rate_factor
from assay_trainer.seeding import generator, seeded

STATE_FORMAT = 1
EVALUATION_BATCH = 1024
"""Large, because there are no gradients to keep, and bounded, because a validation set may not be."""
CHECK_EVERY = {"cpu": 1, "cuda": 16}
"""Steps between looks at the loss: each look makes an accelerator wait."""

State = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochResult:
    """What one epoch of training led to."""

    epoch: int
    """Epochs trained so far, this one included."""
    train_loss: float
    """Mean over the epoch of what was minimised, label smoothing included."""
    validation_loss: float
    """Cross-entropy in nats, without label smoothing."""
    validation_error: float
    """Share of the validation images that are put into a wrong class."""
    samples_per_s: float
    """Training images per second, validation not counted."""
    seconds: float
    """Wall time of the epoch, validation included."""


class NonFiniteLoss(ArithmeticError):
    """The loss became infinite or not a number; nothing can be learnt from here on."""

    def __init__(self, *, epoch: int, step: int | None, value: float) -> None:
        where = "in validation" if step is None else f"at step {step}"
        super().__init__(f"loss is {value} in epoch {epoch} {where}")
        self.epoch, self.step, self.value = epoch, step, value


class Interrupted(Exception):
    """The training was asked to stop in the middle of an epoch, which is lost."""


class StateMismatch(ValueError):
    """A state belongs to another training than the one that is to continue from it."""

    def __init__(self, field: str, *, found: object, expected: object) -> None:
        super().__init__(f"the state's {field} is {found!r} and not {expected!r}")
        self.field = field


class Engine:
    """One training in progress."""

    def __init__(
        self,
        data: SearchData,
        config: TrainConfig,
        *,
        max_epochs: int,
        device: str = "auto",
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """*max_epochs* is the length of the full training, wherever this one will pause.

        *is_interrupted* is asked before every step.
        """
        home = find_device(device)
        require_precision(config.precision, home)
        self._fabric = Fabric(
            accelerator=home.type,
            devices=1 if home.type == "cpu" else [home.index],
            precision=config.precision,
        )
        self._config, self._max_epochs, self._is_interrupted = config, max_epochs, is_interrupted
        self._identity = {
            "format": STATE_FORMAT,
            "config": sha256(config.model_dump_json().encode()).hexdigest(),
            "dataset": data.fingerprint,
            "max_epochs": max_epochs,
        }
        with seeded(self.device, config.seed, "weights"):
            module = build_model(config.model, shape_of(data))
        optimizer = build_optimizer(config.optimizer, module.to(self.device))
        self._model: nn.Module
        self._model, self._optimizer = self._fabric.setup(module, optimizer)
        self._train, self._validation = (
            Batches(data.train, self.device),
            Batches(data.validation, self.device),
        )
        self._num_steps = self._train.num_batches(config.batch_size)
        self._epoch = 0
        self._is_torn = False

    @property
    def device(self) -> torch.device:
        return self._fabric.device

    @property
    def model(self) -> nn.Module:
        """The model as it trains: takes inputs on `device`, computes in the configured precision."""
        return self._model

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return self._epoch

    def epochs(self, until: int) -> Iterator[EpochResult]:
        """Train up to epoch *until*, one result after each epoch.

        Raises:
            NonFiniteLoss: at the first step (on an accelerator: within a few) with such a loss.
            Interrupted: when asked to stop. The engine is of no use afterwards.
        """
        while self._epoch < until:
            yield self._train_epoch()

    def state(self) -> State:
        """What a later engine needs to go on from here, in types that `torch.load(weights_only=True)` reads.

        No state of a random generator is among it: see `seeding`.
        """
        assert not self._is_torn, "an interrupted epoch has no state to resume from"
        return {
            **self._identity,
            "epoch": self._epoch,
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._fabric.strategy.precision.state_dict(),
        }

    def restore(self, state: State) -> None:
        """Go on from a state.

        Raises:
            StateMismatch: when it is of another configuration, data set, length or format.
        """
        for field, expected in self._identity.items():
            if state.get(field) != expected:
                raise StateMismatch(field, found=state.get(field), expected=expected)
        epoch, model, optimizer, scaler = (state[key] for key in ("epoch", "model", "optimizer", "scaler"))
        assert isinstance(epoch, int)
        assert isinstance(model, dict)
        assert isinstance(optimizer, dict)
        assert isinstance(scaler, dict)
        self._model.load_state_dict(model)
        self._optimizer.load_state_dict(optimizer)
        self._fabric.strategy.precision.load_state_dict(scaler)
        self._epoch = epoch

    def _train_epoch(self) -> EpochResult:
        started = perf_counter()
        self._is_torn = True
        with seeded(self.device, self._config.seed, "epoch", self._epoch):
            train_loss = self._learn()
        trained = perf_counter()
        loss, error = self._evaluate()
        self._epoch += 1
        self._is_torn = False
        return EpochResult(
            epoch=self._epoch,
            train_loss=train_loss,
            validation_loss=loss,
            validation_error=error,
            samples_per_s=len(self._train) / (trained - started),
            seconds=perf_counter() - started,
        )

    def _learn(self) -> float:
        """One pass over the training data; the mean loss."""
        config = self._config
        order = generator(config.seed, "order", self._epoch)
        check_every = CHECK_EVERY.get(self.device.type, 1)
        losses: list[float] = []
        unread: list[Tensor] = []
        self._model.train()
        for step, (images, labels) in enumerate(self._train.shuffled(config.batch_size, order)):
            if self._is_interrupted():
                raise Interrupted(f"in epoch {self._epoch + 1} before step {step + 1}")
            self._set_rate(step)
            self._optimizer.zero_grad()
            loss = cross_entropy(self._model(images), labels, label_smoothing=config.label_smoothing)
            unread.append(loss.detach())
            if len(unread) == check_every:
                losses += self._read(unread, first_step=len(losses) + 1)
                unread.clear()
            self._fabric.backward(loss)
            self._optimizer.step()
        losses += self._read(unread, first_step=len(losses) + 1)
        return sum(losses) / len(losses)

    def _read(self, losses: list[Tensor], *, first_step: int) -> list[float]:
        """The values, which an accelerator has to be waited for; none of them is infinite or NaN."""
        values: list[float] = torch.stack(losses).tolist() if losses else []
        for step, value in enumerate(values, start=first_step):
            if not isfinite(value):
                raise NonFiniteLoss(epoch=self._epoch + 1, step=step, value=value)
        return values

    def _set_rate(self, step: int) -> None:
        """The middle of the step decides, so that a warm-up does not waste its first step on rate zero."""
        progress = (self._epoch + (step + 0.5) / self._num_steps) / self._max_epochs
        rate = self._config.optimizer.lr * rate_factor(self._config.schedule, progress)
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    @torch.inference_mode()
    def _evaluate(self) -> tuple[float, float]:
        """Mean loss and share of errors on the validation part."""
        self._model.eval()
        total_loss = torch.zeros((), device=self.device, dtype=torch.float64)
        num_wrong = torch.zeros((), device=self.device, dtype=torch.int64)
        for images, labels in self._validation.in_order(EVALUATION_BATCH):
            logits = self._model(images)
            total_loss += cross_entropy(logits, labels, reduction="sum")
            num_wrong += (logits.argmax(dim=1) != labels).sum()
        loss = total_loss.item() / len(self._validation)
        if not isfinite(loss):
            raise NonFiniteLoss(epoch=self._epoch + 1, step=None, value=loss)
        return loss, num_wrong.item() / len(self._validation)


def shape_of(data: SearchData) -> ImageShape:
    """What a model for this data takes and gives."""
    _, channels, height, width = data.train.images.shape
    return ImageShape(channels=channels, height=height, width=width, num_classes=data.num_classes)
