"""What a cheap evaluation spends less of, and what a configuration is under such a budget."""

from __future__ import annotations

from enum import StrEnum

from assay_trainer.config import MlpConfig, TrainConfig
from assay_trainer.config.models import CnnConfig
from assay_trainer.flat import checked


class Fidelity(StrEnum):
    """The budgets that a study may name; all but epochs are counted in percent of the full one."""

    EPOCH = "epoch"
    """Trainings are paused and resumed."""
    DATA = "percent_of_data"
    RESOLUTION = "percent_of_resolution"
    WIDTH = "percent_of_width"
    """These three begin anew at every rung: weights of a smaller problem do not continue into a larger one."""


class UnknownFidelity(LookupError):
    """The trainer cannot spend less of this."""

    def __init__(self, name: str) -> None:
        super().__init__(f"fidelity {name!r} is unknown to the trainer; there are {', '.join(Fidelity)}")
        self.name = name


def find_fidelity(name: str) -> Fidelity:
    """The fidelity of that name.

    Raises:
        UnknownFidelity: when there is none.
    """
    try:
        return Fidelity(name)
    except ValueError as error:
        raise UnknownFidelity(name) from error


def at_fidelity(config: TrainConfig, fidelity: Fidelity, *, step: int, full: int) -> TrainConfig:
    """What is trained with a budget of *step* out of *full*; the configuration itself when they are equal.

    Raises:
        ConfigError: when there is no such thing (the resolution of a table).
    """
    if fidelity is Fidelity.EPOCH or step >= full:
        return config
    share, fields = step / full, config.model_dump()
    match fidelity:
        case Fidelity.DATA:
            fields["data"]["fraction"] = share * config.data.fraction
        case Fidelity.RESOLUTION:
            fields["data"]["resolution"] = share * fields["data"].get("resolution", 1.0)
        case Fidelity.WIDTH:
            fields["model"]["width"] = _narrower(config, share)
    return checked(fields)


def _narrower(config: TrainConfig, share: float) -> int:
    """A share of the width that the family can have."""
    match config.model:
        case MlpConfig(width=width):
            return max(8, round(width * share))
        case CnnConfig(width=width):
            return max(4, round(width * share))
        case transformer:
            return max(16, 8 * round(transformer.width * share / 8))
