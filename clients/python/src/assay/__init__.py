"""Ask Assay which training run to try next, and tell it how the run went.

    client = assay.Client("localhost:7077")
    study = client.create_study("digits", space=dict(lr=assay.double(1e-4, 1e-1, log=True)),
                                objectives=[assay.minimize("val_error")], budget=assay.Budget(trials=64))
    for trial in study.trials(worker="gpu-0"):
        with trial:
            trial.report(val_error=train(**trial.params))
    print(study.front())

Names are loaded when they are first used: gRPC alone takes longer to import than all of this.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .analyses import (
        Corrected,
        CorrectedTrial,
        Importance,
        Importances,
        ModelQuality,
        Prediction,
        Predictions,
    )
    from .async_client import AsyncClient
    from .async_study import AsyncStudy
    from .async_trial import AsyncActiveTrial
    from .budget import Budget, Convergence, CostModel, Fidelity
    from .channel import TLS
    from .client import Client
    from .errors import (
        AssayError,
        DeadlineExceeded,
        EtagMismatch,
        FailedPrecondition,
        InvalidArgument,
        InvalidPageToken,
        LeaseLost,
        ModelFailed,
        NotEnoughData,
        NotFound,
        NotServedYet,
        Overloaded,
        PermissionDenied,
        Preempted,
        RequestIdReused,
        ResumeTokenExpired,
        ServerFault,
        StudyNotFound,
        StudyNotOver,
        StudyOver,
        StudySpecMismatch,
        TestMetricsSealed,
        TrialNotFound,
        Unauthenticated,
        Unavailable,
        Violation,
        WrongTrialState,
    )
    from .objectives import (
        Constraint,
        Objective,
        OutcomeConstraint,
        ParameterConstraint,
        constraint,
        maximize,
        minimize,
    )
    from .records import (
        Action,
        Attempt,
        BestValue,
        Directive,
        Front,
        HypervolumeHistory,
        HypervolumePoint,
        Measurement,
        Progress,
        Provenance,
        Rung,
        StudyEvent,
        StudyRecord,
        StudyState,
        TrialRecord,
        TrialState,
        WorkerStatus,
    )
    from .space import (
        Boolean,
        Choice,
        Condition,
        Derived,
        Double,
        Fixed,
        Integer,
        NormalPrior,
        Parameter,
        Scalar,
        Space,
        boolean,
        choice,
        derived,
        double,
        fixed,
        integer,
        normal,
    )
    from .spec import Comparability, StudySpec, study_spec
    from .strategy import (
        Freshness,
        Phase,
        Strategy,
        asynchronous_halving,
        bayesian,
        evolutionary,
        full_fidelity,
        grid,
        hyperband,
        percentile,
        population_based,
        random,
        sobol,
        successive_halving,
    )
    from .study import Study
    from .trial import ActiveTrial

__all__ = [
    "TLS",
    "Action",
    "ActiveTrial",
    "AssayError",
    "AsyncActiveTrial",
    "AsyncClient",
    "AsyncStudy",
    "Attempt",
    "BestValue",
    "Boolean",
    "Budget",
    "Choice",
    "Client",
    "Comparability",
    "Condition",
    "Constraint",
    "Convergence",
    "Corrected",
    "CorrectedTrial",
    "CostModel",
    "DeadlineExceeded",
    "Derived",
    "Directive",
    "Double",
    "EtagMismatch",
    "FailedPrecondition",
    "Fidelity",
    "Fixed",
    "Freshness",
    "Front",
    "HypervolumeHistory",
    "HypervolumePoint",
    "Importance",
    "Importances",
    "Integer",
    "InvalidArgument",
    "InvalidPageToken",
    "LeaseLost",
    "Measurement",
    "ModelFailed",
    "ModelQuality",
    "NormalPrior",
    "NotEnoughData",
    "NotFound",
    "NotServedYet",
    "Objective",
    "OutcomeConstraint",
    "Overloaded",
    "Parameter",
    "ParameterConstraint",
    "PermissionDenied",
    "Phase",
    "Prediction",
    "Predictions",
    "Preempted",
    "Progress",
    "Provenance",
    "RequestIdReused",
    "ResumeTokenExpired",
    "Rung",
    "Scalar",
    "ServerFault",
    "Space",
    "Strategy",
    "Study",
    "StudyEvent",
    "StudyNotFound",
    "StudyNotOver",
    "StudyOver",
    "StudyRecord",
    "StudySpec",
    "StudySpecMismatch",
    "StudyState",
    "TestMetricsSealed",
    "TrialNotFound",
    "TrialRecord",
    "TrialState",
    "Unauthenticated",
    "Unavailable",
    "Violation",
    "WorkerStatus",
    "WrongTrialState",
    "asynchronous_halving",
    "bayesian",
    "boolean",
    "choice",
    "constraint",
    "derived",
    "double",
    "evolutionary",
    "fixed",
    "full_fidelity",
    "grid",
    "hyperband",
    "integer",
    "maximize",
    "minimize",
    "normal",
    "percentile",
    "population_based",
    "random",
    "sobol",
    "study_spec",
    "successive_halving",
]

_MODULES = (
    "space",
    "objectives",
    "budget",
    "strategy",
    "errors",
    "spec",
    "analyses",
    "records",
    "channel",
    "trial",
    "study",
    "client",
    "async_trial",
    "async_study",
    "async_client",
)
"""Where the names are looked for: the cheap modules first, so that a parameter does not load gRPC."""


def __getattr__(name: str) -> object:
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f".{module}", __name__))
            if name in found:
                return globals().setdefault(name, found[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
