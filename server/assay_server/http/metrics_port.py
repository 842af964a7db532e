"""The HTTP port for Prometheus and for probes: /metrics and /healthz, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class MetricsPort:
    """Serves a registry. Scrapes run beside the event loop, not on it."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry, *, is_serving: Callable[[], bool]) -> None:
        self._registry = registry
        self._is_serving = is_serving
        self._server = make_server(host, port, self._answer, _Server, _Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return self._server.server_port

    def start(self) -> None:
        """Take requests."""
        self._thread.start()

    def close(self) -> None:
        """Take no more requests, and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return _respond(start_response, "405 Method Not Allowed", b"GET only\n")
        if path == "/metrics":
            encode, kind = choose_encoder(environ.get("HTTP_ACCEPT", ""))
            return _respond(start_response, "200 OK", encode(self._registry), kind)
        if path == "/healthz":
            if self._is_serving():
                return _respond(start_response, "200 OK", b"serving\n")
            return _respond(start_response, "503 Service Unavailable", b"not serving\n")
        return _respond(start_response, "404 Not Found", b"there are /metrics and /healthz\n")


class _Server(ThreadingMixIn, WSGIServer):
    """Each request in a thread: a slow scraper does not keep a probe waiting."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """Does not log requests: probes come every few seconds."""

    timeout = 10  # seconds; a peer that says nothing does not hold a thread for ever

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


def _respond(
    start_response: StartResponse, status: str, body: bytes, kind: str = "text/plain; charset=utf-8"
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
