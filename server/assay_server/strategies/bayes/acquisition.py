"""Ax's acquisition with an optimizer for spaces as ours: choices, grids, conditions, linear constraints.

Ax's own either relaxes choices or alternates, its slow path. Here the acquisition value of a pool
of allowed points is looked up, and the best few climb: by gradient along what is continuous, by trying every
single change of a choice. All points are configurations at any time, so nothing is rounded afterwards.

S is the number of starts, D the number of columns with the fidelity, N the number of points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from ax.core.search_space import SearchSpaceDigest
from ax.generators.torch.botorch_modular.acquisition import Acquisition
from botorch.generation.gen import gen_candidates_scipy
from botorch.generation.sampling import SamplingStrategy
from torch import Tensor

from .columns import Array
from .effort import Effort
from .encode import key_of
from .search import Search
from .thompson import Judge, thompson

CHUNK = 128
"""Points whose acquisition values are computed at once: bounds the memory of the fronts' partitions."""


class ClimbingAcquisition(Acquisition):
    """Finds the first few candidates one after the other, the rest from posterior samples.

    Its options are `search` and `effort`.
    """

    def optimize(
        self,
        n: int,
        search_space_digest: SearchSpaceDigest,
        inequality_constraints: list[tuple[Tensor, Tensor, float]] | None = None,
        equality_constraints: list[tuple[Tensor, Tensor, float]] | None = None,
        fixed_features: dict[int, float] | None = None,
        rounding_func: Callable[[Tensor], Tensor] | None = None,
        optimizer_options: dict[str, Any] | None = None,  # Any: Ax's signature
        candidate_set: Tensor | None = None,
        sampling_strategy: SamplingStrategy | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """At most *n* allowed points, their acquisition values, and a weight of 1 for each."""
        search, effort = self.options["search"], self.options["effort"]
        assert isinstance(search, Search)
        assert isinstance(effort, Effort)
        climb = _Climb(self, search, effort, has_fidelity=bool(fixed_features))
        num_climbed = min(n, effort.num_climbed)
        points, values = climb.sequential(num_climbed)
        if n > len(points):
            judge = Judge(
                weights_MO=self._objective_weights,
                reference_M=self._objective_thresholds,
                bounds=self._outcome_constraints,
            )
            sampled = thompson(self._model, judge, climb.left(points), n - len(points), climb.tensor)
            points += sampled
            values += [float("nan")] * len(sampled)
        return climb.tensor(np.array(points)), torch.tensor(values), torch.ones(len(points), dtype=torch.double)


class _Climb:
    """One search for candidates."""

    def __init__(self, acquisition: Acquisition, search: Search, effort: Effort, *, has_fidelity: bool) -> None:
        self._acquisition = acquisition
        self._search = search
        self._effort = effort
        self._has_fidelity = has_fidelity
        self._rng = np.random.default_rng(search.seed + 1)
        self._pool_ND = search.pool(effort.pool_size)

    def tensor(self, points_ND: Array) -> Tensor:
        """Points as the surrogate knows them, at full fidelity."""
        if self._has_fidelity:
            points_ND = np.concatenate([points_ND, np.ones((len(points_ND), 1))], axis=1)
        return torch.from_numpy(points_ND).to(torch.double)

    def sequential(self, count: int) -> tuple[list[Array], list[float]]:
        """Candidates one after the other, each conditioned on those before."""
        points: list[Array] = []
        values: list[float] = []
        acqf = self._acquisition.acqf
        pending = acqf.X_pending if hasattr(acqf, "X_pending") else None
        for _ in range(count):
            found = self._best(points)
            if found is None:
                break
            points.append(found[0])
            values.append(found[1])
            chosen = self.tensor(np.array(points))
            if len(points) < count and hasattr(acqf, "set_X_pending"):
                acqf.set_X_pending(chosen if pending is None else torch.cat([pending, chosen]))
        return points, values

    def left(self, taken: list[Array]) -> Array:
        """The pool without *taken*."""
        keys = {key_of(p_D) for p_D in taken}
        return np.array([p_D for p_D in self._pool_ND if key_of(p_D) not in keys]).reshape(-1, self._pool_ND.shape[1])

    def _best(self, taken: list[Array]) -> tuple[Array, float] | None:
        pool_ND = self.left(taken)
        if len(pool_ND) == 0:
            return None
        values_N = self._values(pool_ND)
        best = np.argsort(-values_N, kind="stable")[: self._effort.num_starts]
        starts_SD, values_S = pool_ND[best], values_N[best]
        for _ in range(self._effort.num_rounds):
            starts_SD, values_S = self._ascended(starts_SD, values_S, taken)
            starts_SD, values_S = self._changed(starts_SD, values_S, taken)
        top = int(values_S.argmax())
        return starts_SD[top], float(values_S[top])

    def _values(self, points_ND: Array) -> Array:
        """Acquisition values; -inf where there is none."""
        with torch.no_grad():
            parts = [self._acquisition.acqf(chunk.unsqueeze(1)) for chunk in torch.split(self.tensor(points_ND), CHUNK)]
        return np.asarray(torch.cat(parts).nan_to_num(nan=-torch.inf).numpy(), dtype=np.float64)

    def _ascended(self, starts_SD: Array, values_S: Array, taken: list[Array]) -> tuple[Array, Array]:
        """The starts after some steps along the gradient, where that helped."""
        smooth_D = self._search.encoding.is_smooth()
        if not smooth_D.any():
            return starts_SD, values_S
        start = self.tensor(starts_SD)
        free_D = torch.tensor([*smooth_D, *([False] * self._has_fidelity)])
        ends, _ = gen_candidates_scipy(
            initial_conditions=start.unsqueeze(1),
            acquisition_function=self._acquisition.acqf,
            lower_bounds=torch.where(free_D, 0.0, start).unsqueeze(1),
            upper_bounds=torch.where(free_D, 1.0, start).unsqueeze(1),
            options={"maxiter": self._effort.num_steps},
            use_parallel_mode=False,  # it wants the same bounds for all starts
        )
        ends_SD = ends.squeeze(1).detach().numpy()[:, : starts_SD.shape[1]]
        settled = [self._search.settled(a_D, b_D) for a_D, b_D in zip(starts_SD, ends_SD, strict=True)]
        return self._improved(starts_SD, values_S, settled, taken)

    def _changed(self, starts_SD: Array, values_S: Array, taken: list[Array]) -> tuple[Array, Array]:
        """The starts after their best single change of a choice or small move, where that helped."""
        best: list[Array | None] = []
        for start_D in starts_SD:
            near_ND = self._search.near(np.repeat(start_D[None], self._effort.num_near, axis=0), self._rng, 0.03)
            options_ND = np.concatenate([self._search.changes(start_D, self._rng), near_ND])
            best.append(options_ND[int(self._values(options_ND).argmax())] if len(options_ND) else None)
        return self._improved(starts_SD, values_S, best, taken)

    def _improved(
        self, starts_SD: Array, values_S: Array, others: list[Array | None], taken: list[Array]
    ) -> tuple[Array, Array]:
        keys = {key_of(p_D) for p_D in taken}
        ends_SD = np.array([s if o is None or key_of(o) in keys else o for s, o in zip(starts_SD, others, strict=True)])
        ends_S = self._values(ends_SD)
        better_S = ends_S > values_S
        return np.where(better_S[:, None], ends_SD, starts_SD), np.where(better_S, ends_S, values_S)
