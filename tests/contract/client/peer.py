"""A server that misbehaves on demand: one study, one trial after the other, faults in the order they were asked for.

It speaks the contract over TCP and remembers what it heard. What the real server does is not its subject.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from assay.v1 import study_pb2, study_service_pb2, trial_pb2, trial_service_pb2

STUDY = "projects/default/studies/digits"
_ANSWERS: dict[str, tuple[type[Message], type[Message]]] = {
    "StudyService/GetStudy": (study_service_pb2.GetStudyRequest, study_pb2.Study),
    "TrialService/SuggestTrials": (trial_service_pb2.SuggestTrialsRequest, trial_service_pb2.SuggestTrialsResponse),
    "TrialService/ReportMeasurements": (
        trial_service_pb2.ReportMeasurementsRequest,
        trial_service_pb2.ReportMeasurementsResponse,
    ),
    "TrialService/CompleteTrial": (trial_service_pb2.CompleteTrialRequest, trial_service_pb2.CompleteTrialResponse),
    "TrialService/FailTrial": (trial_service_pb2.FailTrialRequest, trial_service_pb2.FailTrialResponse),
    "TrialService/ReleaseTrial": (trial_service_pb2.ReleaseTrialRequest, trial_service_pb2.ReleaseTrialResponse),
    "TrialService/Heartbeat": (trial_service_pb2.HeartbeatRequest, trial_service_pb2.HeartbeatResponse),
    "TrialService/WatchTrials": (trial_service_pb2.WatchTrialsRequest, trial_service_pb2.WatchTrialsResponse),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error instead of an answer."""

    code: grpc.StatusCode
    reason: str = ""
    """With an ErrorInfo when it is not empty."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that arrived."""

    method: str
    request: Message
    metadata: dict[str, str | bytes]

    @property
    def request_id(self) -> str:
        """Its id."""
        found = getattr(self.request, "request_id", "")
        assert isinstance(found, str)
        return found


def a_trial(number: int, *, interval_s: float = 20.0, until_step: int | None = None) -> trial_pb2.Trial:
    """A trial that was just leased."""
    trial = trial_pb2.Trial(
        name=f"{STUDY}/trials/{number}",
        number=number,
        state=trial_pb2.TRIAL_STATE_RUNNING,
        lease=trial_pb2.Lease(worker="gpu-0", token=f"token-{number}", attempt=1),
        until_step=until_step,
    )
    trial.lease.heartbeat_interval.FromMilliseconds(int(interval_s * 1000))
    return trial


@dataclass
class Peer(grpc.GenericRpcHandler):
    """The server. Answers are taken from `answers` as long as there are some, then they are friendly ones."""

    answers: defaultdict[str, list[Message | Fault]] = field(default_factory=lambda: defaultdict(list))
    """By the method's last name, in the order of the calls."""
    on_call: Callable[[Heard], None] = lambda _: None
    """Called in the server's thread before the answer."""
    heard: list[Heard] = field(default_factory=list)
    beaten: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released once for each heartbeat."""
    port: int = 0
    _server: grpc.Server | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        """Where it listens, also while it is down."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; on the same port as before."""
        pool = futures.ThreadPoolExecutor(max_workers=8)
        server = grpc.server(pool, handlers=[self], options=[("grpc.so_reuseport", 0)])
        self.port = server.add_insecure_port(f"127.0.0.1:{self.port}")
        server.start()
        self._server = server

    def stop(self) -> None:
        """Go away at once."""
        assert self._server is not None
        self._server.stop(None).wait()

    def heard_of(self, method: str) -> list[Heard]:
        """Calls of that method, in their order."""
        with self._lock:
            return [heard for heard in self.heard if heard.method == method]

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Message, Message] | None:
        """Find the method, as gRPC asks."""
        service, _, method = details.method.removeprefix("/assay.v1.").rpartition("/")
        request, answer = _ANSWERS[f"{service}/{method}"]
        metadata = dict(details.invocation_metadata or ())

        def unary(message: Message, context: grpc.ServicerContext) -> Message:
            return self._answer(Heard(method, message, metadata), context, answer)

        def stream(message: Message, context: grpc.ServicerContext) -> Iterator[Message]:
            while self.answers[method]:
                yield self._answer(Heard(method, message, metadata), context, answer)

        if method == "WatchTrials":
            return grpc.unary_stream_rpc_method_handler(stream, request.FromString, answer.SerializeToString)
        return grpc.unary_unary_rpc_method_handler(unary, request.FromString, answer.SerializeToString)

    def _answer(self, heard: Heard, context: grpc.ServicerContext, kind: type[Message]) -> Message:
        with self._lock:
            self.heard.append(heard)
            scripted = self.answers[heard.method]
            answer = scripted.pop(0) if scripted else _friendly(heard, kind)
        self.on_call(heard)
        if heard.method == "Heartbeat":
            self.beaten.release()
        if isinstance(answer, Fault):
            _abort(context, answer)
        assert isinstance(answer, Message)
        return answer


def _friendly(heard: Heard, kind: type[Message]) -> Message:
    request = heard.request
    if isinstance(request, study_service_pb2.GetStudyRequest):
        return study_pb2.Study(name=STUDY, state=study_pb2.STUDY_STATE_ACTIVE)
    if isinstance(request, trial_service_pb2.SuggestTrialsRequest):
        return trial_service_pb2.SuggestTrialsResponse(end_reason=study_pb2.STUDY_END_REASON_MAX_TRIALS)
    if isinstance(request, trial_service_pb2.ReportMeasurementsRequest):
        directive = trial_pb2.Directive(action=trial_pb2.DIRECTIVE_ACTION_CONTINUE)
        return trial_service_pb2.ReportMeasurementsResponse(directive=directive, state=trial_pb2.TRIAL_STATE_RUNNING)
    if isinstance(request, trial_service_pb2.HeartbeatRequest):
        directive = trial_pb2.Directive(action=trial_pb2.DIRECTIVE_ACTION_CONTINUE)
        return trial_service_pb2.HeartbeatResponse(directive=directive)
    return kind()


def _abort(context: grpc.ServicerContext, fault: Fault) -> None:
    status = status_pb2.Status(code=fault.code.value[0], message="as told")
    if fault.reason:
        detail = Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason=fault.reason, domain="assay.dev"))
        status.details.append(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(fault.code, "as told")
