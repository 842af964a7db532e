"""How channels are made: options, TLS, credentials, the shipped service config."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from .errors import InvalidArgument

if TYPE_CHECKING:
    from os import PathLike

    from grpc import aio

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes; a rendered report has up to 4 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TLS:
    """Which certificates to trust, and which one to show."""

    ca: str | PathLike[str] | None = None
    """PEM file of the authorities; the system's when None."""
    certificate: str | PathLike[str] | None = None
    """PEM file of the client's own chain, for mutual TLS."""
    key: str | PathLike[str] | None = None
    """PEM file of its key."""
    server_name: str | None = None
    """Name in the server's certificate, when it is not the address."""

    def credentials(self) -> grpc.ChannelCredentials:
        """Read the files."""
        if (self.certificate is None) != (self.key is None):
            raise InvalidArgument.of("tls", "a certificate and its key go together")
        return grpc.ssl_channel_credentials(
            root_certificates=_read(self.ca),
            private_key=_read(self.key),
            certificate_chain=_read(self.certificate),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the server is, and how to speak to it."""

    address: str
    """host:port, or a gRPC target such as unix:///run/assay.sock."""
    tls: TLS | None
    token: str | None

    def open(self) -> grpc.Channel:
        """A channel; nothing is sent yet."""
        if self.tls is None:
            return grpc.insecure_channel(self.address, options=self._options())
        return grpc.secure_channel(self.address, self.tls.credentials(), options=self._options())

    def open_async(self) -> aio.Channel:
        """A channel of the running event loop; nothing is sent yet."""
        from grpc import aio

        if self.tls is None:
            return aio.insecure_channel(self.address, options=self._options())
        return aio.secure_channel(self.address, self.tls.credentials(), options=self._options())

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes along with every call."""
        return () if self.token is None else (("authorization", f"Bearer {self.token}"),)

    def _options(self) -> list[tuple[str, str | int]]:
        options: list[tuple[str, str | int]] = [
            ("grpc.service_config", service_config()),
            ("grpc.enable_retries", 1),
            ("grpc.primary_user_agent", f"assay-python/{_version()}"),
            ("grpc.max_receive_message_length", LARGEST_ANSWER),
            # A server that restarts is found again soon: gRPC's own 2 minutes would outlast a lease.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 2000),
            # A dead line is noticed within a long poll or a quiet watch.
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 20_000),
        ]
        if self.tls is not None and self.tls.server_name is not None:
            options.append(("grpc.ssl_target_name_override", self.tls.server_name))
        return options


def endpoint(address: str, *, tls: TLS | bool | None, token: str | None) -> Endpoint:
    """Check what a user said about the server.

    Raises:
        InvalidArgument: no address, or one with a scheme that gRPC does not know.
    """
    if not address or address.startswith(("http://", "https://")):
        raise InvalidArgument.of("address", f"{address!r} is not host:port")
    return Endpoint(address=address, tls=(TLS() if tls else None) if isinstance(tls, bool) else tls, token=token)


def service_config() -> str:
    """The retry policy and deadlines that every client uses, as JSON."""
    return files("assay").joinpath("service_config.json").read_text(encoding="utf-8")


def _read(path: str | PathLike[str] | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()


def _version() -> str:
    try:
        return version("assay")
    except PackageNotFoundError:  # run from a checkout
        return "0"
