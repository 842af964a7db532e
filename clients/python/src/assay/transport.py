"""Running calls over a channel: one thread waits, the retry rules decide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from .calls import Answer, Call, Page, Result
from .channel import Endpoint
from .errors import AssayError
from .retry import Effort, Limits, Surroundings
from .status import DETAILS_KEY, error_from

Item = TypeVar("Item")

STOP_POLL_S = 0.2
"""How soon a waiting ask notices that it shall stop."""


class Stopped(Exception):
    """The caller's stop event was set while a call was waiting."""


class Transport:
    """A channel, and what was learnt about who is at its other end."""

    def __init__(self, endpoint: Endpoint, limits: Limits, surroundings: Surroundings) -> None:
        self.limits, self.surroundings = limits, surroundings
        self._endpoint = endpoint
        self._channel = endpoint.open()
        self._has_met = False

    def run(
        self,
        call: Call[Answer, Result],
        *,
        patience_s: float | None = None,
        stop: threading.Event | None = None,
    ) -> Result:
        """Run *call* until it is answered, refused, or not worth trying any more.

        Raises:
            AssayError: what the server said, or that it does not answer.
            Stopped: *stop* was set; whether the call had an effect is not known.
        """
        effort = self._effort(call, patience_s)
        while True:
            try:
                return call.decode(self.once(call, effort.timeout_s(), stop))
            except AssayError as error:
                self.pause(effort.delay_s(error), stop)

    def once(self, call: Call[Answer, Result], timeout_s: float | None, stop: threading.Event | None = None) -> Answer:
        """One try.

        Raises:
            AssayError: what came instead of an answer.
        """
        method: grpc.UnaryUnaryMultiCallable[Message, Answer] = self._channel.unary_unary(
            f"/assay.v1.{call.method}", type(call.request).SerializeToString, call.answer.FromString
        )
        # Not waiting for ready, whatever the service config says to simpler clients: a refused connection is then
        # told at once, with its reason, and `Effort` does the waiting.
        metadata = self._endpoint.metadata()
        try:
            if stop is None:
                answer = method(call.request, timeout=timeout_s, metadata=metadata, wait_for_ready=False)
            else:
                future = method.future(call.request, timeout=timeout_s, metadata=metadata, wait_for_ready=False)
                answer = _unless_stopped(future, stop)
        except grpc.RpcError as error:
            raise self._failure(error) from None
        self._has_met = True
        return answer

    def stream(self, call: Call[Answer, Result]) -> Iterator[Result]:
        """One try of a call whose answers keep coming.

        Raises:
            AssayError: what ended it.
        """
        method: grpc.UnaryStreamMultiCallable[Message, Answer] = self._channel.unary_stream(
            f"/assay.v1.{call.method}", type(call.request).SerializeToString, call.answer.FromString
        )
        answers = method(call.request, metadata=self._endpoint.metadata(), wait_for_ready=False)
        try:
            for answer in answers:
                self._has_met = True
                yield call.decode(answer)
        except grpc.RpcError as error:
            raise self._failure(error) from None
        finally:
            answers.cancel()

    def pages(self, page: Callable[[str], Call[Answer, Page[Item]]]) -> Iterator[Item]:
        """All items of a list; each page is read when it is needed."""
        token = ""
        while True:
            found = self.run(page(token))
            yield from found.items
            token = found.next_token
            if not token:
                return

    def pause(self, delay_s: float, stop: threading.Event | None = None) -> None:
        """Wait.

        Raises:
            Stopped: *stop* was set meanwhile.
        """
        if stop is None:
            self.surroundings.sleep(delay_s)
        elif stop.wait(delay_s):
            raise Stopped

    def close(self) -> None:
        """End the channel, and calls that wait on it."""
        self._channel.close()

    def _effort(self, call: Call[Answer, Result], patience_s: float | None) -> Effort:
        usual_s = self.limits.allowed_s(is_patient=call.is_patient, timeout_s=call.timeout_s)
        return Effort(
            self.limits,
            self.surroundings,
            address=self._endpoint.address,
            has_met=self._has_met,
            allowed_s=usual_s if patience_s is None else patience_s,
            timeout_s=call.timeout_s,
        )

    def _failure(self, error: grpc.RpcError) -> AssayError:
        failure = error_from(
            code=error.code().name,
            message=error.details() or "",
            status=next((m.value for m in error.trailing_metadata() or () if m.key == DETAILS_KEY), None),
            address=self._endpoint.address,
        )
        self._has_met = self._has_met or bool(failure.reason)
        return failure


def _unless_stopped(future: grpc.Future[Answer], stop: threading.Event) -> Answer:
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    while not done.wait(STOP_POLL_S):
        if stop.is_set():
            future.cancel()
            raise Stopped
    return future.result()
