"""TrialService: decode, act, encode."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from assay.v1 import trial_service_pb2
from assay_server.app.complete import complete
from assay_server.app.create_trial import create_trial
from assay_server.app.fail import fail
from assay_server.app.heartbeat import heartbeat
from assay_server.app.once import Once, once
from assay_server.app.release import release
from assay_server.app.report import Reported, report
from assay_server.app.seal_test_metrics import seal_test_metrics
from assay_server.app.stop_trial import stop_trial
from assay_server.app.suggest import Suggestion
from assay_server.app.tools import Tools
from assay_server.app.waiting import Waiting
from assay_server.domain.errors import Unavailable
from assay_server.domain.study import StudyState
from assay_server.domain.trial import TrialState
from assay_server.ports import Store, UnitOfWork
from assay_server.rpc.calls import Call
from assay_server.rpc.reading import get_trial, list_trials
from assay_server.rpc.watching import Watching
from assay_server.rpc.wire.asks import once_from_wire
from assay_server.rpc.wire.lists import list_trials_from_wire
from assay_server.rpc.wire.studies import end_reason_to_wire
from assay_server.rpc.wire.trial_asks import (
    complete_from_wire,
    create_trial_from_wire,
    fail_from_wire,
    heartbeat_from_wire,
    named_trial,
    release_from_wire,
    report_from_wire,
    seal_from_wire,
    suggest_from_wire,
    watch_from_wire,
)
from assay_server.rpc.wire.trials import STATES, directive_to_wire, lease_to_wire, trial_to_wire
from assay_server.rpc.wire.values import duration_to_wire

LONGEST_WAIT_S = 30.0
"""For a suggestion."""
ANSWER_TIME_S = 0.5
"""Left before the caller's deadline for the answer to arrive."""
RETRY_DELAY_S = 1.0


