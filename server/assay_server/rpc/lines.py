"""Lines: what is logged within one pass of the event loop is written together.

Under load many calls end in one pass, and a write for each costs more than making its line does.
"""

from __future__ import annotations

import asyncio
from typing import TextIO


class Lines:
    """A stream of text that reaches *out* before the event loop waits again; at once where no loop runs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._waiting: list[str] = []
        self._due_on: asyncio.AbstractEventLoop | None = None

    def write(self, text: str) -> int:
        """Keep *text* until the next `flush`."""
        self._waiting.append(text)
        return len(text)

    def flush(self) -> None:
        """Have what is kept written when the callbacks that are ready now have run."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._pass_on()
            return
        if self._due_on is not loop:
            self._due_on = loop
            loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        self._due_on = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._out.write("".join(waiting))
            self._out.flush()
