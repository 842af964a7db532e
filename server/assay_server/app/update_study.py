"""Change a study's description, labels or budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay_server.domain.budget import Budget
from assay_server.domain.copies import replace
from assay_server.domain.errors import EtagMismatch
from assay_server.domain.names import StudyName
from assay_server.domain.study import Study, StudyEndReason, StudyState
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import UnitOfWork

from .convergence import has_converged
from .ending import end, end_if_over, reaches_targets
from .ledger import Ledger
from .tools import Tools

MUTABLE = frozenset({"spec.description", "spec.labels", "spec.budget"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStudy:
    """New values of the fields in *mask*."""

    name: StudyName
    etag: str
    """Empty: whatever the version."""
    mask: frozenset[str]
    """Of MUTABLE."""
    description: str
    labels: Mapping[str, str]
    budget: Budget


def update_study(uow: UnitOfWork, tools: Tools, ask: UpdateStudy) -> Study:
    """The changed study. It ends when the budget is used up already, a target is reached, or it has converged.

    Raises:
        StudyNotFound, EtagMismatch, InvalidArgument.
    """
    study = uow.study(ask.name)
    check_etag(study, ask.etag)
    spec = study.spec
    if "spec.description" in ask.mask:
        spec = replace(spec, description=ask.description)
    if "spec.labels" in ask.mask:
        spec = replace(spec, labels=ask.labels)
    if "spec.budget" in ask.mask:
        spec = replace(spec, budget=ask.budget)
    spec.validate("study.spec")
    changed = replace(study, spec=spec, version=study.version + 1, updated_at=uow.now)
    uow.put_study(changed)
    ledger = Ledger(uow, changed)
    ended = end_if_over(uow, tools, ledger, finished=_reaching(uow, study, changed))
    if ended.state is StudyState.ACTIVE and spec.budget.convergence != study.spec.budget.convergence:
        ended = _end_if_converged(uow, ledger)
    ledger.close()
    return replace(ended, tally=ledger.tally)


def _end_if_converged(uow: UnitOfWork, ledger: Ledger) -> Study:
    """A rule that is new may hold already; one that stays has ended the study, or will."""
    study = ledger.study
    return end(uow, ledger, StudyState.COMPLETED, StudyEndReason.CONVERGED) if has_converged(uow, study) else study


def _reaching(uow: UnitOfWork, old: Study, new: Study) -> Trial | None:
    """A trial that reaches the new targets already; targets that stay have ended the study, or will."""
    if old.spec.budget.targets == new.spec.budget.targets:
        return None
    done = uow.trials_in(new.uid, (TrialState.SUCCEEDED,))
    return next((trial for trial in done if reaches_targets(new, trial)), None)


def check_etag(study: Study, etag: str) -> None:
    """Raises EtagMismatch if *etag* is given and not the study's."""
    if etag and etag != str(study.version):
        raise EtagMismatch(str(study.name))
