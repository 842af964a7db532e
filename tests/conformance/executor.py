"""An executor: a program in the client's language, driven by lines of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

PROTOCOL = 1
"""Version of the commands, as README.md has them."""
LOG_TAIL = 4000
"""Characters of an executor's log that are shown when a case fails."""

Answer = Mapping[str, object]


class ExecutorGone(Exception):
    """It ended, hangs, or says what is not an answer."""


class Executor:
    """A running executor. It takes one command at a time."""

    def __init__(self, command: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str]) -> None:
        self._log_path = log
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, name="executor", daemon=True).start()
        self._last_id = 0

    def begin(self, command: Mapping[str, object]) -> None:
        """Send a command.

        Raises:
            ExecutorGone: it takes no more.
        """
        self._last_id += 1
        line = json.dumps({"id": self._last_id, **command}, ensure_ascii=False, allow_nan=False) + "\n"
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except OSError:
            raise ExecutorGone(f"the executor is gone\n{self.log()}") from None

    def has_answered(self) -> bool:
        """Whether `finish` would not have to wait."""
        return not self._lines.empty()

    def finish(self, within_s: float) -> Answer:
        """The answer to the command that was sent last.

        Raises:
            ExecutorGone: there is none in time, or it is not an answer.
        """
        try:
            line = self._lines.get(timeout=within_s)
        except queue.Empty:
            raise ExecutorGone(f"no answer within {within_s:g} s\n{self.log()}") from None
        if not line:
            raise ExecutorGone(f"the executor ended instead of answering\n{self.log()}")
        try:
            answer = json.loads(line)
        except ValueError:
            raise ExecutorGone(f"{line!r} is not JSON\n{self.log()}") from None
        if not isinstance(answer, dict) or answer.get("id") != self._last_id:
            raise ExecutorGone(f"{answer!r} is not an answer to command {self._last_id}\n{self.log()}")
        return answer

    def log(self) -> str:
        """The end of what it wrote to standard error."""
        return self._log_path.read_text(errors="replace")[-LOG_TAIL:]

    def close(self) -> None:
        """End it, whatever it does."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):  # closed by close()
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(b"")
        self._process.stdout.close()
