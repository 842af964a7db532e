"""The rounds of population-based training: who trains next, when there are fewer workers than members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay_server.scheduling import Decision, RungView, Settled, WaitingTrial


class PopulationRounds:
    """Members train from one comparison to the next; the one that is least far always goes first.

    A member is PAUSED only while somebody who is not farther waits for its worker, or while members are still to be
    created; nobody waits for a round to be complete. Who is replaced is decided in `app.exploit`.
    """

    def __init__(self, rungs: Sequence[int]) -> None:
        """*rungs* are the steps at which members are compared, growing, the last one being the end."""
        self._rungs = tuple(rungs)

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        return None

    def admits(self, rungs: RungView) -> bool:
        return True

    def first_step(self, bracket: int | None = None) -> int | None:
        return self._rungs[0]

    def next_step(self, step: int) -> int | None:
        return next((r for r in self._rungs if r > step), None)

    def decide(
        self, rungs: RungView, *, trial: int, step: int, bracket: int | None = None, is_last: bool = False
    ) -> Decision:
        if not is_last:
            return "pause"  # members are still to be created
        is_awaited = any(rungs.at(below).waiting.any() for below in self._rungs if below <= step)
        return "pause" if is_awaited else "promote"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        if not is_last:
            return
        for step in self._rungs[:-1]:
            rung = rungs.at(step)
            for row in rung.waiting.nonzero()[0]:
                yield WaitingTrial(trial=rung.numbers[int(row)], step=step)

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        return iter(())
