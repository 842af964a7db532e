"""A relay that speaks gRPC to both sides: answers like a server that refuses, or like one of a later version."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2, duration_pb2, message_factory
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from tests.conformance.stubs import METHODS

STRANGE_ENUM = 1_000
"""A value of no enum of the contract."""
# Field 536870911 (the largest there can be), a string: "from the future".
STRANGE_FIELD = b"\xfa\xff\xff\xff\x0f\x0ffrom the future"
_RETRY_AFTER_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What calls are answered with."""

    code: str
    reason: str
    """Of the ErrorInfo; "" for none."""
    method: str
    """Last part of the method's name; "" for all."""


class Relay(grpc.GenericRpcHandler):
    """Forwards every call to *target*, unless it is told otherwise."""

    def __init__(self, target: str) -> None:
        self._channel = grpc.insecure_channel(target)
        self._lock = threading.Lock()
        self._refusal: Refusal | None = None
        self._times = 0
        self._is_strange = False
        pool = futures.ThreadPoolExecutor(max_workers=8)
        self._server = grpc.server(pool, handlers=[self], options=[("grpc.so_reuseport", 0)])
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._port}"

    def refuse(self, refusal: Refusal, times: int) -> None:
        """Answer so many calls with *refusal*."""
        with self._lock:
            self._refusal, self._times = refusal, times

    def be_strange(self) -> None:
        """Add to answers what this version of the contract does not know."""
        self._is_strange = True

    def behave(self) -> None:
        """Only forward."""
        with self._lock:
            self._refusal, self._times, self._is_strange = None, 0, False

    def close(self) -> None:
        """End both sides."""
        self._server.stop(None).wait()
        self._channel.close()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Find the method, as gRPC asks: there is one for all."""
        method = details.method
        name = method.removeprefix("/assay.v1.")
        if name in METHODS and METHODS[name].server_streaming:
            return grpc.unary_stream_rpc_method_handler(lambda request, context: self._stream(method, request, context))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._answer(method, request, context))

    def _answer(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if (refusal := self._next_refusal(method)) is not None:
            _abort(context, refusal)
        forward: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(method)
        try:
            answer = forward(request, timeout=context.time_remaining(), metadata=_passed_on(context))
        except grpc.RpcError as error:
            context.set_trailing_metadata(tuple((m.key, m.value) for m in error.trailing_metadata() or ()))
            context.abort(error.code(), error.details() or "")
        return _made_strange(method, answer) if self._is_strange else answer

    def _stream(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        forward: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(method)
        yield from forward(request, timeout=context.time_remaining(), metadata=_passed_on(context))

    def _next_refusal(self, method: str) -> Refusal | None:
        with self._lock:
            found = self._refusal
            if found is None or self._times == 0 or not method.endswith(found.method):
                return None
            self._times -= 1
            return found


def _passed_on(context: grpc.ServicerContext) -> tuple[tuple[str, str | bytes], ...]:
    return tuple((key, value) for key, value in context.invocation_metadata() or () if key == "authorization")


def _abort(context: grpc.ServicerContext, refusal: Refusal) -> None:
    code = grpc.StatusCode[refusal.code]
    text = f"the relay was told to answer {refusal.reason or refusal.code}"
    if refusal.reason:
        status = status_pb2.Status(code=code.value[0], message=text)
        details: list[Message] = [
            error_details_pb2.ErrorInfo(reason=refusal.reason, domain="assay.dev", metadata={"name": "the thing"})
        ]
        if refusal.reason in ("OVERLOADED", "UNAVAILABLE"):
            delay = duration_pb2.Duration(nanos=_RETRY_AFTER_MS * 1_000_000)
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        if refusal.code == "INVALID_ARGUMENT":
            violation = error_details_pb2.BadRequest.FieldViolation(field="the.field", description="is wrong")
            details.append(error_details_pb2.BadRequest(field_violations=[violation]))
        for detail in details:
            packed = any_pb2.Any()
            packed.Pack(detail)
            status.details.append(packed)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, text)


def _made_strange(method: str, answer: bytes) -> bytes:
    described = METHODS[method.removeprefix("/assay.v1.")]
    message = message_factory.GetMessageClass(described.output_type).FromString(answer)
    _add_strange(message)
    return message.SerializeToString() + STRANGE_FIELD


def _add_strange(message: Message) -> None:
    """Every enum that is set gets a value that nobody knows, but for those that a case is about: actions, goals."""
    for field, value in list(message.ListFields()):
        if field.type == FieldDescriptor.TYPE_ENUM and field.enum_type is not None:
            if not field.is_repeated and _may_change(field.enum_type):
                setattr(message, field.name, STRANGE_ENUM)
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not _is_map(field):
            for part in value if field.is_repeated else [value]:
                _add_strange(part)
    if message.DESCRIPTOR.full_name.startswith("assay.v1."):
        message.MergeFromString(STRANGE_FIELD)


def _may_change(enum: EnumDescriptor) -> bool:
    # An action or an end reason decides what a client does next, so a later version would not change these silently.
    return enum.name not in ("DirectiveAction", "StudyEndReason", "StudyState", "Goal", "Comparison", "Scale")


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
