"""Transfer: the best configurations of earlier studies run early in a new one (as Feurer et al. 2015 warm-start).

Results stay where they were measured. A source that has nothing to say about the new study, or the opposite, costs the
runs of the configurations that were taken from it and no more: nothing that the new study's models learn comes from it.
Sources are read once, at creation, so that a study stays a function of its own rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay_server import pareto
from assay_server.domain.copies import replace
from assay_server.domain.errors import StudyNotFound, Violation
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.names import StudyName
from assay_server.domain.objective import score
from assay_server.domain.study import Study, StudySpec
from assay_server.domain.transfer import DEFAULT_TRANSFERRED, Fitting, TransferSource, brought_into, shared_parameters
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import UnitOfWork

LABEL = "transferred-from"
"""Label of the trials; its value is the id of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """What one source gives."""

    source: str
    fittings: tuple[Fitting, ...]
    num_ranked: int
    """Results of the source that the new study could rank."""


def source_violations(uow: UnitOfWork, project: str, spec: StudySpec, path: str) -> Iterator[Violation]:
    """What keeps the sources from being sources of such a study."""
    for i, source in enumerate(spec.transfer):
        where = f"{path}[{i}].study"
        try:
            earlier = uow.study(StudyName(project, source.study))
        except StudyNotFound:
            yield Violation(field=where, description=f"there is no study {source.study!r} in this project")
            continue
        if not shared_parameters(spec.space, earlier.spec.space):
            yield Violation(field=where, description=f"{source.study!r} has no searched parameter of this study")


def transferred(uow: UnitOfWork, study: Study) -> Sequence[Transferred]:
    """The best configurations of each source, best first, none twice; as many as max_trials leaves room for."""
    limit = study.spec.budget.max_trials
    room = None if limit is None else max(0, limit - study.tally.num_created)
    taken: list[Fitting] = []
    out = []
    for source in study.spec.transfer:
        ranked = _ranked(uow, study, source)
        most = source.max_trials or DEFAULT_TRANSFERRED
        most = most if room is None else min(most, room - len(taken))
        fresh: list[Fitting] = []
        for trial in ranked:
            fitting = brought_into(study.spec.space, trial.configuration) if len(fresh) < most else None
            known = [f.configuration for f in (*taken, *fresh)]
            if fitting is not None and fitting.configuration not in known:
                fresh.append(fitting)
        taken += fresh
        out.append(Transferred(source=source.study, fittings=tuple(fresh), num_ranked=len(ranked)))
    return out


def event_of(found: Transferred) -> StudyEvent:
    """What the study's log says of a source."""
    parts = [f"from {found.source}: {len(found.fittings)} configurations of {found.num_ranked} results are queued"]
    for what, names in (
        ("outside of the new range, nearest value used", [n for f in found.fittings for n in f.changed]),
        ("not there or of another kind, default used", [n for f in found.fittings for n in f.filled]),
    ):
        if names:
            parts.append(f"{', '.join(dict.fromkeys(names))}: {what}")
    severity = Severity.INFO if found.fittings else Severity.WARNING
    return StudyEvent(severity=severity, kind="TRANSFER", message="; ".join(parts))


def _ranked(uow: UnitOfWork, study: Study, source: TransferSource) -> list[Trial]:
    """The source's full results, best first by the new study's objectives and constraints."""
    earlier = uow.study(StudyName(study.name.project, source.study))
    spec = study.spec
    trials, scores = [], []
    for trial in uow.trials_in(earlier.uid, (TrialState.SUCCEEDED,)):
        values = {} if trial.final is None or trial.incomparable else trial.final.values()
        judged = score(spec.objectives, spec.constraints, values)
        if judged is not None:
            trials.append(trial)
            scores.append(judged)
    if not trials:
        return []
    return [trials[i] for i in pareto.top(*pareto.arrays(scores), len(trials))]


def labelled(trial: Trial, source: str) -> Trial:
    """The trial with where its configuration is from."""
    return replace(trial, labels={**trial.labels, LABEL: source})
