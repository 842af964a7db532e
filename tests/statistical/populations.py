"""Problems for the tests of evolution, and a study of them with a worker that has an answer at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Configuration,
    Double,
    Integer,
    Parameter,
    SearchSpace,
    Value,
)
from assay_server.domain.strategy import Evolutionary, Phase, Strategy
from assay_server.domain.study import StudySpec
from assay_server.domain.trial import TrialState
from assay_server.ports import Generator, NotReady
from assay_server.strategies.sobol import SobolGenerator

Evaluate = Callable[[Configuration], Mapping[str, float]]

MAX_BLOCKS = 5
OPERATIONS = ("conv", "attention", "pool", "identity")
WEIGHTS = {"conv": 0.5, "attention": 0.7, "pool": 0.2, "identity": 0.0}


def _block(i: int) -> list[Parameter]:
    exists = Condition(parameter="blocks", values=tuple(range(i, MAX_BLOCKS + 1)))
    is_conv = Condition(parameter=f"op{i}", values=("conv",))
    is_attention = Condition(parameter=f"op{i}", values=("attention",))
    return [
        Parameter(name=f"op{i}", kind=Categorical(values=OPERATIONS), conditions=(exists,)),
        Parameter(name=f"kernel{i}", kind=Integer(min=1, max=9, step=2), conditions=(is_conv,)),
        Parameter(name=f"heads{i}", kind=Integer(min=1, max=8), conditions=(is_attention,)),
        Parameter(name=f"skip{i}", kind=Boolean(), conditions=(exists,)),
    ]


ARCHITECTURES = SearchSpace(
    parameters=(
        Parameter(name="blocks", kind=Integer(min=1, max=MAX_BLOCKS)),
        *(p for i in range(1, MAX_BLOCKS + 1) for p in _block(i)),
    )
)
"""Networks of one to five blocks: which parameters there are depends on the depth, and on each block's operation."""


def architecture(c: Configuration) -> dict[str, float]:
    """An error that falls with depth where blocks suit their neighbours, and a size."""
    gain, size, before = 0.0, 1.0, "identity"
    for i in range(1, int(c["blocks"]) + 1):
        op = str(c[f"op{i}"])
        fit = WEIGHTS[op] * (1.0 if op != before else 0.4)
        if op == "conv":
            fit *= 1.0 - 0.15 * abs(float(c[f"kernel{i}"]) - (3 if i < 3 else 5))
            size += 0.1 * float(c[f"kernel{i}"])
        if op == "attention":
            fit *= 1.0 - 0.1 * abs(float(c[f"heads{i}"]) - 4)
            size += 0.15 * float(c[f"heads{i}"])
        fit *= 1.2 if c[f"skip{i}"] == (op == "attention") else 1.0
        gain, before = gain + fit, op
    return {"error": math.exp(-0.6 * gain), "size": size}


MIXED = SearchSpace(
    parameters=(
        *(Parameter(name=f"x{i}", kind=Double(min=0.0, max=1.0)) for i in range(6)),
        Parameter(name="lr", kind=Double(min=1e-5, max=1e-1, log=True)),
        Parameter(name="layers", kind=Integer(min=1, max=12)),
        Parameter(name="act", kind=Categorical(values=("relu", "gelu", "tanh", "silu"))),
    )
)


def trade_off(c: Configuration) -> dict[str, float]:
    """Quality against cost, the way ZDT problems are made (Zitzler et al. 2000): one number moves along the front,
    all others away from it; a memory that half of all configurations exceed."""
    rest = sum(abs(float(c[f"x{i}"]) - 0.35) for i in range(1, 6)) / 5
    rest += 0.25 * abs(math.log10(float(c["lr"])) + 3) + 0.05 * abs(int(c["layers"]) - 9)
    rest += {"relu": 0.3, "gelu": 0.0, "tanh": 0.6, "silu": 0.15}[str(c["act"])]
    cost = float(c["x0"])
    distance = 1 + 2 * rest
    return {"f": cost, "g": distance * (1 - math.sqrt(cost / distance)), "memory": float(c["x1"]) + float(c["x2"])}


def minimised(*metrics: str) -> tuple[Objective, ...]:
    """Objectives."""
    return tuple(Objective(metric=metric, minimize=True) for metric in metrics)


def evolved(
    space: SearchSpace,
    evaluate: Evaluate,
    objectives: tuple[Objective, ...],
    *,
    num_trials: int,
    seed: int,
    spec: Evolutionary,
    generator: Generator,
    constraints: tuple[OutcomeConstraint, ...] = (),
    num_workers: int = 4,
) -> list[Observation]:
    """All trials of a study; *num_workers* results come at a time, each bred before any of them is known."""
    snapshot = StudySnapshot(
        study_uid="uid",
        study_name="projects/p/studies/s",
        spec=StudySpec(
            space=space,
            objectives=objectives,
            constraints=constraints,
            tracked_metrics=tuple(c.metric for c in constraints),
        ),
        strategy=Strategy(phases=(Phase(generator=spec),)),
        seed=seed,
        phase=0,
        first_index=0,
        num_created=0,
        num_results=0,
        observations=(),
        pending=(),
    )
    while len(snapshot.observations) < num_trials:
        try:
            found = generator.generate(snapshot, num_workers)
        except NotReady:
            found = SobolGenerator().generate(snapshot, num_workers)
        results = tuple(
            _result(len(snapshot.observations) + i, space.complete(c), evaluate(c)) for i, c in enumerate(found, 1)
        )
        known = (*snapshot.observations, *results)
        snapshot = replace(
            snapshot, observations=known, first_index=len(known), num_created=len(known), num_results=len(known)
        )
    return list(snapshot.observations[:num_trials])


def _result(number: int, configuration: dict[str, Value], metrics: Mapping[str, float]) -> Observation:
    values = {name: MetricValue(value=value) for name, value in metrics.items()}
    return Observation(
        number=number,
        configuration=configuration,
        state=TrialState.SUCCEEDED,
        measurements=(Measurement(step=0, metrics=values),),
    )
