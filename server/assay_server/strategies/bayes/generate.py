"""Bayesian optimisation by Ax.

The surrogate is an exact Gaussian process per metric. With a fidelity, the step (on a log scale) is one more
input, the rung reports and the last points of all curves are its data, and candidates are chosen for the largest
step: plain, and it does not break down as special kernels for curves do. Acquisition: expected improvement for one
objective, of the hypervolume for two and three, scalarised (ParEGO) from four on, where exact hypervolumes cost 20 s.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest

import numpy as np
import torch
from ax.adapter.registry import Generators
from ax.generators.torch.botorch_modular.surrogate import SurrogateSpec
from ax.generators.torch.botorch_modular.utils import ModelConfig
from ax.utils.common.random import with_rng_seed
from botorch.acquisition.multi_objective.parego import qLogNParEGO
from botorch.sampling.normal import SobolQMCNormalSampler

from assay_server.domain.candidate import Proposal, StudySnapshot
from assay_server.domain.space import Configuration
from assay_server.domain.strategy import Bayesian
from assay_server.pareto import nondominated_ranks
from assay_server.ports import NotReady
from assay_server.strategies.random_ import RandomGenerator
from assay_server.strategies.sampling import seed_of

from .acquisition import ClimbingAcquisition
from .columns import Array
from .effort import Effort, effort_for
from .encode import Encoding
from .evidence import Evidence, evidence_of
from .experiment import TRANSFORMS, Rebuilt, rebuild
from .kernel import go_without
from .rivals import Opinion, rivals_of
from .search import Search
from .surrogate import RunsSurrogate, Surrogate

FIRST_PAREGO = 4
"""Objectives from which on the acquisition is scalarised."""

NUM_SAMPLES = 64
"""Of the posterior, in the acquisition; half of BoTorch's default, for speed."""

NUM_SPARES = 16
"""Drawn by random search for spaces in which chance finds few: it also notices that a finite one is exhausted."""


class BayesianGenerator:
    """Proposes what promises the largest improvement."""

    def __init__(self, *, spec: Bayesian | None = None) -> None:
        """*spec* replaces what the snapshot's phase says."""
        self._spec = spec

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        """See ports.Generator."""
        return [proposal.configuration for proposal in self.propose(snapshot, count)]

    def propose(self, snapshot: StudySnapshot, count: int) -> Sequence[Proposal]:
        """See ports.ComparingGenerator."""
        encoding = Encoding(snapshot.spec.space)
        spares = RandomGenerator().generate(snapshot, NUM_SPARES)  # raises Exhausted
        if encoding.width == 0:
            return [Proposal(configuration=spares[0])]
        evidence = evidence_of(snapshot, encoding)
        if evidence is None:
            raise NotReady("fewer than two results have all objectives and constrained metrics")
        seed = seed_of("bayes", snapshot.seed, snapshot.phase, snapshot.first_index) % 2**31
        search = Search(encoding=encoding, tried=evidence.tried, good_GD=evidence.good_GD, spares=spares, seed=seed)
        effort = self._effort(snapshot, evidence, encoding, count)
        opinion = Opinion(rivals_of(snapshot, encoding))
        with _calm(), with_rng_seed(seed):
            points = _generated(rebuild(evidence, encoding), search, effort, opinion, count)
        if not points:
            raise NotReady("no untried configuration found that keeps the parameter constraints")
        configurations = [encoding.decode(point_D) for point_D in points]
        return [Proposal(configuration=c, verdict=v) for c, v in zip_longest(configurations, opinion.verdicts)]

    def _effort(self, snapshot: StudySnapshot, evidence: Evidence, encoding: Encoding, count: int) -> Effort:
        phase = snapshot.strategy.phases[snapshot.phase].generator
        spec = self._spec or (phase if isinstance(phase, Bayesian) else Bayesian())
        known_NM = evidence.values_NM[~np.isnan(evidence.values_NM).any(axis=1)]
        return effort_for(
            count=count,
            batch_size=spec.batch_size,
            num_rows=len(evidence.points_ND),
            has_constraints=evidence.slacks_NK.shape[1] > 0 or evidence.runs_N is not None,
            num_on_front=int((nondominated_ranks(-known_NM) == 0).sum()),
            has_choices=not encoding.is_smooth().all(),
        )


def _generated(rebuilt: Rebuilt, search: Search, effort: Effort, opinion: Opinion, count: int) -> list[Array]:
    go_without()
    adapter = Generators.BOTORCH_MODULAR(
        experiment=rebuilt.experiment,
        data=rebuilt.data,
        transforms=TRANSFORMS,
        transform_configs=rebuilt.transform_configs,
        surrogate_spec=_surrogates(rebuilt),
        acquisition_class=ClimbingAcquisition,
        acquisition_options={"search": search, "effort": effort, "opinion": opinion},
        botorch_acqf_class=qLogNParEGO if rebuilt.num_objectives >= FIRST_PAREGO else None,
        botorch_acqf_options={"sampler": SobolQMCNormalSampler(torch.Size([NUM_SAMPLES]), seed=search.seed)},
    )
    run = adapter.gen(n=count, pending_observations=rebuilt.pending, fixed_features=rebuilt.fixed)
    columns = rebuilt.columns[: search.encoding.width]
    return [np.array([arm.parameters[c] for c in columns], dtype=np.float64) for arm in run.arms]


def _surrogates(rebuilt: Rebuilt) -> SurrogateSpec:
    default = [ModelConfig(botorch_model_class=Surrogate)]
    if rebuilt.runs_metric is None:
        return SurrogateSpec(model_configs=default)
    runs = [ModelConfig(botorch_model_class=RunsSurrogate)]
    return SurrogateSpec(model_configs=default, metric_to_model_configs={rebuilt.runs_metric: runs})


@contextmanager
def _calm() -> Iterator[None]:
    """One thread and no warnings: ax's are about itself, and threads cost more than they give."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            torch.set_num_threads(num_threads)


for _name in ("ax", "ax.adapter", "ax.core.experiment"):
    logging.getLogger(_name).setLevel(logging.ERROR)
