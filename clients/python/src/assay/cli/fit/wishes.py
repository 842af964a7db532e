"""What somebody who fits a model may wish for, and the overrides they have written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from assay.cli.failures import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How much is done, for what."""

    trainings: float
    """Full trainings that the search may cost; retraining comes on top."""
    epochs: int
    """Of a full training."""
    fidelity: str
    longest: timedelta
    """The search ends by then, however slow the machine."""
    workers: int
    seed: int | None
    objectives: tuple[str, ...]
    constraints: tuple[str, ...]
    top: int
    """Candidates that are retrained."""
    seeds: int
    onnx: bool


def read_overrides(path: Path | None, settings: Sequence[str]) -> dict[str, object]:
    """A YAML file, and `NAME=VALUE` on top of it, where the value is YAML too.

    Raises:
        Refused: what is no YAML, or no mapping.
    """
    import yaml

    overrides: dict[str, object] = {}
    try:
        if path is not None:
            read = yaml.safe_load(path.read_text(encoding="utf-8"))
            if not isinstance(read, dict):
                raise Refused(f"{path} holds no names with values")
            overrides |= read
        for setting in settings:
            name, sign, value = setting.partition("=")
            if not sign:
                raise Refused(f"--set takes NAME=VALUE, not {setting!r}")
            overrides[name.strip()] = yaml.safe_load(value)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise Refused(f"overrides are no YAML: {' '.join(str(error).split())}") from error
    return overrides
