"""Studies and their log on the wire: what the server says of them."""

from __future__ import annotations

from assay.v1 import study_pb2
from assay_server.domain.event import StudyEvent
from assay_server.domain.names import StudyName
from assay_server.domain.study import Study, StudyEndReason, Tally
from assay_server.domain.trial import TrialState
from assay_server.rpc.wire.specs import key_to_wire, spec_to_wire
from assay_server.rpc.wire.strategies import strategy_to_wire
from assay_server.rpc.wire.values import instant_to_wire


def end_reason_to_wire(reason: StudyEndReason | None) -> str:
    """Name of why a study is over; unspecified when it is not."""
    return f"STUDY_END_REASON_{'UNSPECIFIED' if reason is None else reason.value}"


def study_to_wire(study: Study) -> study_pb2.Study:
    """A study, with its tally."""
    message = study_pb2.Study(
        name=str(study.name),
        uid=study.uid,
        spec=spec_to_wire(study.spec),
        state=f"STUDY_STATE_{study.state.value}",
        end_reason=end_reason_to_wire(study.end_reason),
        create_time=instant_to_wire(study.created_at),
        update_time=instant_to_wire(study.updated_at),
        etag=etag(study),
        trial_counts=_counts_to_wire(study.tally),
        cost_spent=study.tally.cost,
        resolved_strategy=strategy_to_wire(study.strategy),
        strategy_rationale=study.strategy_rationale,
        resolved_seed=study.seed,
        resolved_rungs=study.rungs,
        resolved_comparability=key_to_wire(study.comparability),
    )
    if study.ended_at is not None:
        message.end_time.CopyFrom(instant_to_wire(study.ended_at))
    return message


def etag(study: Study) -> str:
    """Changes with every update of the study itself."""
    return str(study.version)


def event_to_wire(study: StudyName, event: StudyEvent) -> study_pb2.StudyEvent:
    """A line of the log of *study*."""
    message = study_pb2.StudyEvent(
        sequence=event.sequence,
        severity=f"SEVERITY_{event.severity.value}",
        kind=event.kind,
        message=event.message,
        trial="" if event.trial is None else str(study.trial(event.trial)),
    )
    if event.at is not None:
        message.time.CopyFrom(instant_to_wire(event.at))
    return message


def _counts_to_wire(tally: Tally) -> study_pb2.TrialCounts:
    return study_pb2.TrialCounts(
        queued=tally.count(TrialState.QUEUED),
        running=tally.count(TrialState.RUNNING),
        paused=tally.count(TrialState.PAUSED),
        succeeded=tally.count(TrialState.SUCCEEDED),
        stopped=tally.count(TrialState.STOPPED),
        failed=tally.count(TrialState.FAILED),
        infeasible=tally.count(TrialState.INFEASIBLE),
    )
