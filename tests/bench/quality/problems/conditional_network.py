"""A made-up training whose parameters depend on each other: each optimizer has its own, each layer its width."""

from __future__ import annotations

import math

from assay.space import choice, double, integer
from tests.bench.quality.problem import Configuration, Metrics, Problem

OFFSETS = {"sgd": 0.0, "adam": 0.05, "lion": 0.2}
"""What the optimizer costs at its best setting."""
BEST_LR = {"sgd": -1.0, "adam": -2.5, "lion": -3.5}
"""Exponents of ten: one that is right for one optimizer is wrong for the others."""
DEPTH_COSTS = {1: 0.4, 2: 0.15, 3: 0.0}
WIDTHS = (7.0, 6.0, 5.0)
"""Exponents of two that are best for each layer."""


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """The least is 0, with sgd and three layers."""
    c = configuration
    optimizer, depth = str(c["optimizer"]), int(c["depth"])
    error = OFFSETS[optimizer] + DEPTH_COSTS[depth] + 0.3 * (math.log10(float(c["lr"])) - BEST_LR[optimizer]) ** 2
    if optimizer == "sgd":
        error += 4.0 * (float(c["momentum"]) - 0.9) ** 2
    if optimizer == "adam":
        error += 0.1 * (math.log10(float(c["epsilon"])) + 6.0) ** 2
    error += sum(0.05 * (math.log2(float(c[f"width{i}"])) - WIDTHS[i]) ** 2 for i in range(depth))
    return {"error": error}


PROBLEM = Problem(
    name="conditional_network",
    summary="one objective, eight parameters of which three to six exist at a time",
    space={
        "optimizer": choice("sgd", "adam", "lion"),
        "lr": double(1e-5, 1.0, log=True),
        "momentum": double(0.0, 0.99, when={"optimizer": "sgd"}),
        "epsilon": double(1e-9, 1e-2, log=True, when={"optimizer": "adam"}),
        "depth": choice(1, 2, 3, ordered=True),
        "width0": integer(8, 512, log=True),
        "width1": integer(8, 512, log=True, when={"depth": (2, 3)}),
        "width2": integer(8, 512, log=True, when={"depth": 3}),
    },
    evaluate=evaluate,
    objectives=("error",),
    best=0.0,
)
