"""What a model costs when it is used: parameters, arithmetic, time to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter, thread_time

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from assay_trainer.models.shapes import Shape

Clock = Callable[[], float]
"""Seconds since some moment, never going back."""

WARM_UP = 10
"""The first calls allocate memory and choose kernels."""
REPEATS = 100
"""A median of this many is stable to a few percent on a busy machine; takes 0.1 s at 1 ms a call."""
LONGEST_S = 1.0
"""A model that is slow enough to reach this is measured well by fewer repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What was measured."""

    num_params: int
    flops: int
    """Floating point operations for one sample; a multiplication and an addition count as two."""
    latency_ms: float
    """Median time for one batch."""
    latency_p95_ms: float
    """Exceeded by one batch in twenty."""
    num_bytes: int
    """On the disk, as `torch.save` writes the weights."""


def measure_footprint(model: nn.Module, shape: Shape, *, batch_size: int, device: torch.device) -> Footprint:
    """Everything about a model that its configuration decides and its training does not."""
    latencies = measure_latencies(model, shape, batch_size=batch_size, device=device)
    return Footprint(
        num_params=count_params(model),
        flops=count_flops(model, shape, device=device),
        latency_ms=float(np.median(latencies)),
        latency_p95_ms=float(np.quantile(latencies, 0.95)),
        num_bytes=count_bytes(model),
    )


def count_params(model: nn.Module) -> int:
    """Numbers that are learnt."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def count_bytes(model: nn.Module) -> int:
    """Size of the file that keeps the weights."""
    buffer = BytesIO()
    torch.save(model.state_dict(), buffer)
    return buffer.tell()


def count_flops(model: nn.Module, shape: Shape, *, device: torch.device) -> int:
    """Operations to answer for one sample; matrix products and convolutions only, as the counter knows them."""
    was_training = model.training
    model.eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(shape.example(1, device))
    model.train(was_training)
    return int(counter.get_total_flops())


@torch.inference_mode()
def measure_latencies(
    model: nn.Module, shape: Shape, *, batch_size: int, device: torch.device, clock: Clock | None = None
) -> list[float]:
    """Milliseconds of single calls with *batch_size* samples that already lie on the device, by `clock_for`."""
    clock = clock or clock_for(device)
    was_training = model.training
    model.eval()
    inputs = shape.example(batch_size, device)
    for _ in range(WARM_UP):
        model(inputs)
    latencies: list[float] = []
    _wait_for(device)
    deadline = clock() + LONGEST_S
    while len(latencies) < REPEATS and (not latencies or clock() < deadline):
        started = clock()
        model(inputs)
        _wait_for(device)
        latencies.append(1000.0 * (clock() - started))
    model.train(was_training)
    return latencies


def clock_for(device: torch.device) -> Clock:
    """What times a call: on one thread of a CPU the thread's own time, which is what a call takes on an idle core.

    Wall-clock time would tell how busy the machine was with the other workers, and rank models by luck.
    """
    return thread_time if device.type == "cpu" and torch.get_num_threads() == 1 else perf_counter


def _wait_for(device: torch.device) -> None:
    """An accelerator works behind the caller's back."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
