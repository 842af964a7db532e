"""Ax's acquisition with an optimizer for spaces as ours: choices, grids, conditions, linear constraints.

Ax's own either relaxes choices or alternates, its slow path. Here a pool of allowed points is looked up, and the best
few climb: by gradient along what is continuous, by trying every single change of a choice. They climb the improvement
in closed form, which costs a hundredth of the sampled one; the sampled one, Ax's, decides between those that arrive
and those that started: it knows of noise and of what correlates with awaited results. From four objectives on there
is no closed form, and all is done with the sampled one. All points are configurations at any time, so nothing is
rounded afterwards.

S is the number of starts, D the number of columns with the fidelity, N the number of points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from ax.core.search_space import SearchSpaceDigest
from ax.generators.torch.botorch_modular.acquisition import Acquisition
from botorch.acquisition.acquisition import AcquisitionFunction
from botorch.generation.gen import gen_candidates_scipy
from botorch.generation.sampling import SamplingStrategy
from botorch.models.model import Model
from torch import Tensor

from assay_server.pareto import top

from .aim import Aim
from .columns import Array, Indices
from .effort import Effort
from .encode import key_of
from .improvement import MAX_OBJECTIVES, LogImprovement
from .posterior import Marginals, processes_of
from .rivals import Opinion
from .search import Search
from .thompson import thompson

MAX_BASELINE = 96
"""Observed points that the sampled improvement is measured against: those of the front, and next to it."""
CHUNK = 128
"""Points whose acquisition values are computed at once: bounds the memory of the fronts' partitions."""


class ClimbingAcquisition(Acquisition):
    """Finds the first few candidates one after the other, the rest from posterior samples.

    Its options are `search`, `effort` and `opinion`.
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
        aim = self.aim()
        climb = _Climb(self, aim, search, effort, has_fidelity=bool(fixed_features))
        points, values = climb.sequential(min(n, effort.num_climbed))
        if n > len(points):
            sampled = thompson(self.outcomes, aim, climb.left(points), n - len(points), climb.tensor)
            points += sampled
            values += [float("nan")] * len(sampled)
        chosen = climb.tensor(np.array(points).reshape(len(points), search.encoding.width))
        opinion = self.options["opinion"]
        assert isinstance(opinion, Opinion)
        opinion.form(self.outcomes, aim, self.X_pending, chosen)
        return chosen, torch.tensor(values), torch.ones(len(points), dtype=torch.double)

    def _instantiate_acquisition(self) -> None:
        """Ax's, over the best of what was observed: it compares samples of all points with each other."""
        if self.X_observed is not None and len(self.X_observed) > MAX_BASELINE:
            self.X_observed = self._best_observed(self.X_observed)
        super()._instantiate_acquisition()

    def _best_observed(self, observed_ND: Tensor) -> Tensor:
        aim = self.aim()
        with torch.no_grad():
            mean_NO, variance_NO = Marginals(processes_of(self.outcomes))(observed_ND)
            values_NM, _ = aim.objectives(mean_NO, variance_NO)
        violation_N = aim.violations(mean_NO)
        return observed_ND[top(-values_NM.numpy(), violation_N.numpy(), MAX_BASELINE)]

    @property
    def outcomes(self) -> Model:
        """The model of the outcomes that matter."""
        return self._model

    def aim(self) -> Aim:
        """What is wanted of the model's outcomes."""
        return Aim(
            weights_MO=self._objective_weights,
            reference_M=self._objective_thresholds,
            bounds=self._outcome_constraints,
        )


