"""The server of the conformance runner: a real process over a real database, with the ways to make it fail."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import assay
from tests.conformance.link import Link
from tests.conformance.relay import Relay
from tests.conformance.stubs import Stubs
from tests.e2e.processes import ServerProcess, free_port

FEATURES: frozenset[str] = frozenset({"tls"})
"""What the server of this version has. Tokens are not among them: it knows no credentials yet."""
_CALLS = re.compile(r'^assay_calls_total\{code="\w+",method="[\w./]*?(\w+)"\} ([\d.e+]+)$', re.MULTILINE)


class Served:
    """A server with a link, a relay and stubs of the runner's own."""

    def __init__(self, folder: Path, *, kind: str) -> None:
        """Start it.

        Args:
            folder: for its database, log and certificates.
            kind: "plain", or "tls".
        """
        self.kind = kind
        self.ca: Path | None = None
        options: list[str] = ["--drain-s", "0"]
        tls = None
        if kind == "tls":
            self.ca, key = _certificate(folder)
            tls = assay.TLS(ca=self.ca, server_name="localhost")
            options += ["--tls-certificate", str(self.ca), "--tls-key", str(key)]
        self._process = ServerProcess(folder, *options, tls=tls)
        self._process.start()
        address = self._process.address
        _, _, port = address.rpartition(":")
        # The certificate is of localhost.
        self.stubs = Stubs(f"localhost:{port}", None if self.ca is None else self.ca.read_bytes())
        self.link = Link(address)
        self.relay = Relay(address)
        self._calls_before: Counter[str] = Counter()

    def values(self) -> dict[str, str]:
        """What cases may name."""
        _, _, link_port = self.link.address.rpartition(":")
        return {
            "address": self.link.address if self.ca is None else f"localhost:{link_port}",
            "relay": self.relay.address,
            "nowhere": f"127.0.0.1:{free_port()}",
            "ca": "" if self.ca is None else str(self.ca),
        }

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()

    def start(self) -> None:
        """Start it again, on the same port and database."""
        self._process.start()

    def calls(self) -> Mapping[str, int]:
        """Calls of each method that it finished since this was last asked."""
        now: Counter[str] = Counter()
        for method, count in _CALLS.findall(self._process.metrics()):
            now[method] += int(float(count))
        since, self._calls_before = now - self._calls_before, now
        return since

    def behave(self) -> None:
        """Undo what a case did to the link and the relay."""
        self.link.cut()
        self.relay.behave()

    def close(self) -> None:
        """End everything."""
        self.stubs.close()
        self.relay.close()
        self.link.close()
        self._process.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that vouches for itself, and its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    # Elliptic, since RSA keys take a second to make; and no authority, which rustls takes from no server.
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
