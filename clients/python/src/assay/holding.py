"""What a worker knows about the trial that it holds, and what it says about it: the one state machine of both clients.

Nothing here waits or sends. A method that speaks returns a call; the client runs it and hands the answer back.
The heartbeats come from another thread: they only set `directive` and `is_over`, and what is over stays over.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from . import decode, encode
from .calls import Call
from .errors import (
    AssayError,
    InvalidArgument,
    LeaseLost,
    NotFound,
    Preempted,
    StudyOver,
    Unavailable,
    WrongTrialState,
)
from .records import Action, Directive, Measurement, Provenance, TrialState
from .retry import Surroundings
from .v1 import trial_pb2
from .v1 import trial_service_pb2 as trial_pb

if TYPE_CHECKING:
    from google.protobuf.message import Message

LONGEST_MESSAGE = 16_384
"""Characters of a failure's text that the server keeps; of a traceback the end matters."""
PARTING_PATIENCE_S = 5.0
"""For the last words of a worker that has to go, or whose server has gone."""

Acted = Call["Message", TrialState]
Reported = Call[trial_pb.ReportMeasurementsResponse, trial_pb.ReportMeasurementsResponse]


class Holding:
    """A trial in the hands of a worker."""

    def __init__(self, trial: trial_pb2.Trial, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self.record = decode.trial(trial)
        self.token = trial.lease.token
        self.heartbeat_interval_s = _interval_s(trial.lease)
        self.has_fidelity = trial.HasField("until_step")
        self.start_step = _start_step(trial)
        self.directive = Directive(until_step=self.record.until_step)
        self.step: int | None = None
        """The step that `steps` is at."""
        self.last_reported: int | None = None
        """By this attempt."""
        self.is_over = False
        """Whether there is nothing more to say: it ended, was handed back, or is lost."""
        self._measured_at = surroundings.now()

    @property
    def should_stop(self) -> bool:
        """Whether the worker shall leave the trial now."""
        return self.is_over or self.directive.leaves

    def advance(self) -> int | None:
        """The next step to train to; None: leave."""
        if self.should_stop:
            return None
        step = self.start_step + 1 if self.step is None else self.step + 1
        until = self.directive.until_step
        if until is not None and step > until:
            if self.step is not None or self.last_reported is not None:
                return None
            step = until  # resumed at the very end of its budget: evaluated once more, since nobody heard of it
        self.step = step
        return step

    def report(
        self,
        metrics: Mapping[str, float],
        *,
        step: int | None,
        checkpoint: str | None,
        cost: float | None,
        provenance: Provenance | None,
        sem: Mapping[str, float] | None,
    ) -> Reported:
        """Say what was measured."""
        measured = self._measurement(metrics, step=step, cost=cost, sem=sem)
        request = trial_pb.ReportMeasurementsRequest(
            name=self.record.name,
            lease_token=self.token,
            measurements=[encode.measurement(measured)],
            checkpoint=_checkpoint(checkpoint),
            provenance=None if provenance is None else encode.provenance(provenance),
            request_id=self._surroundings.new_id(),
        )
        return Call(
            method="TrialService/ReportMeasurements",
            request=request,
            answer=trial_pb.ReportMeasurementsResponse,
            decode=lambda answer: answer,
            is_patient=True,
        )

    def reported(self, call: Reported, answer: trial_pb.ReportMeasurementsResponse) -> Directive:
        """Take in the answer to a report."""
        assert isinstance(call.request, trial_pb.ReportMeasurementsRequest)
        self.last_reported = call.request.measurements[-1].step
        self._measured_at = self._surroundings.now()
        self._obey(decode.directive(answer.directive))
        self.is_over = self.directive.leaves or answer.state != trial_pb2.TRIAL_STATE_RUNNING
        if answer.HasField("lease"):
            self.heartbeat_interval_s = _interval_s(answer.lease)
        return self.directive

    def heartbeat(self) -> Call[trial_pb.HeartbeatResponse, trial_pb.HeartbeatResponse]:
        """Say that the worker lives. Tried again with the next heartbeat, so one try is enough."""
        return Call(
            method="TrialService/Heartbeat",
            request=trial_pb.HeartbeatRequest(name=self.record.name, lease_token=self.token),
            answer=trial_pb.HeartbeatResponse,
            decode=lambda answer: answer,
            timeout_s=min(10.0, max(1.0, self.heartbeat_interval_s)),
        )

    def heard(self, answer: trial_pb.HeartbeatResponse) -> None:
        """Take in the answer to a heartbeat: only a wish to leave, since a report may have learnt more meanwhile."""
        directive = decode.directive(answer.directive)
        if directive.leaves and not self.is_over:
            self._obey(directive)
            self.is_over = not answer.HasField("lease")
        if answer.HasField("lease"):
            self.heartbeat_interval_s = _interval_s(answer.lease)

    def refused(self, error: AssayError) -> None:
        """Take in what a heartbeat, a report or a last word was answered with instead."""
        if isinstance(error, LeaseLost | WrongTrialState | StudyOver | NotFound) and not self.is_over:
            self.is_over = True
            self._obey(Directive(action=Action.STOP, reason=error.reason))

    def end(self) -> None:
        """Take in that the last word was said."""
        self.is_over = True

    def complete(
        self, metrics: Mapping[str, float], *, checkpoint: str | None = None, provenance: Provenance | None = None
    ) -> Acted:
        """Say that this is the result: *metrics*, or the latest measurement when there are none."""
        final = self._measurement(metrics, step=None, cost=None, sem=None) if metrics else None
        request = trial_pb.CompleteTrialRequest(
            name=self.record.name,
            lease_token=self.token,
            final_measurement=None if final is None else encode.measurement(final),
            checkpoint=_checkpoint(checkpoint),
            provenance=None if provenance is None else encode.provenance(provenance),
            request_id=self._surroundings.new_id(),
        )
        return _act("TrialService/CompleteTrial", request, trial_pb.CompleteTrialResponse)

    def fail(self, message: str, *, is_infeasible: bool = False, permanent: bool = False) -> Acted:
        """Say that the attempt died, or that the configuration is bad."""
        request = trial_pb.FailTrialRequest(
            name=self.record.name,
            lease_token=self.token,
            kind=trial_pb2.FAILURE_KIND_INFEASIBLE if is_infeasible else trial_pb2.FAILURE_KIND_CRASHED,
            message=message[-LONGEST_MESSAGE:],
            permanent=permanent,
            request_id=self._surroundings.new_id(),
        )
        return _act("TrialService/FailTrial", request, trial_pb.FailTrialResponse)

    def release(self, checkpoint: str | None, reason: str) -> Acted:
        """Hand the trial back, to be resumed by whoever asks next."""
        request = trial_pb.ReleaseTrialRequest(
            name=self.record.name,
            lease_token=self.token,
            checkpoint=_checkpoint(checkpoint),
            message=reason[-LONGEST_MESSAGE:],
            request_id=self._surroundings.new_id(),
        )
        return _act("TrialService/ReleaseTrial", request, trial_pb.ReleaseTrialResponse)

    def farewell(self, error: BaseException | None) -> Acted | None:
        """What to say when the body of `with trial:` is left; None: nothing."""
        if self.is_over:
            return None
        if error is None and self.directive.leaves:
            # A heartbeat said so while the lease was good: handed back, nobody has to wait for it to run out.
            return self.release(None, f"told to stop: {self.directive.reason}")
        if error is None and self.last_reported is None:
            return self.fail("the body of the trial ended without a report")
        if error is None:
            return self.complete({})
        if isinstance(error, Preempted) or not isinstance(error, Exception):
            # KeyboardInterrupt, SystemExit, CancelledError, …: the worker has to go, and the trial is innocent.
            return self.release(None, repr(error))
        return self.fail("".join(traceback.format_exception(error)))

    def is_own_loss(self, error: BaseException | None) -> bool:
        """Whether *error* says that this trial was lost, which `with trial:` keeps to itself."""
        return isinstance(error, LeaseLost) and error.trial in ("", self.record.name)

    def _obey(self, directive: Directive) -> None:
        if directive.leaves and directive.until_step is None:  # the budget that was granted stays a fact
            directive = replace(directive, until_step=self.directive.until_step)
        self.directive = directive

    def _measurement(
        self,
        metrics: Mapping[str, float],
        *,
        step: int | None,
        cost: float | None,
        sem: Mapping[str, float] | None,
    ) -> Measurement:
        if not metrics:
            raise InvalidArgument.of("metrics", "a report needs at least one metric")
        if unknown := sorted((sem or {}).keys() - metrics.keys()):
            raise InvalidArgument.of("sem", f"{unknown} are not among the reported metrics")
        return Measurement(
            step=self._default_step() if step is None else step,
            metrics={name: _number(name, value) for name, value in metrics.items()},
            sem={name: _number(f"sem of {name}", value) for name, value in (sem or {}).items()},
            cost=None if cost is None else _number("cost", cost),
            elapsed_s=max(0.0, self._surroundings.now() - self._measured_at),
        )

    def _default_step(self) -> int:
        if self.step is not None:
            return self.step
        if self.last_reported is not None:
            return self.last_reported + 1
        return self.start_step + 1 if self.has_fidelity else self.start_step


def parting_patience_s(error: BaseException | None) -> float | None:
    """How long the last words may be tried again; None: as long as any act."""
    is_in_a_hurry = error is not None and (not isinstance(error, Exception) or isinstance(error, Preempted))
    return PARTING_PATIENCE_S if is_in_a_hurry or isinstance(error, Unavailable) else None


def note_unsaid(error: BaseException | None, unsaid: AssayError, holding: Holding) -> None:
    """Keep *error* the one that is raised when the server could not be told of it."""
    if error is None:
        raise unsaid
    error.add_note(f"{holding.record.name}: the server could not be told: {unsaid}")


def _act(method: str, request: Message, answer: type[Message]) -> Acted:
    return Call(method=method, request=request, answer=answer, decode=_state, is_patient=True)


def _state(answer: Message) -> TrialState:
    assert isinstance(
        answer, trial_pb.CompleteTrialResponse | trial_pb.FailTrialResponse | trial_pb.ReleaseTrialResponse
    )
    return decode.trial_state(answer.trial.state)


def _start_step(trial: trial_pb2.Trial) -> int:
    """Steps that the checkpoint has behind it; without one the training starts anew."""
    if not trial.HasField("checkpoint"):
        return 0
    return trial.checkpoint.step if trial.checkpoint.HasField("step") else trial.last_step


def _interval_s(lease: trial_pb2.Lease) -> float:
    told = lease.heartbeat_interval.ToTimedelta().total_seconds()
    return told if told > 0 else max(1.0, lease.ttl.ToTimedelta().total_seconds() / 3)


def _checkpoint(uri: str | None) -> trial_pb2.Checkpoint | None:
    return None if uri is None else trial_pb2.Checkpoint(uri=uri)


def _number(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever counts as a number: NumPy's, a tensor of one element
    except (TypeError, ValueError):
        raise InvalidArgument.of(name, f"{value!r} is not a number") from None
