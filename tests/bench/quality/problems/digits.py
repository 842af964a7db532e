"""Real learning curves: small networks that read handwritten digits, from a table that make_digits.py trained.

Numeric axes are whole numbers 0, 1, ...: the place in a grid that is close to even on a log scale. A configuration's
curve is what it is, so there is no noise; a full evaluation is 27 epochs.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assay.space import Integer, Parameter, choice, integer
from tests.bench.quality.problem import Configuration, Metrics, Problem
from tests.bench.quality.volume import hypervolume

TABLE = Path(__file__).with_name("digits_mlp.npz")
EPOCHS = 27
NUM_IMAGES = 500
"""Of the validation set."""
NUMERIC = {"lr": 5, "wd": 2, "batch_size": 2, "width": 4, "depth": 2, "dropout": 2}
"""Values of each numeric axis."""
CHOICES = {"optimizer": ("adam", "sgd"), "activation": ("relu", "tanh")}
REFERENCE = (0.3, 1.0 + 1e-9)
"""30 % of wrong images, and the largest network."""

SPACE: dict[str, Parameter] = {name: integer(0, num - 1) for name, num in NUMERIC.items()} | {
    name: choice(*values) for name, values in CHOICES.items()
}
Floats = npt.NDArray[np.float64]


@cache
def errors() -> Floats:
    """Share of wrong validation images, by the place in each axis and the epoch."""
    with np.load(TABLE) as table:
        return np.asarray(table["wrong"], dtype=np.float64) / NUM_IMAGES


@cache
def sizes() -> Floats:
    """Logarithm of the number of parameters, from 0 for the smallest network to 1 for the largest."""
    with np.load(TABLE) as table:
        logs = np.log10(np.asarray(table["params"], dtype=np.float64))
    scaled: Floats = (logs - logs.min()) / (logs.max() - logs.min())
    return scaled


def place(configuration: Configuration) -> tuple[int, ...]:
    """Where the configuration stands in the table."""
    return tuple(
        int(configuration[name])
        if isinstance(parameter.kind, Integer)
        else CHOICES[name].index(str(configuration[name]))
        for name, parameter in SPACE.items()
    )


def error_and_size(configuration: Configuration, step: int) -> Metrics:
    """Error after *step* epochs, and size."""
    at = place(configuration)
    return {"error": float(errors()[(*at, step - 1)]), "size": float(sizes()[at])}


def error_alone(configuration: Configuration, step: int) -> Metrics:
    """Error after *step* epochs."""
    return {"error": float(errors()[(*place(configuration), step - 1)])}


PARAMS = Problem(
    name="digits_mlp_params",
    summary="error and size of real networks, eight parameters, real curves",
    space=SPACE,
    evaluate=error_and_size,
    objectives=("error", "size"),
    reference=REFERENCE,
    best=hypervolume(np.stack([errors()[..., -1].ravel(), sizes().ravel()], axis=1), REFERENCE),
    max_step=EPOCHS,
)
ERROR_ALONE = Problem(
    name="digits_mlp_so",
    summary="error of real networks, eight parameters, real curves",
    space=SPACE,
    evaluate=error_alone,
    objectives=("error",),
    best=float(errors()[..., -1].min()),
    max_step=EPOCHS,
)
