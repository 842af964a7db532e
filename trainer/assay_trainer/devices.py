"""Devices to train on: finding them, and telling when one is too small."""

from __future__ import annotations

import re
from typing import get_args

import torch

from assay_trainer.config import Precision


class UnsupportedDevice(ValueError):
    """There is no such device for the engine to train on."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(f"cannot train on device {device!r}: {reason}")
        self.device = device


class UnknownPrecision(LookupError):
    """No number format has this name."""

    def __init__(self, precision: str) -> None:
        super().__init__(f"precision {precision!r} is unknown; there are {', '.join(get_args(Precision))}")
        self.precision = precision


class UnsupportedPrecision(ValueError):
    """The device cannot compute in this number format."""

    def __init__(self, precision: str, device: str) -> None:
        super().__init__(f"precision {precision!r} is not supported on {device}")


def find_device(device: str) -> torch.device:
    """The device that `cpu`, `cuda`, `cuda:1`... names; `auto` takes an accelerator when there is one.

    Raises:
        UnsupportedDevice: when this machine has no such device, or the engine no use for it.
    """
    num_accelerators = torch.cuda.device_count()
    if device == "auto":
        device = "cuda" if num_accelerators else "cpu"
    match = re.fullmatch(r"cpu|cuda(?::(\d+))?", device)
    if match is None:
        raise UnsupportedDevice(device, "the engine knows auto, cpu, cuda and cuda:N")
    if device == "cpu":
        return torch.device("cpu")
    index = int(match[1] or 0)
    if index >= num_accelerators:
        raise UnsupportedDevice(device, f"this machine has {num_accelerators} such devices")
    return torch.device("cuda", index)


def find_precision(name: str) -> Precision:
    """The number format of that name.

    Raises:
        UnknownPrecision: when there is none.
    """
    precisions: tuple[Precision, ...] = get_args(Precision)
    for precision in precisions:
        if name == precision:
            return precision
    raise UnknownPrecision(name)


def require_precision(precision: Precision, device: torch.device) -> None:
    """Make sure that the device computes in this number format.

    Raises:
        UnsupportedPrecision: when it would silently compute in another one.
    """
    if precision == "16-mixed" and device.type == "cpu":
        raise UnsupportedPrecision(precision, device.type)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that this configuration is too large for this machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
