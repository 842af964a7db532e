"""Calls: what surrounds every method, in one lean wrapper.

It gives each call an id and a deadline, bounds how many are in flight, parses, runs the method, turns errors
into statuses, and leaves one line in the log and one mark in the metrics. It stands where a stack of
interceptors would: each of those costs another coroutine per call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import grpc
from google.protobuf.message import DecodeError, Message

from assay_server.domain.errors import AssayError, DeadlineExceeded, InvalidArgument, Overloaded
from assay_server.metrics import Metrics
from assay_server.rpc.status import DETAILS_KEY, Refusal, defect, refusal_of

Context = grpc.aio.ServicerContext[bytes, bytes]
REQUEST_ID_KEY = "x-request-id"
MAX_REQUEST_ID = 128
RETRY_AFTER_S = 0.5
"""Long enough for a burst to pass, short enough for a worker not to notice."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a method may know of its call."""

    id: str
    deadline: float
    """On the monotonic clock, in seconds; the server's own limit where the caller set none."""

    def seconds_left(self) -> float:
        """Until the deadline."""
        return self.deadline - time.monotonic()


Unary = Callable[..., Awaitable[Message | bytes]]
Stream = Callable[..., AsyncIterator[Message]]


class Gate:
    """Bounds how many calls of a kind are in flight."""

    def __init__(self, kind: str, limit: int, metrics: Metrics) -> None:
        self.kind, self._limit = kind, limit
        self._num = 0
        metrics.calls_in_flight.labels(kind=kind).set_function(lambda: float(self._num))

    def enter(self) -> None:
        """Raises Overloaded."""
        if self._num >= self._limit:
            text = f"{self._num} {self.kind} calls are in flight; ask again later"
            raise Overloaded(text, retry_after_s=RETRY_AFTER_S)
        self._num += 1

    def leave(self) -> None:
        """The call is over."""
        self._num -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the contract and who serves it."""

    service: str
    name: str
    parse: Callable[[bytes], Message]
    request: str
    """Full name of the request's message."""
    gate: Gate
    max_seconds: float | None
    """Cap of the deadline; None for a stream, which may stay open."""

    @property
    def full_name(self) -> str:
        """As in logs and metrics."""
        return f"{self.service}/{self.name}"


class Wrapper:
    """Makes gRPC handlers of methods."""

    def __init__(self, *, metrics: Metrics, log: CallLog, new_id: Callable[[], str]) -> None:
        self._metrics = metrics
        self._log = log
        self._new_id = new_id

    def unary(self, method: Method, act: Unary) -> Callable[[bytes, Context], Awaitable[bytes]]:
        """A handler for a method with one answer."""
        record = self._recorder(method)

        async def handle(raw: bytes, context: Context) -> bytes:
            began = time.monotonic()
            call = self._call(context, method, began)
            outcome: bytes | Refusal | None = None
            try:
                outcome = await self._answer(raw, call, method, act)
            finally:
                record(context, call, began, outcome)
            if isinstance(outcome, Refusal):
                await _abort(context, call, outcome)
            context.set_trailing_metadata(((REQUEST_ID_KEY, call.id),))
            assert isinstance(outcome, bytes)
            return outcome

        return handle

    def stream(self, method: Method, act: Stream) -> Callable[[bytes, Context], AsyncIterator[bytes]]:
        """A handler for a method with a stream of answers."""
        record = self._recorder(method)

        async def handle(raw: bytes, context: Context) -> AsyncIterator[bytes]:
            began = time.monotonic()
            call = self._call(context, method, began)
            outcome: bytes | Refusal | None = None
            try:
                try:
                    method.gate.enter()
                    try:
                        async for message in act(_parsed(raw, method), call):
                            yield message.SerializeToString()
                    finally:
                        method.gate.leave()
                    outcome = b""
                except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a status of ours
                    outcome = self._refusal(error, call, method)
            finally:
                record(context, call, began, outcome)
            if isinstance(outcome, Refusal):
                await _abort(context, call, outcome)
            context.set_trailing_metadata(((REQUEST_ID_KEY, call.id),))

        return handle

    async def _answer(self, raw: bytes, call: Call, method: Method, act: Unary) -> bytes | Refusal:
        try:
            method.gate.enter()
            try:
                left = call.seconds_left()
                if left <= 0:
                    raise DeadlineExceeded("the deadline had passed before the call began")
                async with asyncio.timeout(left):
                    answer = await act(_parsed(raw, method), call)
                return answer if isinstance(answer, bytes) else answer.SerializeToString()
            finally:
                method.gate.leave()
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a status of ours
            return self._refusal(error, call, method)

    def _refusal(self, error: Exception, call: Call, method: Method) -> Refusal:
        if isinstance(error, TimeoutError):
            error = DeadlineExceeded("the deadline passed before the answer was there")
        if isinstance(error, AssayError):
            return refusal_of(error)
        self._log.defect(method.full_name, call.id, error)
        return defect(call.id)

    def _call(self, context: Context, method: Method, began: float) -> Call:
        request_id = ""
        for key, value in context.invocation_metadata() or ():
            if key == REQUEST_ID_KEY and isinstance(value, str):
                request_id = value[:MAX_REQUEST_ID]
        left = context.time_remaining()
        limits = [s for s in (left, method.max_seconds) if s is not None]
        return Call(request_id or self._new_id(), began + min(limits, default=float("inf")))

    def _recorder(self, method: Method) -> Callable[[Context, Call, float, bytes | Refusal | None], None]:
        """What notes the end of a call; None is a call that its caller gave up."""
        seconds = self._metrics.call_seconds.labels(method=method.full_name)
        counters = {
            code: self._metrics.calls.labels(method=method.full_name, code=code.name) for code in (grpc.StatusCode.OK,)
        }

        def record(context: Context, call: Call, began: float, outcome: bytes | Refusal | None) -> None:
            took = time.monotonic() - began
            code, reason = grpc.StatusCode.OK, ""
            if outcome is None:
                code = grpc.StatusCode.CANCELLED
            elif isinstance(outcome, Refusal):
                code, reason = outcome.code, outcome.reason
                self._metrics.refused.labels(reason=reason).inc()
            if code not in counters:
                counters[code] = self._metrics.calls.labels(method=method.full_name, code=code.name)
            counters[code].inc()
            seconds.observe(took)
            self._log.call(method.full_name, code, took, context.peer(), call.id, reason)

        return record


class CallLog:
    """Where calls are noted; `logs.py` writes lines, a test may remember them."""

    def call(self, method: str, code: grpc.StatusCode, took_s: float, peer: str, request_id: str, reason: str) -> None:
        """One line a call."""

    def defect(self, method: str, request_id: str, error: Exception) -> None:
        """A fault of our own, with its traceback."""


def _parsed(raw: bytes, method: Method) -> Message:
    try:
        return method.parse(raw)
    except DecodeError:
        raise InvalidArgument.of("", f"the bytes are not a {method.request}") from None


async def _abort(context: Context, call: Call, refusal: Refusal) -> None:
    trailing = ((REQUEST_ID_KEY, call.id), (DETAILS_KEY, refusal.details))
    await context.abort(refusal.code, refusal.message, trailing)
