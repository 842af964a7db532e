"""What a training tells: the result of an epoch, and why it cannot go on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochResult:
    """What one epoch of training led to."""

    epoch: int
    """Epochs trained so far, this one included."""
    train_loss: float
    """Mean over the epoch of what was minimised, label smoothing and augmentation included."""
    validation_loss: float
    """Cross-entropy in nats, without label smoothing; of numbers the mean square error in deviations."""
    validation_error: float
    """Share of the validation samples that are put into a wrong class; of numbers see `goal.Judged`."""
    validation_ece: float | None
    """Expected calibration error; None where the target is a number."""
    samples_per_s: float
    """Training samples per second, validation not counted."""
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
