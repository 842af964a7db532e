"""Plan: what one study's buffer needs now. Pure: from the study and its waiting candidates to numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assay_server.domain.candidate import Candidate
from assay_server.domain.phases import current_phase
from assay_server.domain.strategy import Bayesian, Freshness
from assay_server.domain.study import Study
from assay_server.strategies.table import GeneratorTable, Row

from .demand import MAX_DEPTH, Demand

MAX_BATCH = 256
"""Candidates per fit at most: the first few are optimised, the rest are sampled from the same fit at little cost."""

MIN_STALENESS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Askers who wait."""

    count: int
    min_results_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A generation to do; count 0: none."""

    phase: int
    first_index: int
    count: int
    num_made: int
    """Candidates of the phase when the plan was made, those to be replaced included; taking one changes nothing."""
    replaces_seen: int = -1
    """Candidates that have seen at most so many results go when the new ones come."""
    discard_seen: int = -1
    """Candidates that have seen at most so many results go at once."""


def plan(
    study: Study,
    waiting: Sequence[Candidate],
    *,
    demand: Demand,
    want: Want | None,
    table: GeneratorTable,
    exhausted: Collection[int] = (),
) -> Plan:
    """What to generate so that askers find candidates, as fresh as the strategy demands.

    *exhausted* are phases, other than the last, whose generators have nothing more.
    """
    if study.strategy.freshness is Freshness.STRICT:
        return _strict_plan(study, waiting, want, table, exhausted)
    target = _depth(study, waiting, demand, table, exhausted)
    limit = study.strategy.max_staleness or max(MIN_STALENESS, 2 * target)
    ages = [study.tally.num_results - c.generation.num_results_seen for c in waiting]
    # Candidates that learnt nothing do not age. While some are left they are taken first; those behind wait.
    if any(not row_of(study, c.generation.phase, table).learns for c in waiting):
        ages = []
    discard_seen = study.tally.num_results - limit if any(age >= limit for age in ages) else -1
    old = math.ceil(limit / 2)
    replaces_seen = study.tally.num_results - old if any(age >= old for age in ages) else -1
    kept = [c for c in waiting if c.generation.num_results_seen > replaces_seen]
    phase, room = _phase_and_room(study, kept, exhausted)
    row = row_of(study, phase, table)
    if want is not None:
        target = max(target, want.count)
    is_low = len(kept) < target if row.learns or want is not None else 2 * len(kept) < target
    missing = max(0, target - len(kept)) if is_low else 0
    return Plan(
        phase=phase,
        first_index=num_made(study, kept, phase),
        count=_batch(study, phase, min(missing, room, MAX_DEPTH), row),
        num_made=num_made(study, waiting, phase),
        replaces_seen=replaces_seen,
        discard_seen=discard_seen,
    )


def _strict_plan(
    study: Study, waiting: Sequence[Candidate], want: Want | None, table: GeneratorTable, exhausted: Collection[int]
) -> Plan:
    """Exactly what askers wait for, with all the data."""
    replaces_seen = want.min_results_seen - 1 if want is not None else -1
    kept = [c for c in waiting if c.generation.num_results_seen > replaces_seen]
    phase, room = _phase_and_room(study, kept, exhausted)
    missing = max(0, want.count - len(kept)) if want is not None else 0
    return Plan(
        phase=phase,
        first_index=num_made(study, kept, phase),
        count=_batch(study, phase, min(missing, room, MAX_DEPTH), row_of(study, phase, table)),
        num_made=num_made(study, waiting, phase),
        replaces_seen=replaces_seen,
    )


def fits(
    study: Study, waiting: Sequence[Candidate], made_plan: Plan, exhausted: Collection[int] = ()
) -> tuple[bool, int]:
    """Whether *made_plan* still holds, and how many of its candidates there is room for."""
    kept = [c for c in waiting if c.generation.num_results_seen > made_plan.replaces_seen]
    phase, room = _phase_and_room(study, kept, exhausted)
    is_same = phase == made_plan.phase and num_made(study, waiting, phase) == made_plan.num_made
    return is_same, room


def low_mark(demand: Demand) -> int:
    """With so many candidates of phases that do not learn there is nothing to do."""
    return math.ceil(demand.depth(learns=False) / 2)


def row_of(study: Study, phase: int, table: GeneratorTable) -> Row:
    """The generator of a phase."""
    return table[type(study.strategy.phases[phase].generator)]


def num_made(study: Study, waiting: Sequence[Candidate], phase: int) -> int:
    """Candidates of a phase that became trials or are *waiting*."""
    generated = study.tally.num_generated
    return (generated[phase] if phase < len(generated) else 0) + sum(c.generation.phase == phase for c in waiting)


def _phase_and_room(study: Study, kept: Sequence[Candidate], exhausted: Collection[int]) -> tuple[int, int]:
    """The phase that makes the next candidate, and how many candidates phase and budget still allow."""
    count = Counter(c.generation.phase for c in kept)
    generated = [*study.tally.num_generated, *[0] * len(study.strategy.phases)]
    made = [generated[i] + count[i] for i in range(len(study.strategy.phases))]
    phase, left = current_phase(study.strategy, made, study.tally.num_feasible)
    while phase in exhausted and phase + 1 < len(study.strategy.phases):
        phase += 1
        following = study.strategy.phases[phase].max_trials
        left = None if following is None else max(0, following - made[phase])
    limit = study.spec.budget.max_trials
    rooms = [MAX_DEPTH if left is None else left]
    if limit is not None:
        rooms.append(max(0, limit - study.tally.num_created - len(kept)))
    return phase, min(rooms)


def _depth(
    study: Study, waiting: Sequence[Candidate], demand: Demand, table: GeneratorTable, exhausted: Collection[int]
) -> int:
    phase, _ = _phase_and_room(study, waiting, exhausted)
    return demand.depth(learns=row_of(study, phase, table).learns)


def _batch(study: Study, phase: int, count: int, row: Row) -> int:
    if not row.is_model_based:
        return count
    generator = study.strategy.phases[phase].generator
    chosen = generator.batch_size if isinstance(generator, Bayesian) else None
    return min(count, chosen or MAX_BATCH)
