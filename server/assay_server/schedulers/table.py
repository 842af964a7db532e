"""Which scheduler serves which specification: one row each."""

from __future__ import annotations

from assay_server.domain.fidelity import DEFAULT_ETA
from assay_server.domain.strategy import (
    AsynchronousHalving,
    FullFidelity,
    HalvingForm,
    Hyperband,
    Percentile,
    SuccessiveHalving,
)
from assay_server.domain.study import Study
from assay_server.scheduling import Scheduler

from .asha import PromotingHalving
from .full import FullFidelity as FullFidelityScheduler
from .hyperband import AsynchronousHyperband, shapes
from .pasha import ProgressiveHalving
from .percentile import PercentileRule
from .stopping import StoppingHalving
from .synchronous import Shape, SynchronousBrackets


def scheduler_of(study: Study) -> Scheduler:
    """The scheduler of *study*'s resolved strategy; specifications that make no sense are refused at creation."""
    spec, rungs = study.strategy.scheduler, study.rungs
    eta = (study.spec.fidelity.eta if study.spec.fidelity else None) or DEFAULT_ETA
    match spec:
        case FullFidelity():
            return FullFidelityScheduler(rungs[-1] if rungs else None)
        case AsynchronousHalving(form=HalvingForm.STOPPING):
            return StoppingHalving(rungs, eta)
        case AsynchronousHalving(progressive=True):
            return ProgressiveHalving(rungs, eta)
        case AsynchronousHalving():
            return PromotingHalving(rungs, eta)
        case SuccessiveHalving(bracket_size=size):
            return SynchronousBrackets(rungs, eta, (Shape(start=0, size=size),))
        case Hyperband(asynchronous=False):
            return SynchronousBrackets(rungs, eta, shapes(len(rungs), eta))
        case Hyperband():
            return AsynchronousHyperband(rungs, eta)
        case Percentile(percentile=percentile, min_trials=min_trials):
            return PercentileRule(rungs, percentile=percentile, min_trials=min_trials)
        case None:
            raise AssertionError(f"{study.name} was created without a scheduler")
