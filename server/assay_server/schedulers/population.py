"""The rounds of population-based training: who trains next, when there are fewer workers than members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from assay_server.ports import RungView


class PopulationRounds:
    """Members train from one comparison to the next; the one that is least far always goes first.

    A member is PAUSED only while somebody who is not farther waits for its worker, or while members are still to be
    created; nobody waits for a round to be complete. Who is replaced is decided in `app.exploit`.
    """

    def __init__(self, rungs: Sequence[int]) -> None:
        """*rungs* are the steps at which members are compared, growing, the last one being the end."""
        self._rungs = tuple(rungs)

    def first_step(self) -> int | None:
        return self._rungs[0]

    def next_step(self, step: int) -> int | None:
        return next((r for r in self._rungs if r > step), None)

    def decide(
        self, rungs: RungView, *, trial: int, step: int, is_last: bool = False
    ) -> Literal["promote", "pause", "stop"]:
        if not is_last:
            return "pause"  # members are still to be created
        is_awaited = any(rungs.waiting(below).any() for below in self._rungs if below <= step)
        return "pause" if is_awaited else "promote"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> tuple[int, int] | None:
        if not is_last:
            return None
        for step in self._rungs[:-1]:
            waiting_N = rungs.waiting(step)
            if waiting_N.any():
                return rungs.numbers(step)[int(waiting_N.argmax())], step
        return None
