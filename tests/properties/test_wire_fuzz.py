"""Whatever is sent to any method, the answer is never UNKNOWN or INTERNAL, and the server lives on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_server.rpc.services import SERVICES
from tests.contract.rpc.fronts import ServedFront, serving
from tests.properties.wire_messages import messages

METHODS = [m for service in SERVICES for m in service.methods]
STUDY = "projects/default/studies/digits"
OURS = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}


class Loop:
    """A front and the loop that it runs on: Hypothesis' examples are not coroutines."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._context = serving(folder)
        self.front: ServedFront = self._loop.run_until_complete(self._context.__aenter__())
        self.front.source.is_dry = True
        self.token = self._loop.run_until_complete(self._fill())

    async def _fill(self) -> str:
        study = await self.front.with_study()
        self.front.source.is_dry = False
        trial = await self.front.with_trial(study)
        self.front.source.is_dry = True
        return trial.lease.token

    def send(self, path: str, raw: bytes, *, streams: bool) -> grpc.StatusCode:
        """The status of a call."""
        return self._loop.run_until_complete(self._send(path, raw, streams=streams))

    async def _send(self, path: str, raw: bytes, *, streams: bool) -> grpc.StatusCode:
        try:
            if streams:
                method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self.front.channel.unary_stream(path)
                async for _message in method(raw, timeout=0.05):
                    pass
            else:
                single: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.front.channel.unary_unary(path)
                await single(raw, timeout=0.2 if path.endswith("SuggestTrials") else 30)
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def close(self) -> None:
        """End the front and the loop."""
        self._loop.run_until_complete(self._context.__aexit__(None, None, None))
        self._loop.close()


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    made = Loop(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_no_message_makes_the_server_stumble(loop: Loop, method: object, data: st.DataObject) -> None:
    """Requests of the right shape with any values: refused or served, never a defect."""
    descriptor = next(m for m in METHODS if m is method)
    kind: type[Message] = message_factory.GetMessageClass(descriptor.input_type)
    known = {
        "name": [STUDY, f"{STUDY}/trials/1", "projects/default/studies/none", "lr"],
        "parent": [STUDY, "projects/default", "projects/default/studies/none"],
        "lease_token": [loop.token],
        "study_id": ["fuzz", "digits"],
        "worker": ["gpu-0", "gpu-1"],
        "metric": ["loss", "acc"],
        "filter": ["state = RUNNING", "metrics.loss < 1", "labels.a = b"],
        "order_by": ["number", "metrics.loss desc", "create_time"],
    }
    request = data.draw(messages(kind, 7, known))

    code = loop.send(
        f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        request.SerializeToString(),
        streams=descriptor.server_streaming,
    )

    assert loop.front.log.defects == [], request
    assert code not in OURS


@settings(max_examples=100, suppress_health_check=[*HealthCheck])
@given(method=st.sampled_from(METHODS), raw=st.binary(max_size=60))
def test_no_bytes_make_the_server_stumble(loop: Loop, method: object, raw: bytes) -> None:
    """Bytes of any kind: refused or served, never a defect."""
    descriptor = next(m for m in METHODS if m is method)
    path = f"/{descriptor.containing_service.full_name}/{descriptor.name}"

    code = loop.send(path, raw, streams=descriptor.server_streaming)

    assert loop.front.log.defects == []
    assert code not in OURS