class _Climb:
    """One search for candidates."""

    def __init__(
        self, acquisition: ClimbingAcquisition, aim: Aim, search: Search, effort: Effort, *, has_fidelity: bool
    ) -> None:
        self._acquisition = acquisition
        self._aim = aim
        self._search = search
        self._effort = effort
        self._has_fidelity = has_fidelity
        self._rng = np.random.default_rng(search.seed + 1)
        self._pool_ND = search.pool(effort.pool_size)
        self._promise: AcquisitionFunction = acquisition.acqf

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
            self._promise = self._promised(points)
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

    def _promised(self, taken: list[Array]) -> AcquisitionFunction:
        """What is climbed: improvement over what was observed, is awaited, or is *taken*, each as it is expected."""
        if len(self._aim.weights_MO) > MAX_OBJECTIVES:
            return self._acquisition.acqf
        processes = processes_of(self._acquisition.outcomes)
        observed_ND = torch.unique(torch.cat([p.points_ND for p in processes]), dim=0)
        if self._has_fidelity:
            observed_ND[:, -1] = 1.0
        awaited = [self.tensor(np.array(taken))] if taken else []
        if self._acquisition.X_pending is not None:
            awaited.append(self._acquisition.X_pending)
        awaited_PD = torch.cat(awaited) if awaited else None
        marginals = Marginals(processes, awaited_PD, self._aim.objective_outcomes)
        return LogImprovement(marginals, self._aim, observed_ND, awaited_PD)

    def _best(self, taken: list[Array]) -> tuple[Array, float] | None:
        pool_ND = self.left(taken)
        if len(pool_ND) == 0:
            return None
        values_N = self._values(pool_ND)
        best = self._starts(pool_ND, values_N)
        starts_SD, values_S = pool_ND[best], values_N[best]
        ends_SD = starts_SD
        for _ in range(self._effort.num_rounds):
            ends_SD, values_S = self._ascended(ends_SD, values_S, taken)
            ends_SD, values_S = self._changed(ends_SD, values_S, taken)
        return self._judged(np.concatenate([ends_SD, starts_SD]), taken)

    def _starts(self, pool_ND: Array, values_N: Array) -> Indices:
        """Rows of the pool that promise most, and those of them that Ax's sampled improvement likes best."""
        order = np.argsort(-values_N, kind="stable")[:CHUNK]
        num_promising = self._effort.num_starts
        if self._promise is self._acquisition.acqf:
            return order[:num_promising]
        sampled = np.argsort(-self._valued(self._acquisition.acqf, pool_ND[order]), kind="stable")
        chosen = dict.fromkeys([*order[: num_promising // 2], *order[sampled]])
        return np.array(list(chosen)[:num_promising], dtype=np.int64)

    def _judged(self, points_ND: Array, taken: list[Array]) -> tuple[Array, float]:
        """The best of *points_ND* by Ax's sampled improvement, after its best few have climbed that."""
        values_N = self._valued(self._acquisition.acqf, points_ND)
        best = np.argsort(-values_N, kind="stable")[: self._effort.num_polished]
        points_SD, values_S = points_ND[best], values_N[best]
        if self._promise is not self._acquisition.acqf:
            self._promise = self._acquisition.acqf
            points_SD, values_S = self._ascended(points_SD, values_S, taken, self._effort.num_polishing_steps)
        top = int(values_S.argmax())
        return points_SD[top], float(values_S[top])

    def _values(self, points_ND: Array) -> Array:
        """What points promise; -inf where nothing is known."""
        return self._valued(self._promise, points_ND)

    def _valued(self, function: AcquisitionFunction, points_ND: Array) -> Array:
        with torch.no_grad():
            parts = [function(chunk.unsqueeze(1)) for chunk in torch.split(self.tensor(points_ND), CHUNK)]
        return np.asarray(torch.cat(parts).nan_to_num(nan=-torch.inf).numpy(), dtype=np.float64)

    def _ascended(
        self, starts_SD: Array, values_S: Array, taken: list[Array], num_steps: int | None = None
    ) -> tuple[Array, Array]:
        """The starts after some steps along the gradient, where that helped."""
        smooth_D = self._search.encoding.is_smooth()
        if not smooth_D.any():
            return starts_SD, values_S
        start = self.tensor(starts_SD)
        free_D = torch.tensor([*smooth_D, *([False] * self._has_fidelity)])
        ends, _ = gen_candidates_scipy(
            initial_conditions=start.unsqueeze(1),
            acquisition_function=self._promise,
            lower_bounds=torch.where(free_D, 0.0, start).unsqueeze(1),
            upper_bounds=torch.where(free_D, 1.0, start).unsqueeze(1),
            options={"maxiter": num_steps or self._effort.num_steps},
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
