"""The training engine: epoch by epoch, exactly resumable, on the CPU or an accelerator.

It knows torch and Lightning Fabric, and nothing of studies or of gRPC. The state after an epoch is a
function of data, configuration and `max_epochs` alone: on a CPU, training nine epochs in one go or as
1 + 2 + 6 in three processes gives the same weights bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from math import isfinite
from time import perf_counter

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from assay_trainer.augment import Augment, build_augmentation
from assay_trainer.averaging import build_average
from assay_trainer.config import ImageConfig, TrainConfig
from assay_trainer.data.batches import Batches
from assay_trainer.data.labelled import SearchData
from assay_trainer.data.prepare import Prepared, prepare
from assay_trainer.devices import find_device, require_precision
from assay_trainer.goal import Judged, aims_of, answers_of, judge, loss_of
from assay_trainer.models.shapes import ImageShape
from assay_trainer.models.table import build_model
from assay_trainer.optimizers import build_optimizers
from assay_trainer.results import EpochResult, Interrupted, NonFiniteLoss, StateMismatch
from assay_trainer.schedule import rate_factor
from assay_trainer.seeding import generator, seeded

STATE_FORMAT = 2
CHECK_EVERY = {"cpu": 1, "cuda": 16}
"""Steps between looks at the loss: each look makes an accelerator wait."""

State = dict[str, object]


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

        Raises:
            UnsupportedDevice, UnsupportedPrecision: this machine cannot.
            WrongKind: the configuration is for another kind of data.
            AugmentationMissing: the library for it is not installed.
        """
        home = find_device(device)
        require_precision(config.training.precision, home)
        self._fabric = Fabric(
            accelerator=home.type,
            devices=1 if home.type == "cpu" else [home.index],
            precision=config.training.precision,
        )
        self._config, self._max_epochs, self._is_interrupted = config, max_epochs, is_interrupted
        self._identity = {
            "format": STATE_FORMAT,
            "config": sha256(config.model_dump_json().encode()).hexdigest(),
            "dataset": data.fingerprint,
            "max_epochs": max_epochs,
        }
        self._target, self._prepared = data.target, prepare(data, config)
        self._layout = torch.channels_last if config.training.channels_last else torch.contiguous_format
        self._augment = _augmentation(config, self._prepared)
        self._train = Batches(self._prepared.train, self.device)
        self._validation = Batches(self._prepared.validation, self.device)
        self._num_steps = self._train.num_batches(config.training.batch_size)
        with seeded(self.device, config.seed, "weights"):
            module = build_model(config.model, self._prepared.shape)
        if isinstance(self._prepared.shape, ImageShape):
            module = module.to(memory_format=self._layout)
        module = module.to(self.device)
        share = config.regularization.ema
        self._average = build_average(module, share=share, num_steps=max_epochs * self._num_steps)
        self._model: nn.Module
        self._model, *self._optimizers = self._fabric.setup(module, *build_optimizers(config.optimizer, module))
        self._epoch = 0
        self._is_torn = False

    @property
    def device(self) -> torch.device:
        return self._fabric.device

    @property
    def prepared(self) -> Prepared:
        """The data as the model takes it."""
        return self._prepared

    @property
    def model(self) -> nn.Module:
        """The model as it is used: takes inputs on `device`, with averaged weights where they are configured."""
        return self._model if self._average is None else self._average.module

    def finished(self) -> nn.Module:
        """The model by itself, to be kept when the engine is gone: in 32 bits, on the CPU."""
        with seeded(self.device, 0):  # the weights that are drawn are replaced, the caller's randomness is not
            module = build_model(self._config.model, self._prepared.shape)
        module.load_state_dict(used_weights(self.state()))
        return module.eval()

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
            "average": {} if self._average is None else self._average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
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
        epoch, model, average, optimizers, scaler = (
            state[key] for key in ("epoch", "model", "average", "optimizers", "scaler")
        )
        assert isinstance(epoch, int)
        assert isinstance(model, dict)
        assert isinstance(average, dict)
        assert isinstance(optimizers, list)
        assert isinstance(scaler, dict)
        self._model.load_state_dict(model)
        if self._average is not None:
            self._average.load_state_dict(average)
        for optimizer, saved in zip(self._optimizers, optimizers, strict=True):
            optimizer.load_state_dict(saved)
        self._fabric.strategy.precision.load_state_dict(scaler)
        self._epoch = epoch

    @torch.no_grad()
    def answers(self, batches: Batches) -> tuple[Tensor, Tensor]:
        """What the model answers to prepared samples, as `goal.answers_of` gives it, and their targets."""
        model = self.model.eval()
        answers: list[Tensor] = []
        targets: list[Tensor] = []
        for inputs, wanted in batches.in_order(self._config.evaluation.batch_size):
            with self._fabric.autocast():
                outputs = model(self._laid_out(inputs))
            answers.append(answers_of(self._target, outputs))
            targets.append(wanted)
        return torch.cat(answers), torch.cat(targets)

    def _train_epoch(self) -> EpochResult:
        started = perf_counter()
        self._is_torn = True
        with seeded(self.device, self._config.seed, "epoch", self._epoch), self._arithmetic():
            train_loss = self._learn()
        trained = perf_counter()
        judged = self._evaluate()
        self._epoch += 1
        self._is_torn = False
        return EpochResult(
            epoch=self._epoch,
            train_loss=train_loss,
            validation_loss=judged.loss,
            validation_error=judged.error,
            validation_ece=judged.ece,
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
        for step, (inputs, targets) in enumerate(self._train.shuffled(config.training.batch_size, order)):
            if self._is_interrupted():
                raise Interrupted(f"in epoch {self._epoch + 1} before step {step + 1}")
            self._set_rate(step)
            augmented, blends = self._augment(inputs)
            unread.append(self._gradients(self._laid_out(augmented), aims_of(self._target, targets, blends)))
            if len(unread) == check_every:
                losses += self._read(unread, first_step=len(losses) + 1)
                unread.clear()
            self._take_step()
        losses += self._read(unread, first_step=len(losses) + 1)
        return sum(losses) / len(losses)

    def _gradients(self, inputs: Tensor, aims: Tensor) -> Tensor:
        """Compute the gradients of a batch, in as many parts as configured; its mean loss."""
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        parts = min(self._config.training.accumulation, len(inputs))
        if parts == 1:
            return self._backward(inputs, aims)
        total = torch.zeros((), device=self.device)
        for some, wanted in zip(inputs.tensor_split(parts), aims.tensor_split(parts), strict=True):
            total += self._backward(some, wanted, share=len(some) / len(inputs))
        return total

    def _backward(self, inputs: Tensor, aims: Tensor, *, share: float = 1.0) -> Tensor:
        """Add the gradients of some samples, whose mean loss counts by *share*."""
        smoothing = self._config.regularization.label_smoothing
        loss = loss_of(self._target, self._model(inputs), aims, smoothing=smoothing)
        if share < 1.0:
            loss = loss * share
        self._fabric.backward(loss)
        return loss.detach()

    def _take_step(self) -> None:
        if self._config.training.clip_norm is not None:
            # Infinite gradients are told of by the loss, and by the scaler of fp16, which skips the step.
            self._fabric.clip_gradients(
                self._model,
                self._optimizers[0],
                max_norm=self._config.training.clip_norm,
                error_if_nonfinite=False,
            )
        for optimizer in self._optimizers:
            optimizer.step()
        if self._average is not None:
            self._average.update_parameters(self._model)

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
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate

    def _evaluate(self) -> Judged:
        answers, targets = self.answers(self._validation)
        judged = judge(self._target, answers, targets, bins=self._config.evaluation.bins)
        if not isfinite(judged.loss):
            raise NonFiniteLoss(epoch=self._epoch + 1, step=None, value=judged.loss)
        return judged

    def _laid_out(self, inputs: Tensor) -> Tensor:
        is_laid_out = inputs.dim() != 4 or self._layout is torch.contiguous_format
        return inputs if is_laid_out else inputs.contiguous(memory_format=self._layout)

    @contextmanager
    def _arithmetic(self) -> Iterator[None]:
        """Torch's mode is one for the whole process, so it is put back."""
        before = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(before or self._config.training.deterministic)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before)


def used_weights(state: State) -> dict[str, Tensor]:
    """The weights of a state with which the model is used: averaged ones where there are any."""
    average, model = state["average"], state["model"]
    assert isinstance(average, dict)
    assert isinstance(model, dict)
    inner = "module."
    return {name.removeprefix(inner): weight for name, weight in average.items() if name.startswith(inner)} or model


def _augmentation(config: TrainConfig, prepared: Prepared) -> Augment:
    if isinstance(config, ImageConfig):
        assert isinstance(prepared.shape, ImageShape)
        return build_augmentation(config.augmentation, prepared.shape)
    return lambda rows: (rows, ())
