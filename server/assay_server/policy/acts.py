"""What the refiller does in transactions: short ones, none of them open while a model fits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from assay_server.domain.candidate import Candidate, StudySnapshot, Verdict
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.space import Configuration, SearchSpace
from assay_server.domain.study import Study, StudyState
from assay_server.domain.trial import Generation, TrialState
from assay_server.ports import Generated, UnitOfWork
from assay_server.strategies.table import GeneratorTable

from .demand import Demand
from .plan import Plan, Want, fits, low_mark, plan, row_of
from .snapshot import snapshot_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a study found."""

    study: Study
    num_waiting: int
    plan: Plan | None = None
    """None when a glance was enough."""
    snapshot: StudySnapshot | None = None
    """For the plan's generation, if it has one."""
    is_light: bool = True
    """The phase and all that waits are model-free."""


def look(
    uow: UnitOfWork,
    uid: str,
    *,
    demand: Demand,
    want: Want | None,
    table: GeneratorTable,
    exhausted: Collection[int],
    is_light: bool,
) -> Look:
    """The study, what its buffer needs, and what the generator shall know: all of the same moment.

    With *is_light*, as found by the look before, the candidates are counted, not read, while there are enough.
    """
    study = uow.study_of(uid)
    num_waiting = uow.num_candidates(uid)
    is_enough = is_light and want is None and num_waiting >= low_mark(demand)
    if study.state is not StudyState.ACTIVE or is_enough:
        return Look(study=study, num_waiting=num_waiting)
    waiting = uow.candidates(uid)
    made_plan = plan(study, waiting, demand=demand, want=want, table=table, exhausted=exhausted)
    row = row_of(study, made_plan.phase, table)
    phases = {made_plan.phase, *(c.generation.phase for c in waiting)}
    return Look(
        study=study,
        num_waiting=len(waiting),
        plan=made_plan,
        snapshot=snapshot_of(
            uow,
            study,
            phase=made_plan.phase,
            first_index=made_plan.first_index,
            waiting=[c for c in waiting if c.generation.num_results_seen > made_plan.replaces_seen],
            row=row,
        )
        if made_plan.count and made_plan.discard_seen < 0
        else None,
        is_light=not any(row_of(study, p, table).is_model_based for p in phases),
    )


def add(
    uow: UnitOfWork, snapshot: StudySnapshot, made_plan: Plan, generated: Generated, exhausted: Collection[int]
) -> int | None:
    """Add what was generated, in the place of what it replaces; how many were added.

    None, and nothing is changed, when the study moved on meanwhile: it is over, another replica was faster,
    or the phase ended.
    """
    uid = snapshot.study_uid
    study = uow.study_of(uid)
    holds, room = fits(study, uow.candidates(uid), made_plan, exhausted)
    if study.state is not StudyState.ACTIVE or not holds:
        return None
    proposed: Sequence[tuple[Configuration, Verdict | None]] = list(
        zip_longest(generated.configurations, generated.verdicts[: len(generated.configurations)])
    )
    if made_plan.replaces_seen >= 0:
        uow.drop_candidates(uid, max_results_seen=made_plan.replaces_seen)
        proposed = _not_taken(uow, study, snapshot, proposed)
    generation = Generation(
        generator=generated.generator,
        phase=snapshot.phase,
        fallback_from=generated.fallback_from,
        num_results_seen=snapshot.num_results,
    )
    chosen = [Candidate(configuration=c, generation=generation, verdict=v) for c, v in proposed[:room]]
    if chosen:
        uow.add_candidates(uid, chosen)
    return len(chosen)


def discard(uow: UnitOfWork, uid: str, max_results_seen: int) -> None:
    """Remove candidates that are too old to be handed out."""
    uow.drop_candidates(uid, max_results_seen=max_results_seen)


def exhaust(uow: UnitOfWork, uid: str) -> None:
    """Say that there is nothing more to propose, unless candidates are waiting."""
    study = uow.study_of(uid)
    if study.state is not StudyState.ACTIVE or study.tally.exhausted or uow.num_candidates(uid):
        return
    uow.put_tally(uid, replace(study.tally, exhausted=True))
    message = "every configuration of the search space was tried"
    uow.log(uid, StudyEvent(severity=Severity.INFO, kind="SPACE_EXHAUSTED", message=message))


def _not_taken(
    uow: UnitOfWork, study: Study, snapshot: StudySnapshot, proposed: Sequence[tuple[Configuration, Verdict | None]]
) -> Sequence[tuple[Configuration, Verdict | None]]:
    """Without those that were taken, while we generated, from the candidates to be replaced."""
    if study.tally.num_created == snapshot.num_created:
        return proposed
    begun = uow.trials_in(study.uid, (TrialState.QUEUED, TrialState.RUNNING))
    taken = [_searched(study.spec.space, t.configuration) for t in begun if t.number > snapshot.num_created]
    return [(c, v) for c, v in proposed if _searched(study.spec.space, c) not in taken]


def _searched(space: SearchSpace, configuration: Configuration) -> Configuration:
    """The complete configuration, whichever part of it is given."""
    return space.complete(configuration)
