"""The TCP link between an executor and the server, which can be made to fail."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

MODES = ("pass", "withhold", "stall", "refuse")
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes close() send a reset, as a dying peer does."""


class Link:
    """Forwards bytes between who connects here and *target*.

    pass: behaves. withhold: keeps back what the server says, so that a call has its effect and its caller does not
    know. stall: keeps back everything. refuse: takes no connections. `cut` resets those that are open.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._mode = "pass"
        self._open: set[socket.socket] = set()
        self._is_closed = False
        threading.Thread(target=self._accept, name="link", daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def set_mode(self, mode: str) -> None:
        """One of MODES, from now on; what was kept back goes on when the mode allows it."""
        assert mode in MODES, f"{mode!r} is not one of {MODES}"
        with self._changed:
            self._mode = mode
            self._changed.notify_all()

    def cut(self) -> None:
        """Reset all connections, forget what was kept back, and behave from now on."""
        with self._changed:
            for end in self._open:
                _reset(end)
            self._open.clear()
            self._mode = "pass"
            self._changed.notify_all()

    def close(self) -> None:
        """End everything."""
        self._is_closed = True
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        if self._mode == "refuse":
            _reset(near)
            return
        try:
            far = socket.create_connection(self._target)
        except OSError:  # the server is down: so is this link
            _reset(near)
            return
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._open |= {near, far}
        threading.Thread(target=self._pump, args=(near, far, ("stall",)), name="link-up", daemon=True).start()
        threading.Thread(
            target=self._pump, args=(far, near, ("stall", "withhold")), name="link-down", daemon=True
        ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, waits_in: tuple[str, ...]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                with self._changed:
                    self._changed.wait_for(lambda: self._mode not in waits_in or source not in self._open)
                    if source not in self._open:
                        return
                sink.sendall(data)
        with self._changed:
            for end in (source, sink):
                self._open.discard(end)
                _reset(end)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        # Wakes a thread that reads from it, which close() alone would not.
        end.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError):
        end.close()
