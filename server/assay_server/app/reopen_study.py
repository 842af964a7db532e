"""Let a study that is over go on."""

from __future__ import annotations

from assay_server.domain.copies import replace
from assay_server.domain.errors import StudyOver
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.names import StudyName
from assay_server.domain.study import Study, StudyEndReason, StudyState
from assay_server.ports import UnitOfWork

from .convergence import has_converged
from .ending import creates_no_more, spent


def reopen_study(uow: UnitOfWork, name: StudyName) -> Study:
    """The study, active again; one that is active stays as it is.

    Raises:
        StudyNotFound
        StudyOver: its budget is used up, or it has converged by its budget's rule; change that first.
    """
    study = uow.study(name)
    if study.state is StudyState.ACTIVE:
        return study
    reason = spent(study, uow) or creates_no_more(study)
    if reason is None and has_converged(uow, study):
        reason = StudyEndReason.CONVERGED
    if reason is not None:
        raise StudyOver(str(name), end_reason=reason.value)
    reopened = replace(
        study, state=StudyState.ACTIVE, end_reason=None, ended_at=None, updated_at=uow.now, version=study.version + 1
    )
    uow.put_study(reopened)
    uow.log(study.uid, StudyEvent(severity=Severity.INFO, kind="STUDY_REOPENED", message="the study goes on"))
    return reopened
