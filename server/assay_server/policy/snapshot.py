"""A study as a generator sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay_server.domain.candidate import Candidate, Observation, StudySnapshot
from assay_server.domain.measurement import Measurement
from assay_server.domain.study import Study
from assay_server.domain.trial import TrialState
from assay_server.ports import UnitOfWork
from assay_server.strategies.table import Row

MAX_CURVE = 32
"""Points kept of a learning curve besides its rungs and its last one: a surrogate uses fewer."""

_OPEN = (TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED)


def snapshot_of(
    uow: UnitOfWork, study: Study, *, phase: int, first_index: int, waiting: Sequence[Candidate], row: Row
) -> StudySnapshot:
    """Everything that *row*'s generator may use; *waiting* are the candidates that will stay in the buffer.

    Trials are left out where they make no difference: reading ten thousand of them for a random draw would
    take a second.
    """
    needs_trials = row.needs_trials or study.spec.space.num_configurations() is not None
    observations: Sequence[Observation] = uow.observations(study.uid) if needs_trials else ()
    open_trials = uow.trials_in(study.uid, _OPEN) if needs_trials else ()
    return StudySnapshot(
        study_uid=study.uid,
        study_name=str(study.name),
        spec=study.spec,
        strategy=study.strategy,
        seed=study.seed,
        phase=phase,
        first_index=first_index,
        num_created=study.tally.num_created,
        num_results=study.tally.num_results,
        observations=tuple(_shortened(o, study.rungs, with_curve=row.learns) for o in observations),
        pending=(*(t.configuration for t in open_trials), *(c.configuration for c in waiting)),
    )


def thinned(curve: Sequence[Measurement], rungs: Sequence[int]) -> tuple[Measurement, ...]:
    """The curve with its rungs, its last point and at most MAX_CURVE others, evenly chosen."""
    if len(curve) <= MAX_CURVE:
        return tuple(curve)
    stride = len(curve) / MAX_CURVE
    chosen = {int(k * stride) for k in range(MAX_CURVE)} | {len(curve) - 1}
    return tuple(m for i, m in enumerate(curve) if i in chosen or m.step in rungs)


def _shortened(observation: Observation, rungs: Sequence[int], *, with_curve: bool) -> Observation:
    curve = thinned(observation.measurements, rungs) if with_curve else ()
    return replace(observation, measurements=curve)
