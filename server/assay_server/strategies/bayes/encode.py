"""A search space as a box of numbered columns in [0, 1], and back.

No name, text or value of a user goes past this module: the surrogate and Ax see columns `p0`, `p1`, ... only.
Conditional parameters are flattened: while inactive they stand at their default, so that points which mean the
same configuration are the same point; that they are active is implied by their parents' columns.

N is the number of points, D the number of columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assay_server.domain.space import (
    Condition,
    Configuration,
    Fixed,
    Parameter,
    SearchSpace,
    Value,
    default_value,
    same,
    value_problem,
)

from .columns import Array, Column, Levels, Line, column_of

Mask = npt.NDArray[np.bool_]


class Encoding:
    """The columns of a search space's searched parameters."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._columns: dict[str, Column] = {}
        self._where: dict[str, slice] = {}
        self._order: list[Parameter] = list(space.in_order())
        width = 0
        for parameter in self._order:
            if (column := column_of(parameter.kind)) is not None:
                self._columns[parameter.name] = column
                self._where[parameter.name] = slice(width, width + column.width)
                width += column.width
        self.width = width
        """D."""
        self._idle_D = np.concatenate(
            [
                np.zeros(0),
                *(self._columns[p.name].code(default_value(p.kind)) for p in self._order if p.name in self._columns),
            ]
        )

    @property
    def names(self) -> list[str]:
        """Aliases of the columns."""
        return [f"p{i}" for i in range(self.width)]

    def encode(self, configuration: Configuration) -> Array | None:
        """The point of *configuration*; None if a value is out of bounds or missing.

        Parameters that the space does not have, or that are inactive, are ignored; so are parameter constraints.
        """
        full = self._space.complete(configuration)
        point_D = self._idle_D.copy()
        for parameter in self._order:
            name = parameter.name
            if not self._space.is_active(parameter, full):
                continue
            if name not in full or value_problem(parameter.kind, configuration.get(name, full[name])):
                return None
            if name in self._columns:
                point_D[self._where[name]] = self._columns[name].code(full[name])
        return point_D

    def decode(self, point_D: Array) -> dict[str, Value]:
        """The configuration of a point, complete with fixed and derived parameters."""
        searched = {name: column.value(point_D[self._where[name]]) for name, column in self._columns.items()}
        return self._space.complete(searched)

    def snap(self, points_ND: Array) -> Array:
        """The nearest points that are configurations: on the grids, inactive parameters at their default."""
        out_ND = np.empty_like(points_ND)
        for name, column in self._columns.items():
            out_ND[:, self._where[name]] = column.snap(points_ND[:, self._where[name]])
        for parameter, active_N in self._activity(out_ND):
            if parameter.name in self._where and not active_N.all():
                out_ND[~active_N, self._where[parameter.name]] = self._idle_D[self._where[parameter.name]]
        return out_ND

    def is_feasible(self, points_ND: Array) -> Mask:
        """Which snapped points keep all parameter constraints; inactive parameters count as zero."""
        feasible_N = np.ones(len(points_ND), dtype=np.bool_)
        if not self._space.constraints:
            return feasible_N
        active = {p.name: active_N for p, active_N in self._activity(points_ND)}
        for c in self._space.constraints:
            total_N = np.zeros(len(points_ND))
            for term in c.terms:
                if term.name in self._columns:
                    number_N = self._columns[term.name].numbers(points_ND[:, self._where[term.name]])
                    total_N += term.weight * np.where(active[term.name], number_N, 0.0)
            slack = 1e-9 * max(1.0, abs(c.bound))  # as `ParameterConstraint.holds`
            feasible_N &= total_N <= c.bound + slack if c.at_most else total_N >= c.bound - slack
        return feasible_N

    def sample(self, unit_NP: Array) -> Array:
        """Snapped points for uniform numbers in [0, 1), one per searched parameter."""
        parts = [column.sample(unit_NP[:, i]) for i, column in enumerate(self._columns.values())]
        return self.snap(np.concatenate(parts, axis=1)) if parts else np.zeros((len(unit_NP), 0))

    def mixed(self, points_ND: Array, others_ND: Array, from_others_NP: Mask) -> Array:
        """*points_ND* with the parameters marked in *from_others_NP* taken from *others_ND*."""
        out_ND = points_ND.copy()
        for i, where in enumerate(self._where.values()):
            out_ND[from_others_NP[:, i], where] = others_ND[from_others_NP[:, i], where]
        return out_ND

    @property
    def num_searched(self) -> int:
        """P: number of searched parameters."""
        return len(self._columns)

    @property
    def searched_names(self) -> tuple[str, ...]:
        """Names of the searched parameters, in the order in which `sample` takes them."""
        return tuple(self._columns)

    def is_smooth(self) -> Mask:
        """Which columns may be moved by a gradient, shape (D,); the grid is put back by `snap`."""
        smooth_D = np.zeros(self.width, dtype=np.bool_)
        for name, column in self._columns.items():
            smooth_D[self._where[name]] = isinstance(column, Line)
        return smooth_D

    def level_changes(self, point_D: Array) -> Array:
        """Snapped points that differ from *point_D* in one parameter of few values."""
        out: list[Array] = []
        for name, column in self._columns.items():
            if isinstance(column, Levels):
                where = self._where[name]
                here = int(column.levels(point_D[None, where])[0])
                for level, code_C in enumerate(column.codes_KC):
                    if level != here:
                        out.append(point_D.copy())
                        out[-1][where] = code_C
        return self.snap(np.array(out)) if out else np.zeros((0, self.width))

    def _activity(self, points_ND: Array) -> list[tuple[Parameter, Mask]]:
        """Which parameters are active at which snapped points."""
        active: dict[str, Mask] = {}
        for parameter in self._order:
            mask_N = np.ones(len(points_ND), dtype=np.bool_)
            for condition in parameter.conditions:
                mask_N &= active[condition.parameter] & self._matches(condition, points_ND)
            active[parameter.name] = mask_N
        return [(p, active[p.name]) for p in self._order]

    def _matches(self, condition: Condition, points_ND: Array) -> Mask:
        parent = self._space.parameter(condition.parameter)
        assert parent is not None
        if isinstance(parent.kind, Fixed):
            holds = any(same(parent.kind.value, v) for v in condition.values)
            return np.full(len(points_ND), holds, dtype=np.bool_)
        column, where = self._columns[parent.name], self._where[parent.name]
        if isinstance(column, Levels):
            wanted = [column.level(v) for v in condition.values]
            return np.isin(column.levels(points_ND[:, where]), wanted)
        return np.isin(column.numbers(points_ND[:, where]), [float(v) for v in condition.values])


def key_of(point_D: Array) -> tuple[float, ...]:
    """What is equal for points of the same configuration."""
    return tuple(np.round(point_D, 9).tolist())
