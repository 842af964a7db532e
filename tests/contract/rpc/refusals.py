"""Refused calls: what a caller learns."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from assay_server.rpc.status import DETAILS_KEY
from tests.contract.rpc.fronts import ServedFront


class Refused:
    """What a caller learnt of a refused call."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code = error.code().name
        self.text = error.details() or ""
        self.info = error_details_pb2.ErrorInfo()
        self.bad = error_details_pb2.BadRequest()
        self.resource = error_details_pb2.ResourceInfo()
        self.retry = error_details_pb2.RetryInfo()
        packed = dict(error.trailing_metadata())[DETAILS_KEY]
        assert isinstance(packed, bytes)
        for detail in status_pb2.Status.FromString(packed).details:
            for kind in (self.info, self.bad, self.resource, self.retry):
                detail.Unpack(kind)

    @property
    def reason(self) -> str:
        """Of the ErrorInfo."""
        return self.info.reason

    @property
    def fields(self) -> list[str]:
        """Paths of the violations."""
        return [v.field for v in self.bad.field_violations]


async def refused(front: ServedFront, path: str, request: Message | bytes) -> Refused:
    """How a call was refused, which it must be."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await front.call(f"assay.v1.{path}", request)
    return Refused(error.value)
