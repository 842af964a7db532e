"""What is searched in the benchmarks, and how good a configuration is."""

from __future__ import annotations

import math

from google.protobuf.duration_pb2 import Duration

from assay.v1 import space_pb2, study_pb2

LEASE_TTL_S = 600
"""So long that no lease runs out while a phase waits for its turn."""


def plain(generator: study_pb2.Generator | None = None) -> study_pb2.StudySpec:
    """Five parameters of four kinds, two objectives, an outcome constraint; no generator: the server chooses."""
    spec = study_pb2.StudySpec(
        space=_space(),
        objectives=[
            study_pb2.Objective(metric="error", goal=study_pb2.GOAL_MINIMIZE, threshold=2.0),
            study_pb2.Objective(metric="latency", goal=study_pb2.GOAL_MINIMIZE, threshold=20.0),
        ],
        constraints=[
            study_pb2.OutcomeConstraint(metric="size", comparison=space_pb2.COMPARISON_LESS_EQUAL, bound=300.0)
        ],
        tracked_metrics=["size"],
        seed=7,
        lease_ttl=Duration(seconds=LEASE_TTL_S),
    )
    if generator is not None:
        spec.strategy.phases.add(generator=generator)
    return spec


def random_full() -> study_pb2.StudySpec:
    """Independent draws, each trial trained to its end."""
    spec = plain(study_pb2.Generator(random=study_pb2.RandomGenerator()))
    spec.strategy.scheduler.full_fidelity.SetInParent()
    return spec


def random_halving() -> study_pb2.StudySpec:
    """Independent draws under asynchronous halving in the promoting form, rungs 1, 3, 9, 27."""
    spec = plain(study_pb2.Generator(random=study_pb2.RandomGenerator()))
    spec.fidelity.name = "epoch"
    spec.fidelity.min, spec.fidelity.max, spec.fidelity.eta = 1, 27, 3.0
    spec.strategy.scheduler.asynchronous_halving.form = study_pb2.HALVING_FORM_PROMOTING
    return spec


def metrics(configuration: space_pb2.Configuration, step: int) -> dict[str, float]:
    """Error falls with steps towards a floor that the configuration sets; latency and size grow with it."""
    values = configuration.values
    lr, dropout = values["lr"].double_value, values["dropout"].double_value
    depth, width = values["depth"].integer_value, values["width"].integer_value
    is_gelu = values["act"].string_value == "gelu"
    floor = 0.1 + 0.2 * (math.log10(lr) + 2.5) ** 2 + (dropout - 0.2) ** 2 + 1.0 / depth + 8.0 / width
    return {
        "error": floor - 0.05 * is_gelu + 1.0 / (1 + step),
        "latency": 0.5 * depth * (1.0 + 0.2 * is_gelu) + 0.01 * width,
        "size": depth * width / 4.0,
    }


def _space() -> space_pb2.SearchSpace:
    lr = space_pb2.DoubleParameter(min=1e-4, max=1e-1, scale=space_pb2.SCALE_LOG)
    act = [space_pb2.Value(string_value=name) for name in ("relu", "gelu", "tanh")]
    return space_pb2.SearchSpace(
        parameters=[
            space_pb2.Parameter(name="lr", double=lr),
            space_pb2.Parameter(name="dropout", double=space_pb2.DoubleParameter(min=0.0, max=0.6)),
            space_pb2.Parameter(name="depth", integer=space_pb2.IntegerParameter(min=1, max=8)),
            space_pb2.Parameter(
                name="width", integer=space_pb2.IntegerParameter(min=16, max=512, scale=space_pb2.SCALE_LOG)
            ),
            space_pb2.Parameter(name="act", categorical=space_pb2.CategoricalParameter(values=act)),
        ]
    )
