"""Running calls over a channel of an event loop; the retry rules are those of `Transport`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import grpc
from google.protobuf.message import Message
from grpc import aio

from .calls import Answer, Call, Page, Result
from .channel import Endpoint
from .errors import AssayError
from .retry import Effort, Limits, Surroundings
from .status import DETAILS_KEY, error_from
from .transport import Item


class AsyncTransport:
    """A channel, and what was learnt about who is at its other end."""

    def __init__(self, endpoint: Endpoint, limits: Limits, surroundings: Surroundings) -> None:
        self.limits, self.surroundings = limits, surroundings
        self._endpoint = endpoint
        self._opened: aio.Channel | None = None
        self._has_met = False

    async def run(self, call: Call[Answer, Result], *, patience_s: float | None = None) -> Result:
        """Run *call* until it is answered, refused, or not worth trying any more.

        Raises:
            AssayError: what the server said, or that it does not answer.
        """
        usual_s = self.limits.allowed_s(is_patient=call.is_patient, timeout_s=call.timeout_s)
        effort = Effort(
            self.limits,
            self.surroundings,
            address=self._endpoint.address,
            has_met=self._has_met,
            allowed_s=usual_s if patience_s is None else patience_s,
            timeout_s=call.timeout_s,
        )
        while True:
            try:
                return call.decode(await self.once(call, effort.timeout_s()))
            except AssayError as error:
                await asyncio.sleep(effort.delay_s(error))

    async def once(self, call: Call[Answer, Result], timeout_s: float | None) -> Answer:
        """One try.

        Raises:
            AssayError: what came instead of an answer.
        """
        method: aio.UnaryUnaryMultiCallable[Message, Answer] = self._channel.unary_unary(
            f"/assay.v1.{call.method}", type(call.request).SerializeToString, call.answer.FromString
        )
        try:
            answer = await method(
                call.request, timeout=timeout_s, metadata=self._endpoint.metadata(), wait_for_ready=False
            )
        except grpc.RpcError as error:
            raise self._failure(error) from None
        self._has_met = True
        return answer

    async def stream(self, call: Call[Answer, Result]) -> AsyncGenerator[Result, None]:
        """One try of a call whose answers keep coming.

        Raises:
            AssayError: what ended it.
        """
        method: aio.UnaryStreamMultiCallable[Message, Answer] = self._channel.unary_stream(
            f"/assay.v1.{call.method}", type(call.request).SerializeToString, call.answer.FromString
        )
        answers = method(call.request, metadata=self._endpoint.metadata(), wait_for_ready=False)
        try:
            async for answer in answers:
                self._has_met = True
                yield call.decode(answer)
        except grpc.RpcError as error:
            raise self._failure(error) from None
        finally:
            answers.cancel()

    async def pages(self, page: Callable[[str], Call[Answer, Page[Item]]]) -> AsyncIterator[Item]:
        """All items of a list; each page is read when it is needed."""
        token = ""
        while True:
            found = await self.run(page(token))
            for item in found.items:
                yield item
            token = found.next_token
            if not token:
                return

    async def close(self) -> None:
        """End the channel, and calls that wait on it."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _channel(self) -> aio.Channel:
        """Opened when it is first used: it belongs to the event loop that runs then."""
        if self._opened is None:
            self._opened = self._endpoint.open_async()
        return self._opened

    def _failure(self, error: grpc.RpcError) -> AssayError:
        failure = error_from(
            code=error.code().name,
            message=error.details() or "",
            status=_status(error),
            address=self._endpoint.address,
        )
        self._has_met = self._has_met or bool(failure.reason)
        return failure


def _status(error: grpc.RpcError) -> bytes | None:
    assert isinstance(error, aio.AioRpcError)
    metadata = error.trailing_metadata()
    found = None if metadata is None else metadata.get(DETAILS_KEY)
    return found if isinstance(found, bytes) else None
