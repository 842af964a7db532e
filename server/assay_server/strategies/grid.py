"""Grid search: every combination, in order, the last parameter changing fastest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration
from assay_server.domain.strategy import Grid
from assay_server.ports import Exhausted

from .sampling import UnitCube, tried
from .sampling_lattice import Lattice


class GridGenerator:
    """Candidate *i* is the i-th combination that keeps conditions and constraints.

    Combinations that were tried otherwise (a baseline, say) are left out.
    """

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        """See ports.Generator; raises ValueError for a continuous parameter without a resolution."""
        found = list(islice(_untried(snapshot), count))
        if not found:
            raise Exhausted("every combination of the grid was tried")
        return found


def _untried(snapshot: StudySnapshot) -> Iterator[Configuration]:
    cube = UnitCube(snapshot.spec.space)
    known = tried(cube, snapshot)
    spec = snapshot.strategy.phases[snapshot.phase].generator
    lattice = Lattice(snapshot.spec.space, spec.resolution if isinstance(spec, Grid) else None)
    for configuration in islice(lattice.walk(), snapshot.first_index, None):
        if cube.key(configuration) not in known:
            yield configuration
