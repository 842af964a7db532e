"""A made-up training with ten parameters of every kind, two objectives and a constraint, whose front is enumerable."""

from __future__ import annotations

import math
from itertools import product

from assay.space import boolean, choice, double, integer
from tests.bench.quality.problem import Configuration, Metrics, Problem
from tests.bench.quality.volume import hypervolume

REFERENCE = (2.0, 4.0)
MEMORY = 1.2
DEPTHS, WIDTHS = range(1, 21), range(16, 513)


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """Error and latency; depth and width trade one for the other, everything else has a best value of its own."""
    c = configuration
    depth, width = int(c["depth"]), int(c["width"])
    error = 0.1 * (math.log10(float(c["lr"])) + 3.0) ** 2 + 0.02 * (math.log10(float(c["decay"])) + 4.0) ** 2
    error += (float(c["dropout"]) - 0.2) ** 2 + (float(c["momentum"]) - 0.9) ** 2 + _floor(depth, width)
    error += 0.1 * (c["act"] == "tanh") + 0.05 * (c["opt"] in ("sgd", "lamb")) + 0.02 * abs(_octave(c["batch"]) - 5.0)
    memory = 2.0 ** _octave(c["batch"]) / 128.0 + width / 512.0 - MEMORY
    return {"error": error, "latency": _latency(depth, width) + 0.2 * float(c["norm"]), "memory": memory}


def _floor(depth: int, width: int) -> float:
    """The error that depth and width leave."""
    return 2.0 / math.sqrt(width) + 0.5 / depth


def _latency(depth: int, width: int) -> float:
    return depth * width / 2000.0


def _octave(batch: object) -> float:
    return math.log2(float(str(batch)))


def _best() -> float:
    """The front: everything but depth and width at its best, which a batch of 32 leaves feasible up to width 486."""
    feasible = [(d, w) for d, w in product(DEPTHS, WIDTHS) if 32.0 / 128.0 + w / 512.0 <= MEMORY]
    narrow = [(_floor(d, w), _latency(d, w)) for d, w in feasible]
    # A batch of 16 costs 0.02 of error, and makes room for the widest.
    wide = [(_floor(d, w) + 0.02, _latency(d, w)) for d, w in product(DEPTHS, WIDTHS)]
    return hypervolume([*narrow, *wide], REFERENCE)


PROBLEM = Problem(
    name="mixed_probe",
    summary="two objectives, ten parameters of all kinds, a constraint",
    space={
        "lr": double(1e-5, 1e-1, log=True),
        "decay": double(1e-6, 1e-1, log=True),
        "dropout": double(0.0, 0.6),
        "momentum": double(0.5, 0.99),
        "depth": integer(DEPTHS[0], DEPTHS[-1]),
        "width": integer(WIDTHS[0], WIDTHS[-1], log=True),
        "batch": choice(16, 32, 64, 128, ordered=True),
        "norm": boolean(),
        "act": choice("relu", "gelu", "tanh"),
        "opt": choice("sgd", "adam", "lion", "lamb", "rmsprop"),
    },
    evaluate=evaluate,
    objectives=("error", "latency"),
    constraints=("memory",),
    reference=REFERENCE,
    best=_best(),
)