class TrialService:
    """Asking for trials and telling what came of them."""

    def __init__(self, store: Store, tools: Tools, waiting: Waiting, watching: Watching) -> None:
        self._store = store
        self._tools = tools
        self._waiting = waiting
        self._watching = watching
        self._is_draining = False

    def drain(self) -> None:
        """Hand out nothing any more; whoever waits or watches is told to come again, elsewhere or later."""
        if self._is_draining:
            return
        self._is_draining = True
        self._waiting.close()
        self._watching.close()

    async def suggest_trials(self, request: trial_service_pb2.SuggestTrialsRequest, call: Call) -> bytes:
        """Hands out trials to run, waiting for them if need be."""
        ask = suggest_from_wire(request)
        key = once_from_wire("SuggestTrials", ask.study.project, request)
        if self._is_draining:
            raise Unavailable("the server is stopping and hands out nothing any more")
        left = call.seconds_left()
        wait_s = min(LONGEST_WAIT_S, max(left - ANSWER_TIME_S, left / 2))
        return await self._waiting.suggest(ask, request=key, encode=_suggestion, timeout_s=wait_s)

    async def report_measurements(self, request: trial_service_pb2.ReportMeasurementsRequest, _call: Call) -> bytes:
        """Stores measurements, renews the lease and says what to do next."""
        ask = report_from_wire(request)
        key = once_from_wire("ReportMeasurements", ask.trial.study.project, request)
        return await self._once(key, lambda uow: _reported(report(uow, self._tools, ask)))

    async def complete_trial(self, request: trial_service_pb2.CompleteTrialRequest, _call: Call) -> bytes:
        """Ends a trial with its result."""
        ask = complete_from_wire(request)
        key = once_from_wire("CompleteTrial", ask.trial.study.project, request)

        def act(uow: UnitOfWork) -> bytes:
            trial = trial_to_wire(ask.trial.study, complete(uow, self._tools, ask))
            return trial_service_pb2.CompleteTrialResponse(trial=trial).SerializeToString()

        return await self._once(key, act)

    async def fail_trial(self, request: trial_service_pb2.FailTrialRequest, _call: Call) -> bytes:
        """Says that an attempt died."""
        ask = fail_from_wire(request)
        key = once_from_wire("FailTrial", ask.trial.study.project, request)

        def act(uow: UnitOfWork) -> bytes:
            trial = trial_to_wire(ask.trial.study, fail(uow, self._tools, ask))
            return trial_service_pb2.FailTrialResponse(trial=trial).SerializeToString()

        return await self._once(key, act)

    async def release_trial(self, request: trial_service_pb2.ReleaseTrialRequest, _call: Call) -> bytes:
        """Hands a trial back."""
        ask = release_from_wire(request)
        key = once_from_wire("ReleaseTrial", ask.trial.study.project, request)

        def act(uow: UnitOfWork) -> bytes:
            trial = trial_to_wire(ask.trial.study, release(uow, self._tools, ask))
            return trial_service_pb2.ReleaseTrialResponse(trial=trial).SerializeToString()

        return await self._once(key, act)

    async def heartbeat(
        self, request: trial_service_pb2.HeartbeatRequest, _call: Call
    ) -> trial_service_pb2.HeartbeatResponse:
        """Renews a lease."""
        ask = heartbeat_from_wire(request)
        beat = await self._store.act(lambda uow: heartbeat(uow, ask))
        return trial_service_pb2.HeartbeatResponse(
            directive=directive_to_wire(beat.directive), lease=None if beat.lease is None else lease_to_wire(beat.lease)
        )

    async def create_trial(self, request: trial_service_pb2.CreateTrialRequest, _call: Call) -> bytes:
        """Queues or attaches a configuration."""
        ask = create_trial_from_wire(request)
        key = once_from_wire("CreateTrial", ask.study.project, request)

        def act(uow: UnitOfWork) -> bytes:
            return trial_to_wire(ask.study, create_trial(uow, self._tools, ask)).SerializeToString()

        return await self._once(key, act)

    async def stop_trial(self, request: trial_service_pb2.StopTrialRequest, _call: Call) -> bytes:
        """Stops a trial, whoever holds it."""
        name = named_trial(request.name, request_id=request.request_id)
        key = once_from_wire("StopTrial", name.study.project, request)

        def act(uow: UnitOfWork) -> bytes:
            trial = trial_to_wire(name.study, stop_trial(uow, self._tools, name))
            return trial_service_pb2.StopTrialResponse(trial=trial).SerializeToString()

        return await self._once(key, act)

    async def get_trial(self, request: trial_service_pb2.GetTrialRequest, _call: Call) -> bytes:
        """Returns a trial with everything about it."""
        name = named_trial(request.name)
        return await self._store.read(lambda uow: get_trial(uow, name).SerializeToString())

    async def list_trials(
        self, request: trial_service_pb2.ListTrialsRequest, _call: Call
    ) -> trial_service_pb2.ListTrialsResponse:
        """Lists a study's trials."""
        ask = list_trials_from_wire(request)
        return await self._store.read(lambda uow: list_trials(uow, ask, request.filter))

    def watch_trials(
        self, request: trial_service_pb2.WatchTrialsRequest, _call: Call
    ) -> AsyncIterator[trial_service_pb2.WatchTrialsResponse]:
        """Sends every change of a study's trials as it happens."""
        ask = watch_from_wire(request)
        return self._watching.watch(ask.study, ask.resume_token)

    async def seal_test_metrics(self, request: trial_service_pb2.SealTestMetricsRequest, _call: Call) -> bytes:
        """Writes the metrics on the sealed test data."""
        ask = seal_from_wire(request)
        key = once_from_wire("SealTestMetrics", ask.trial.study.project, request)

        def act(uow: UnitOfWork) -> bytes:
            trial = trial_to_wire(ask.trial.study, seal_test_metrics(uow, ask.trial, ask.metrics))
            return trial_service_pb2.SealTestMetricsResponse(trial=trial).SerializeToString()

        return await self._once(key, act)

    async def _once(self, key: Once | None, act: Callable[[UnitOfWork], bytes]) -> bytes:
        return await self._store.act(lambda uow: once(uow, key, lambda: act(uow)))


def _suggestion(suggestion: Suggestion) -> bytes:
    study = suggestion.study
    message = trial_service_pb2.SuggestTrialsResponse(
        trials=[trial_to_wire(study.name, t, to_holder=True) for t in suggestion.trials],
        end_reason=end_reason_to_wire(suggestion.end_reason),
    )
    if not suggestion.trials and study.state is StudyState.ACTIVE:
        message.retry_delay.CopyFrom(duration_to_wire(RETRY_DELAY_S))
    return message.SerializeToString()


def _reported(reported: Reported) -> bytes:
    trial = reported.trial
    is_held = trial.state is TrialState.RUNNING and trial.lease is not None
    message = trial_service_pb2.ReportMeasurementsResponse(
        directive=directive_to_wire(reported.directive), state=STATES[trial.state]
    )
    if is_held and trial.lease is not None:
        message.lease.CopyFrom(lease_to_wire(trial.lease))
    return message.SerializeToString()
