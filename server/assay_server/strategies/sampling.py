"""The unit cube of a space: what every generator shares to turn numbers into configurations."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Sequence

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.scale import from_unit
from assay_server.domain.space import (
    Configuration,
    Derived,
    Double,
    Fixed,
    Integer,
    Kind,
    Parameter,
    SearchSpace,
    Value,
)


class UnitCube:
    """The searched parameters of a space, one dimension each, parents before children."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._order = tuple(p for p in space.in_order() if not isinstance(p.kind, Derived))
        self.searched: tuple[Parameter, ...] = tuple(p for p in self._order if not isinstance(p.kind, Fixed))

    @property
    def num_dimensions(self) -> int:
        """How many coordinates a point has."""
        return len(self.searched)

    def configuration(self, point_D: Sequence[float]) -> dict[str, Value]:
        """The searched, active parameters at a point of [0, 1)^D; constraints are not looked at."""
        coordinates = iter(point_D)
        values: dict[str, Value] = {}
        for p in self._order:
            if isinstance(p.kind, Fixed):
                if self.space.is_active(p, values):
                    values[p.name] = p.kind.value
                continue
            u = next(coordinates)
            if self.space.is_active(p, values):
                values[p.name] = from_unit(p.kind, u)
        return {p.name: values[p.name] for p in self.searched if p.name in values}

    def key(self, configuration: Configuration) -> Hashable:
        """Equal for configurations that are the same trial."""
        return tuple(_key(p.kind, configuration.get(p.name)) for p in self.searched)


def tried(cube: UnitCube, snapshot: StudySnapshot) -> set[Hashable]:
    """Keys of all configurations that were evaluated, are being evaluated, or wait for it."""
    keys = {cube.key(o.configuration) for o in snapshot.observations}
    return keys | {cube.key(c) for c in snapshot.pending}


def seed_of(*parts: int | str) -> int:
    """A seed of 64 bits that depends on all *parts*, the same on every machine and version of Python."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _key(kind: Kind, value: Value | None) -> Hashable:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(kind, Double | Integer) and kind.step is not None and math.isfinite(value):
        return round((value - kind.min) / kind.step)
    return value
