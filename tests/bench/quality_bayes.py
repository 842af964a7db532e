"""What a Bayesian suggestion costs: CPU seconds at 20, 50, 100 and 200 trials.

    python tests/bench/quality_bayes.py [trials ...]

Ten mixed parameters, two objectives with thresholds, one outcome constraint. Seconds depend on the machine: compare
ratios of one run. Each line: trials, candidates asked for, CPU seconds.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import Boolean, Categorical, Configuration, Double, Integer, Parameter, SearchSpace
from assay_server.domain.strategy import Bayesian, Phase, Strategy
from assay_server.domain.study import StudySpec
from assay_server.domain.trial import TrialState
from assay_server.strategies.bayes import BayesianGenerator
from assay_server.strategies.random_ import RandomGenerator

SPACE = SearchSpace(
    parameters=(
        Parameter(name="lr", kind=Double(min=1e-5, max=1e-1, log=True)),
        Parameter(name="decay", kind=Double(min=1e-6, max=1e-1, log=True)),
        Parameter(name="dropout", kind=Double(min=0.0, max=0.6)),
        Parameter(name="momentum", kind=Double(min=0.5, max=0.99)),
        Parameter(name="depth", kind=Integer(min=1, max=20)),
        Parameter(name="width", kind=Integer(min=16, max=512, log=True)),
        Parameter(name="batch", kind=Categorical(values=(16, 32, 64, 128), ordered=True)),
        Parameter(name="norm", kind=Boolean()),
        Parameter(name="act", kind=Categorical(values=("relu", "gelu", "tanh"))),
        Parameter(name="opt", kind=Categorical(values=("sgd", "adam", "lion", "lamb", "rmsprop"))),
    )
)
STRATEGY = Strategy(phases=(Phase(generator=Bayesian()),))
SPEC = StudySpec(
    space=SPACE,
    objectives=(
        Objective(metric="error", minimize=True, threshold=2.0),
        Objective(metric="latency", minimize=True, threshold=4.0),
    ),
    constraints=(OutcomeConstraint(metric="memory", at_most=True, bound=1.2),),
    strategy=STRATEGY,
)


def measured(c: Configuration) -> dict[str, float]:
    """A made-up training."""
    depth, width = float(c["depth"]), float(c["width"])
    error = 0.1 * (math.log10(float(c["lr"])) + 3) ** 2 + (float(c["dropout"]) - 0.2) ** 2 + 2 / math.sqrt(width)
    error += 0.5 / depth + 0.1 * (c["act"] == "tanh") + 0.05 * (c["opt"] in ("sgd", "lamb"))
    return {
        "error": error + (float(c["momentum"]) - 0.9) ** 2,
        "latency": depth * width / 2000 + 0.2 * float(c["norm"]),
        "memory": float(c["batch"]) / 128 + width / 512,
    }


def after(num: int) -> StudySnapshot:
    """The study after *num* random trials."""
    empty = StudySnapshot(
        study_uid="uid",
        study_name="projects/p/studies/s",
        spec=SPEC,
        strategy=STRATEGY,
        seed=0,
        phase=0,
        first_index=0,
        num_created=num,
        num_results=num,
        observations=(),
        pending=(),
    )
    results = tuple(
        Observation(
            number=i,
            configuration=c,
            state=TrialState.SUCCEEDED,
            measurements=(
                Measurement(step=1, metrics={n: MetricValue(value=float(v)) for n, v in measured(c).items()}),
            ),
        )
        for i, c in enumerate(RandomGenerator().generate(empty, num), start=1)
    )
    return replace(empty, observations=results, first_index=num)


def main(sizes: list[int]) -> None:
    """Prints the table."""
    generator = BayesianGenerator()
    generator.generate(after(4), 1)  # what is loaded once is not counted
    for num in sizes:
        for count in (1, 4, 64):
            snapshot = after(num)
            start = time.process_time()
            found = generator.generate(snapshot, count)
            print(f"{num:5d} trials {len(found):3d} candidates {time.process_time() - start:7.2f} CPU s", flush=True)


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [20, 50, 100, 200])
