"""Delete a study with everything that belongs to it."""

from __future__ import annotations

from assay_server.domain.names import StudyName
from assay_server.ports import UnitOfWork

from .update_study import check_etag


def delete_study(uow: UnitOfWork, name: StudyName, etag: str = "") -> None:
    """Raises StudyNotFound, EtagMismatch."""
    study = uow.study(name)
    check_etag(study, etag)
    uow.delete_study(study.uid)
