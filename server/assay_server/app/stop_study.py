"""Stop a study."""

from __future__ import annotations

from assay_server.domain.copies import replace
from assay_server.domain.names import StudyName
from assay_server.domain.study import Study, StudyEndReason, StudyState
from assay_server.ports import UnitOfWork

from .ending import end
from .ledger import Ledger


def stop_study(uow: UnitOfWork, name: StudyName) -> Study:
    """The stopped study; one that is over stays as it is. Raises StudyNotFound."""
    study = uow.study(name)
    if study.state is not StudyState.ACTIVE:
        return study
    ledger = Ledger(uow, study)
    stopped = end(uow, ledger, StudyState.STOPPED, StudyEndReason.STOPPED_BY_USER)
    return replace(stopped, tally=ledger.close())
