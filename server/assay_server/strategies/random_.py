"""Random search: independent draws.

Candidate *i* of a phase depends on the study's seed, the phase and *i* alone (and on what was tried, where a
space is finite), so a study can be continued anywhere and gives the same candidates again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration

from .sampling import UnitCube, seed_of
from .sampling_draw import draw


class RandomGenerator:
    """Bergstra and Bengio 2012."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        """See ports.Generator; raises ValueError when no configuration that keeps the constraints is found."""
        num_dimensions = UnitCube(snapshot.spec.space).num_dimensions

        def point(index: int, attempt: int) -> list[float]:
            chance = Random(seed_of("random", snapshot.seed, snapshot.phase, index, attempt))
            return [chance.random() for _ in range(num_dimensions)]

        return draw(snapshot, count, point)
