"""Following a study until it is over: redrawn on a terminal, line by line elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

import assay
from assay import Front, Progress
from assay.cli.progress_view import draw, log_line

Look = Callable[[], tuple[Progress, Front]]
"""Asks the server how far the study is; may raise Unavailable or DeadlineExceeded while it is away."""
Wait = Callable[[float], object]
"""Lets some seconds pass."""

LINE_EVERY = 5
"""Looks between two lines of a log in which nothing but the counts has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Shows a study again and again."""

    console: Console
    look: Look
    wait: Wait
    interval_s: float = 1.0

    def follow(self) -> Progress:
        """Show until the study is over and nothing runs any more; the last that was seen.

        A server that goes away is waited for: studies outlive servers.
        """
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            return self._redraw()
        return self._log()

    def _redraw(self) -> Progress:
        seen: RenderableType = Text("waiting for the server", style="dim")
        with Live(seen, console=self.console, auto_refresh=False, transient=False) as live:
            while True:
                try:
                    progress, front = self.look()
                except (assay.Unavailable, assay.DeadlineExceeded):
                    live.update(Group(Text("the server is away; waiting for it", style="yellow"), seen), refresh=True)
                else:
                    seen = draw(progress, front)
                    live.update(seen, refresh=True)
                    if is_finished(progress):
                        return progress
                self.wait(self.interval_s)

    def _log(self) -> Progress:
        shown, looks = "", 0
        while True:
            try:
                progress, _ = self.look()
                line = log_line(progress)
                finished = is_finished(progress)
            except (assay.Unavailable, assay.DeadlineExceeded):
                progress, line, finished = None, "the server is away; waiting for it", False
            if line != shown and (finished or progress is None or looks % LINE_EVERY == 0):
                self.console.print(line, markup=False, highlight=False, soft_wrap=True)
                shown = line
            if finished and progress is not None:
                return progress
            looks += 1
            self.wait(self.interval_s)


def is_finished(progress: Progress) -> bool:
    """Whether the study is over and every worker has been told."""
    return progress.study.is_over and not progress.study.counts.get(assay.TrialState.RUNNING)
