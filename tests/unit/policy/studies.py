"""Snapshots for the tests of the policy host."""

from pathlib import Path

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.objective import Objective
from assay_server.domain.space import Double, Parameter, SearchSpace
from assay_server.domain.strategy import Bayesian, GeneratorSpec, Phase, Strategy
from assay_server.domain.study import StudySpec

LINE = SearchSpace(parameters=(Parameter(name="x", kind=Double(min=0.0, max=1.0)),))


def a_snapshot(
    *,
    space: SearchSpace = LINE,
    generator: GeneratorSpec = Bayesian(),  # noqa: B008 (frozen)
    mark: Path | None = None,
    first_index: int = 0,
) -> StudySnapshot:
    """Of a study without results; *mark* is a file that a misbehaving generator may write."""
    return StudySnapshot(
        study_uid="uid",
        study_name="projects/p/studies/s",
        spec=StudySpec(space=space, objectives=(Objective(metric="loss", minimize=True),), description=str(mark or "")),
        strategy=Strategy(phases=(Phase(generator=generator),)),
        seed=7,
        phase=0,
        first_index=first_index,
        num_created=0,
        num_results=0,
        observations=(),
        pending=(),
    )
