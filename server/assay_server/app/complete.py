"""Complete: end a trial with its result."""

from __future__ import annotations

from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument
from assay_server.domain.measurement import Measurement
from assay_server.domain.names import TrialName
from assay_server.domain.provenance import Provenance
from assay_server.domain.trial import Checkpoint, Trial
from assay_server.ports import UnitOfWork

from .ending import end_if_over
from .leasing import check, load, renew
from .ledger import Ledger
from .measuring import absorb, measurement_violations, missing_metrics, score_of
from .report import succeed
from .tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The worker says that the evaluation is finished: whatever its step, the result counts as a full one."""

    trial: TrialName
    token: str
    final: Measurement | None = None
    """None: the latest measurement. A metric that it lacks keeps its last reported value."""
    checkpoint: Checkpoint | None = None
    provenance: Provenance | None = None


def complete(uow: UnitOfWork, tools: Tools, ask: Complete) -> Trial:
    """The trial, SUCCEEDED. Also when the study is over by now: a finished result is not thrown away.

    Raises:
        StudyNotFound, TrialNotFound, LeaseLost, WrongTrialState.
        InvalidArgument: also when an objective or constrained metric was never reported.
    """
    study, trial = load(uow, ask.trial)
    check(study, trial, ask.token, act="complete")
    final = () if ask.final is None else (ask.final,)
    if found := measurement_violations(study, final, ask.checkpoint, ask.provenance):
        raise InvalidArgument(
            [replace(v, field=v.field.replace("measurements[0]", "final_measurement")) for v in found]
        )
    ledger = Ledger(uow, study)
    trial = absorb(uow, ledger, renew(uow, ledger, trial), final, ask.checkpoint, ask.provenance)
    result = score_of(study, trial.latest)
    if result is None:
        missing = ", ".join(missing_metrics(study, trial.latest.metrics if trial.latest else {}))
        raise InvalidArgument.of("final_measurement.metrics", f"never reported: {missing}")
    done = succeed(uow, ledger, trial, result)
    end_if_over(uow, tools, ledger, finished=done)
    ledger.close()
    return done
