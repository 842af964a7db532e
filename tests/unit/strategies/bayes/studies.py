"""Snapshots of small studies for tests of the Bayesian generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import Configuration, Double, Parameter, SearchSpace
from assay_server.domain.strategy import Bayesian, Phase, Strategy
from assay_server.domain.study import StudySpec
from assay_server.domain.trial import TrialState
from assay_server.strategies.sobol import SobolGenerator

SQUARE = SearchSpace(
    parameters=(
        Parameter(name="x", kind=Double(min=0.0, max=1.0)),
        Parameter(name="y", kind=Double(min=0.0, max=1.0)),
    )
)
LOSS = (Objective(metric="loss", minimize=True),)
TWO = (Objective(metric="f", minimize=True), Objective(metric="g", minimize=True))

Metrics = Mapping[str, float]


def a_snapshot(
    space: SearchSpace = SQUARE,
    *,
    objectives: tuple[Objective, ...] = LOSS,
    constraints: tuple[OutcomeConstraint, ...] = (),
    fidelity: Fidelity | None = None,
    observations: Sequence[Observation] = (),
    pending: Sequence[Configuration] = (),
    seed: int = 3,
    batch_size: int = 1,
) -> StudySnapshot:
    """A study in its only phase, which is Bayesian and optimises one candidate per fit."""
    strategy = Strategy(phases=(Phase(generator=Bayesian(batch_size=batch_size)),))
    return StudySnapshot(
        study_uid="uid",
        study_name="projects/p/studies/s",
        spec=StudySpec(
            space=space, objectives=objectives, constraints=constraints, fidelity=fidelity, strategy=strategy
        ),
        strategy=strategy,
        seed=seed,
        phase=0,
        first_index=len(observations),
        num_created=len(observations),
        num_results=len(observations),
        observations=tuple(observations),
        pending=tuple(pending),
    )


def a_result(
    number: int,
    configuration: Configuration,
    metrics: Metrics,
    *,
    state: TrialState = TrialState.SUCCEEDED,
    sem: float | None = None,
    is_external: bool = False,
) -> Observation:
    """A trial with one report, or none when *metrics* is empty."""
    values = {name: MetricValue(value=value, sem=sem) for name, value in metrics.items()}
    return Observation(
        number=number,
        configuration=configuration,
        state=state,
        measurements=(Measurement(step=1, metrics=values),) if values else (),
        is_external=is_external,
    )


def with_results(
    snapshot: StudySnapshot, num: int, evaluate: Callable[[Mapping[str, float]], Metrics]
) -> StudySnapshot:
    """The snapshot after *num* quasi-random trials, judged by *evaluate*."""
    tried = SobolGenerator().generate(replace(snapshot, first_index=0, observations=(), pending=()), num)
    results = tuple(
        a_result(i, c, evaluate({k: float(v) for k, v in c.items() if not isinstance(v, str)}))
        for i, c in enumerate(tried, start=1)
    )
    return replace(snapshot, observations=results, first_index=num, num_created=num, num_results=num)


def bowl(c: Mapping[str, float]) -> Metrics:
    """Smallest at x = 0.7, y = 0.3."""
    return {"loss": (c["x"] - 0.7) ** 2 + (c["y"] - 0.3) ** 2}


def two_bowls(c: Mapping[str, float]) -> Metrics:
    """The front lies on the line between (0.2, 0.2) and (0.8, 0.8)."""
    return {
        "f": (c["x"] - 0.2) ** 2 + (c["y"] - 0.2) ** 2,
        "g": (c["x"] - 0.8) ** 2 + (c["y"] - 0.8) ** 2,
    }
