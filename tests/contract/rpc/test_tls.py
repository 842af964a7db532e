"""TLS: with a certificate, only TLS is spoken."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from assay_server.rpc.server import Listening, RpcServer, Tls


@pytest.fixture
def identity(tmp_path: Path, tool: Callable[[str], str]) -> Tls:
    """A certificate of localhost that vouches for itself."""
    found = Tls(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    command = [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(found.key), "-out", str(found.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return found


async def test_a_server_with_a_certificate_speaks_tls(identity: Tls) -> None:
    """Who trusts the certificate is answered."""
    server = RpcServer([], Listening(address="127.0.0.1:0", tls=identity))
    await server.start()
    credentials = grpc.ssl_channel_credentials(identity.certificate.read_bytes())

    async with grpc.aio.secure_channel(f"localhost:{server.port}", credentials) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    await server.stop(0)


async def test_a_server_with_a_certificate_speaks_nothing_else(identity: Tls) -> None:
    """Without TLS nobody is answered."""
    server = RpcServer([], Listening(address="127.0.0.1:0", tls=identity))
    await server.start()

    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)

    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    await server.stop(0)
