"""Which scheduler serves which specification: one row each."""

from __future__ import annotations

from assay_server.domain.fidelity import DEFAULT_ETA
from assay_server.domain.strategy import AsynchronousHalving, FullFidelity
from assay_server.domain.study import Study
from assay_server.ports import Scheduler

from .asha import PromotingHalving
from .full import FullFidelity as FullFidelityScheduler
from .population import PopulationRounds


def scheduler_of(study: Study) -> Scheduler:
    """The scheduler of *study*'s resolved strategy; specifications that are not served are refused at creation."""
    if study.strategy.population is not None:
        return PopulationRounds(study.rungs)
    spec = study.strategy.scheduler
    fidelity = study.spec.fidelity
    match spec:
        case FullFidelity():
            return FullFidelityScheduler(fidelity.max if fidelity else None)
        case AsynchronousHalving() if fidelity is not None:
            return PromotingHalving(study.rungs, fidelity.eta or DEFAULT_ETA)
        case _:
            raise AssertionError(f"{study.name} was created with a scheduler that is not served: {spec}")
