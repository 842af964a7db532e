"""The study of the demonstration: networks that read handwritten digits, small, quick and right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import assay
from assay.cli.failures import load_part

STUDY = "digits"
MAX_PARAMS = 12_000
"""The default network has 8,970; about half of the space is larger than this."""
NUM_SOBOL = 16
"""Enough for the models to start from; they are loaded while these are trained."""
BATCH = 4
"""Configurations from one fit of the models: two workers train several while the next fit runs."""
SEARCHED = {
    "model.family": ["mlp", "cnn"],
    "model.cnn.stochastic_depth": 0.0,
    "optimizer.name": "adamw",
    "schedule.name": ["constant", "cosine"],
    "regularization.ema": 0.0,
    "data.normalization": "none",
    "augmentation.kind": "none",
}
"""A part of what the trainer offers: a few minutes are enough for no more."""
LEASE_TTL_S = 15.0
"""A worker that was killed keeps its trial for no longer than this; others heartbeat much more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much the demonstration does."""

    trials: int
    epochs: int
    """Of a full training."""
    longest: timedelta
    """The study ends by then, however slow the machine."""
    workers: int
    seed: int | None


def create(client: assay.Client, size: Size) -> assay.Study:
    """The study, or the one that is there already from the same specification."""
    space = load_part("assay_trainer.space", extra="trainer")
    overrides = load_part("assay_trainer.overrides", extra="trainer")
    config = load_part("assay_trainer.config", extra="trainer")
    decided = overrides.decide(config.BASELINES["images"], SEARCHED)
    return client.create_study(
        STUDY,
        description="digits of 8 x 8 pixels: few errors, quick answers, small networks",
        space=space.for_client(decided.space, assay),
        objectives=[assay.minimize("val_error", threshold=0.2), assay.minimize("latency_ms", threshold=1.0)],
        constraints=[f"params <= {MAX_PARAMS}"],
        fidelity=assay.Fidelity("epoch", min=1, max=size.epochs, eta=3),
        budget=assay.Budget(trials=size.trials, duration=size.longest),
        strategy=assay.Strategy(
            phases=(assay.Phase(assay.sobol(), trials=NUM_SOBOL), assay.Phase(assay.bayesian(batch_size=BATCH))),
            scheduler=assay.asynchronous_halving(),
        ),
        seed=size.seed,
        lease_ttl=LEASE_TTL_S,
    )
