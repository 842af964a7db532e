"""Write the metrics on the sealed test data, once, after the study is over."""

from __future__ import annotations

from collections.abc import Mapping

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument, StudyNotOver, TestMetricsSealed, WrongTrialState
from assay_server.domain.measurement import MetricValue, metric_violations
from assay_server.domain.names import TrialName
from assay_server.domain.study import StudyState
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import UnitOfWork

from .leasing import load
from .ledger import Ledger


def seal_test_metrics(uow: UnitOfWork, name: TrialName, metrics: Mapping[str, MetricValue]) -> Trial:
    """The trial with its test metrics, which nothing can change any more.

    Raises:
        StudyNotFound, TrialNotFound, InvalidArgument, StudyNotOver, TestMetricsSealed.
        WrongTrialState: the trial has no result.
    """
    study, trial = load(uow, name)
    if found := tuple(metric_violations(metrics, "metrics")):
        raise InvalidArgument(found)
    if study.state is StudyState.ACTIVE:
        raise StudyNotOver(str(study.name))
    if trial.state is not TrialState.SUCCEEDED:
        raise WrongTrialState(str(name), state=trial.state.value, act="write test metrics")
    if trial.test_metrics:
        raise TestMetricsSealed(str(name))
    ledger = Ledger(uow, study)
    sealed = ledger.put(replace(trial, test_metrics=metrics))
    ledger.close()
    return sealed
