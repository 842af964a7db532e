"""The contract's services as gRPC handlers: which method is served by what, under which bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from assay.v1 import analysis_service_pb2, study_service_pb2, trial_service_pb2
from assay_server.domain.errors import NotServedYet
from assay_server.metrics import Metrics
from assay_server.rpc.analyses import AnalysisService
from assay_server.rpc.calls import Call, Gate, Method, Stream, Unary, Wrapper
from assay_server.rpc.studies import StudyService
from assay_server.rpc.trials import TrialService

SERVICES: tuple[ServiceDescriptor, ...] = (
    study_service_pb2.DESCRIPTOR.services_by_name["StudyService"],
    trial_service_pb2.DESCRIPTOR.services_by_name["TrialService"],
    analysis_service_pb2.DESCRIPTOR.services_by_name["AnalysisService"],
)
NOT_SERVED_YET: Mapping[str, str] = {
    "RenderReport": "reports are rendered by the command line",
}
"""Methods of the contract that answer UNIMPLEMENTED, and why; docs/api.md lists them."""
VITAL = frozenset({"ReportMeasurements", "CompleteTrial", "FailTrial", "ReleaseTrial", "Heartbeat"})
"""What running trials depend on: calls with a reserve of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is served at once."""

    max_calls: int = 1000
    """Calls in flight, waiting ones included."""
    max_vital_calls: int = 1000
    """Reports, completions, failures, releases and heartbeats in flight, besides the others."""
    max_watches: int = 1000
    """Open watches, besides the others."""
    max_call_s: float = 60.0
    """For a call whose caller would wait longer."""


def handlers(
    studies: StudyService,
    trials: TrialService,
    analyses: AnalysisService,
    *,
    wrapper: Wrapper,
    metrics: Metrics,
    bounds: Bounds,
) -> list[grpc.GenericRpcHandler]:
    """Handlers for every method of the contract."""
    gates = {
        "vital": Gate("vital", bounds.max_vital_calls, metrics),
        "watch": Gate("watch", bounds.max_watches, metrics),
        "other": Gate("other", bounds.max_calls, metrics),
    }
    made = []
    for service, servicer in zip(SERVICES, (studies, trials, analyses), strict=True):
        methods = {m.name: _handler(m, servicer, gates, wrapper, bounds) for m in service.methods}
        made.append(grpc.method_handlers_generic_handler(service.full_name, methods))
    return made


def snake(name: str) -> str:
    """`SuggestTrials` is served by `suggest_trials`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _handler(
    descriptor: MethodDescriptor, servicer: object, gates: Mapping[str, Gate], wrapper: Wrapper, bounds: Bounds
) -> grpc.RpcMethodHandler[bytes, bytes]:
    kind = "watch" if descriptor.server_streaming else "vital" if descriptor.name in VITAL else "other"
    method = Method(
        service=descriptor.containing_service.full_name,
        name=descriptor.name,
        parse=message_factory.GetMessageClass(descriptor.input_type).FromString,
        request=descriptor.input_type.full_name,
        gate=gates[kind],
        max_seconds=None if descriptor.server_streaming else bounds.max_call_s,
    )
    if descriptor.server_streaming:
        stream: Stream = getattr(servicer, snake(descriptor.name))
        return grpc.unary_stream_rpc_method_handler(wrapper.stream(method, stream))
    unary: Unary = _refuse(method) if descriptor.name in NOT_SERVED_YET else getattr(servicer, snake(descriptor.name))
    return grpc.unary_unary_rpc_method_handler(wrapper.unary(method, unary))


def _refuse(method: Method) -> Unary:
    async def refuse(_request: Message, _call: Call) -> Message:
        raise NotServedYet(method.full_name, why=NOT_SERVED_YET[method.name])

    return refuse
