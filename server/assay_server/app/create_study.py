"""Create a study."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument, StudyNotFound, StudySpecMismatch, Violation
from assay_server.domain.names import ID_RULE, ProjectName, StudyName, is_id
from assay_server.domain.space import Configuration
from assay_server.domain.strategy import has_brackets, resolve
from assay_server.domain.study import Study, StudySpec, StudyState
from assay_server.domain.trial import Trial, TrialOrigin, TrialState
from assay_server.ports import UnitOfWork

from .ledger import Ledger
from .tools import Tools
from .transfer import event_of, labelled, source_violations, transferred


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateStudy:
    """What the user asks for."""

    project: ProjectName
    study_id: str
    """Empty: drawn by the server."""
    spec: StudySpec
    validate_only: bool = False


def create_study(uow: UnitOfWork, tools: Tools, ask: CreateStudy) -> Study:
    """The new study, or the existing one if it was created from the same specification.

    Its baselines are queued, then what it takes from earlier studies.

    Raises:
        InvalidArgument: with all violations.
        StudySpecMismatch: the study exists with another specification.
    """
    _validate(ask)
    if ask.study_id and (existing := _existing(uow, StudyName(ask.project.project, ask.study_id))) is not None:
        if differing := _differing(existing.spec, ask.spec):
            raise StudySpecMismatch(str(existing.name), differing=differing)
        return existing
    if found := tuple(source_violations(uow, ask.project.project, ask.spec, "study.spec.transfer")):
        raise InvalidArgument(found)
    study = _new_study(uow, tools, ask)
    if ask.validate_only:
        return study
    uow.add_study(study)
    ledger = Ledger(uow, study)
    for configuration in _baselines(study.spec):
        ledger.add(new_trial(uow, tools, ledger, configuration, origin=TrialOrigin.BASELINE))
    for found_in in transferred(uow, ledger.study):
        for fitting in found_in.fittings:
            trial = new_trial(uow, tools, ledger, fitting.configuration, origin=TrialOrigin.QUEUED)
            ledger.add(labelled(trial, found_in.source))
        uow.log(study.uid, event_of(found_in))
    ledger.close()
    return ledger.study


def new_trial(
    uow: UnitOfWork, tools: Tools, ledger: Ledger, configuration: Configuration, *, origin: TrialOrigin
) -> Trial:
    """A QUEUED trial with the next number, not stored yet; fixed and derived parameters are filled in."""
    study = ledger.study
    number = ledger.tally.num_created + 1
    bracket = None if origin in _UNPLACED else _bracket(uow, tools, study, number)
    return Trial(
        study_uid=study.uid,
        number=number,
        uid=tools.ids.uid(),
        state=TrialState.QUEUED,
        configuration=study.spec.space.complete(configuration),
        origin=origin,
        seed=trial_seed(study.seed, number),
        created_at=uow.now,
        updated_at=uow.now,
        bracket=bracket,
        until_step=tools.scheduler_of(study).first_step(bracket),
    )


_UNPLACED = (TrialOrigin.BASELINE, TrialOrigin.EXTERNAL)
"""Origins of trials for which no scheduler decides."""


def _bracket(uow: UnitOfWork, tools: Tools, study: Study, number: int) -> int | None:
    if not has_brackets(study.strategy.scheduler):
        return None
    view = tools.rungs.view(uow, study)
    return tools.scheduler_of(study).place(view, number=number, seed=study.seed)


def trial_seed(study_seed: int, number: int) -> int:
    """Seed of a trial's training, in [0, 2^31)."""
    digest = hashlib.blake2b(f"{study_seed}/{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) >> 1


def _validate(ask: CreateStudy) -> None:
    found = list(ask.spec.violations("study.spec"))
    if ask.study_id and not is_id(ask.study_id):
        found.append(Violation(field="study_id", description=f"{ask.study_id!r} is not {ID_RULE}"))
    if not found:
        found += _baseline_count_violations(ask.spec)
    if found:
        raise InvalidArgument(found)


def _baseline_count_violations(spec: StudySpec) -> list[Violation]:
    limit = spec.budget.max_trials
    if limit is None or len(spec.baselines) <= limit:
        return []
    text = f"{limit} is less than the {len(spec.baselines)} baselines"
    return [Violation(field="study.spec.budget.max_trials", description=text)]


def _existing(uow: UnitOfWork, name: StudyName) -> Study | None:
    try:
        return uow.study(name)
    except StudyNotFound:
        return None


def _differing(old: StudySpec, new: StudySpec) -> Sequence[str]:
    """Fields in which a new specification contradicts the one a study was created from.

    What may be changed later (description, labels, budget) does not make another study.
    """
    mutable = {"description", "labels", "budget"}
    names = [f.name for f in dataclasses.fields(StudySpec) if f.name not in mutable]
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def _new_study(uow: UnitOfWork, tools: Tools, ask: CreateStudy) -> Study:
    spec = ask.spec
    strategy, rationale = resolve(spec.strategy, spec.space, spec.fidelity)
    return Study(
        uid=tools.ids.uid(),
        name=StudyName(ask.project.project, ask.study_id or tools.ids.study_id()),
        spec=spec,
        state=StudyState.ACTIVE,
        strategy=strategy,
        strategy_rationale=rationale,
        seed=tools.ids.seed() if spec.seed is None else spec.seed,
        comparability=replace(spec.comparability),
        created_at=uow.now,
        updated_at=uow.now,
    )


def _baselines(spec: StudySpec) -> tuple[Configuration, ...]:
    if spec.baselines or spec.no_default_baseline:
        return spec.baselines
    defaults = spec.space.defaults()
    # Defaults in the middle of each range may break a constraint; then there is no natural baseline.
    return (defaults,) if spec.space.is_feasible(defaults) else ()
