"""Draws: from points of the unit cube to configurations that keep constraints and are new.

A generator says which point stands for candidate *index* at *attempt*. A point that breaks a parameter
constraint, or that was tried before, is drawn again; where chance does not find what is left, the lattice of
a finite space is searched, and in an infinite one the polytope of its constraints.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Value
from assay_server.ports import Exhausted

from .sampling import UnitCube, tried
from .sampling_lattice import first_untried
from .sampling_polytope import nearest_feasible

PointOf = Callable[[int, int], Sequence[float]]
"""(index of the candidate within its phase, attempt) -> a point of the unit cube."""

Propose = Callable[[int, int], dict[str, Value]]
"""(index of the candidate within its phase, attempt) -> searched, active parameters; constraints may be broken."""

MAX_TRIES = 64
"""Draws per candidate before the lattice or the polytope is searched: some milliseconds, and enough wherever one
draw in twenty is good."""

NUM_STARTS = 16
"""Draws from which the polytope is searched: each has other values of what is not in a constraint."""


def draw(snapshot: StudySnapshot, count: int, point_of: PointOf) -> list[dict[str, Value]]:
    """1 to *count* configurations for the indices from snapshot.first_index on.

    None of them was tried before, and none is drawn twice, while there are others.

    Raises:
        Exhausted: every configuration of a finite space was tried.
        ValueError: no configuration that keeps the parameter constraints was found.
    """
    cube = UnitCube(snapshot.spec.space)
    return new_ones(snapshot, count, lambda index, attempt: cube.configuration(point_of(index, attempt)), point_of)


def new_ones(snapshot: StudySnapshot, count: int, propose: Propose, point_of: PointOf) -> list[dict[str, Value]]:
    """`draw` for what is proposed as configurations; *point_of* gives the numbers for the searches after it."""
    cube = UnitCube(snapshot.spec.space)
    known = tried(cube, snapshot)
    drawn: list[dict[str, Value]] = []
    for index in range(snapshot.first_index, snapshot.first_index + count):
        found = _draw_one(cube, known, partial(propose, index), partial(point_of, index))
        if found is None:
            break
        drawn.append(found)
        known.add(cube.key(found))
    if not drawn:
        raise Exhausted("every configuration of the space was tried")
    return drawn


def _draw_one(
    cube: UnitCube,
    known: set[Hashable],
    propose: Callable[[int], dict[str, Value]],
    point_of: Callable[[int], Sequence[float]],
) -> dict[str, Value] | None:
    """None when the space is finite and every configuration of it is *known*."""
    space = cube.space
    repeated: dict[str, Value] | None = None
    for attempt in range(MAX_TRIES):
        configuration = propose(attempt)
        if not space.is_feasible(configuration):
            continue
        if cube.key(configuration) not in known:
            return configuration
        repeated = configuration
    if space.num_configurations() is not None:
        return first_untried(space, lambda c: cube.key(c) in known, point_of(MAX_TRIES))
    if repeated is not None:  # a branch without a continuous parameter; the others were not met
        return repeated
    return _from_polytope(cube, propose, point_of)


def _from_polytope(
    cube: UnitCube, propose: Callable[[int], dict[str, Value]], point_of: Callable[[int], Sequence[float]]
) -> dict[str, Value]:
    for start in range(NUM_STARTS):
        drawn = propose(start)
        # The points after the tries give the directions of the walk.
        found = nearest_feasible(cube.space, drawn, lambda k: point_of(MAX_TRIES + 1 + k))
        if found is not None:
            return found
    raise ValueError(
        f"no configuration found that keeps all {len(cube.space.constraints)} parameter constraints: "
        "they may contradict each other or the bounds"
    )
