"""Calls over the Python stubs by name, as JSON: how the runner acts by itself and reads the server's own state."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from assay.v1 import analysis_service_pb2, study_service_pb2, trial_service_pb2

TIMEOUT_S = 30.0
_FILES = (analysis_service_pb2, study_service_pb2, trial_service_pb2)
METHODS: Mapping[str, MethodDescriptor] = {
    f"{service.name}/{method.name}": method
    for file in _FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
"""By "TrialService/GetTrial"."""


class Refused(Exception):
    """The server refused a call of the runner."""

    def __init__(self, method: str, error: grpc.RpcError) -> None:
        self.code = error.code().name
        self.reason = _reason(error) or self.code
        super().__init__(f"{method} was refused: {self.reason}: {error.details()}")


class Stubs:
    """Every unary call of the contract at one server."""

    def __init__(self, address: str, ca: bytes | None = None) -> None:
        # 16 MiB: the runner may read whole studies.
        options = [("grpc.max_receive_message_length", 16 * 1024 * 1024)]
        if ca is None:
            self._channel = grpc.insecure_channel(address, options=options)
        else:
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca), options=options)

    def call(self, method: str, request: Mapping[str, object]) -> dict[str, object]:
        """Call *method* with a request as ProtoJSON; the answer as ProtoJSON with the names of the contract.

        Raises:
            Refused: the server refused.
        """
        described = METHODS[method]
        message = json_format.ParseDict(dict(request), message_factory.GetMessageClass(described.input_type)())
        answer_type = message_factory.GetMessageClass(described.output_type)
        unary: grpc.UnaryUnaryMultiCallable[Message, Message] = self._channel.unary_unary(
            f"/assay.v1.{method}", type(message).SerializeToString, answer_type.FromString
        )
        try:
            answer = unary(message, timeout=TIMEOUT_S, wait_for_ready=True)
        except grpc.RpcError as error:
            raise Refused(method, error) from None
        return dict(json_format.MessageToDict(answer, preserving_proto_field_name=True))

    def close(self) -> None:
        """End the channel."""
        self._channel.close()


def _reason(error: grpc.RpcError) -> str:
    packed = next((m.value for m in error.trailing_metadata() or () if m.key == "grpc-status-details-bin"), b"")
    assert isinstance(packed, bytes)
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(packed).details:
        detail.Unpack(info)
    return info.reason
