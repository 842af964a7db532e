"""The gRPC server: services, health and reflection on one address, and an orderly end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from assay_server.rpc.services import SERVICES

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files of the server's identity, PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """How the server listens."""

    address: str
    """host:port; port 0 lets the system choose."""
    tls: Tls | None = None
    reflection: bool = True
    max_message_bytes: int = 4 * 1024 * 1024
    """Of a request; answers are kept under 4 MB, which is what clients accept."""
    max_connection_age_s: float | None = None
    """Connections are closed in good order after this long, so that a balancer can spread them anew."""

    def options(self) -> list[tuple[str, int]]:
        """Channel arguments."""
        options = [
            # A second server on the same port would take half of the calls.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", self.max_message_bytes),
            ("grpc.max_send_message_length", -1),
            # Workers wait half a minute for a suggestion: their pings within a call are welcome.
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 20_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
            ("grpc.http2.max_ping_strikes", 0),
            ("grpc.max_metadata_size", 16_384),
        ]
        if self.max_connection_age_s is not None:
            options.append(("grpc.max_connection_age_ms", int(self.max_connection_age_s * 1000)))
            options.append(("grpc.max_connection_age_grace_ms", 60_000))
        return options


class RpcServer:
    """A gRPC server with health and reflection."""

    def __init__(self, handlers: list[grpc.GenericRpcHandler], listening: Listening) -> None:
        self._server = grpc.aio.server(options=listening.options())
        self._health = health_aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._server.add_generic_rpc_handlers(handlers)
        if listening.reflection:
            names = [*(s.full_name for s in SERVICES), health.SERVICE_NAME, reflection.SERVICE_NAME]
            reflection.enable_server_reflection(names, self._server)
        self.port = self._bind(listening)

    async def start(self) -> None:
        """Take calls."""
        await self._server.start()
        await self._say(_SERVING)

    async def announce_end(self) -> None:
        """Tell balancers that no new calls are wanted; calls are still taken."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace_s: float) -> None:
        """Take no new calls, let those in flight finish within *grace_s*, then cut them off."""
        await self._server.stop(grace_s)

    async def _say(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        for name in ("", *(s.full_name for s in SERVICES)):
            await self._health.set(name, status)

    def _bind(self, listening: Listening) -> int:
        if listening.tls is None:
            return self._server.add_insecure_port(listening.address)
        pair = (listening.tls.key.read_bytes(), listening.tls.certificate.read_bytes())
        return self._server.add_secure_port(listening.address, grpc.ssl_server_credentials([pair]))
