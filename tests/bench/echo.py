"""The floor: a bare grpc.aio server that answers the same calls with recorded bytes.

    python -m tests.bench.echo ANSWERS.json [--typed]

It parses nothing, stores nothing, checks nothing: what grpc.aio itself costs with messages of this size. With
`--typed` it parses each request and serialises each answer, as any server with generated stubs does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import grpc
from google.protobuf.message import Message

from assay.v1 import trial_service_pb2 as pb
from tests.bench.methods import COMPLETE, REPORT, SUGGEST

_TYPES: dict[str, tuple[type[Message], type[Message]]] = {
    SUGGEST: (pb.SuggestTrialsRequest, pb.SuggestTrialsResponse),
    REPORT: (pb.ReportMeasurementsRequest, pb.ReportMeasurementsResponse),
    COMPLETE: (pb.CompleteTrialRequest, pb.CompleteTrialResponse),
}


class Answers(grpc.GenericRpcHandler):
    """One recorded answer for each path."""

    def __init__(self, answers: dict[str, bytes], *, is_typed: bool) -> None:
        self._handlers = {path: _handler(path, answer, is_typed=is_typed) for path, answer in answers.items()}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        """The handler of a path; None (UNIMPLEMENTED) without an answer."""
        return self._handlers.get(handler_call_details.method)


def _handler(path: str, answer: bytes, *, is_typed: bool) -> grpc.RpcMethodHandler[bytes, bytes]:
    request_type, answer_type = _TYPES[path]
    message = answer_type.FromString(answer)

    async def bare(request: bytes, context: object) -> bytes:
        return answer

    async def typed(request: bytes, context: object) -> bytes:
        request_type.FromString(request)
        return message.SerializeToString()

    return grpc.unary_unary_rpc_method_handler(typed if is_typed else bare)


async def _serve(answers: dict[str, bytes], *, is_typed: bool) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Answers(answers, is_typed=is_typed),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    recorded = {path: bytes.fromhex(text) for path, text in json.loads(Path(sys.argv[1]).read_text()).items()}
    asyncio.run(_serve(recorded, is_typed="--typed" in sys.argv))
