"""Synchronous brackets: successive halving (Jamieson and Talwalkar 2016) and Hyperband (Li et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assay_server.pareto import is_on_front
from assay_server.scheduling import Decision, Rung, RungView, Settled, WaitingTrial

from .ladder import Ladder, row_of, waiting_among


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a bracket begins."""

    start: int
    """Index of its lowest rung."""
    size: int
    """Trials that begin it."""


class SynchronousBrackets:
    """A bracket's trials wait at each rung until all of them are there; then the best 1/eta go on, one at least.

    Brackets run one after the other: workers that find nothing to do wait. Use it where decisions should be made
    with everyone's results at hand, and trainings take about equally long; otherwise workers wait for the slowest,
    and the asynchronous forms are faster.

    A trial that dies counts as the worst of its rung. A bracket that no new trials will fill goes on with those it
    has. When a rung is decided its others are stopped, but for those on its front, which stay paused.
    """

    def __init__(self, rungs: Sequence[int], eta: float, shapes: Sequence[Shape]) -> None:
        """*rungs* as for `Ladder`; bracket b has the shape *shapes*[b modulo their number]."""
        self._ladder = Ladder(rungs, eta)
        self._shapes = tuple(shapes)

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        last = rungs.num_brackets - 1
        return last if last >= 0 and self._has_room(rungs, last) else last + 1

    def admits(self, rungs: RungView) -> bool:
        last = rungs.num_brackets - 1
        if last < 0 or self._has_room(rungs, last):
            return True
        return not any(self._is_busy(rungs, bracket) for bracket in rungs.live_brackets())

    def first_step(self, bracket: int | None = None) -> int | None:
        return self._ladder.rungs[0 if bracket is None else self._shape(bracket).start]

    def next_step(self, step: int) -> int | None:
        return self._ladder.next_step(step)

    def decide(
        self, rungs: RungView, *, trial: int, step: int, bracket: int | None = None, is_last: bool = False
    ) -> Decision:
        """All pause, but for the last of a rung: with its result the rung is decided."""
        if bracket is None:
            return "promote"
        decided = [at for at in self._decided(rungs, bracket, is_last=is_last, num_arriving=1) if at.step == step]
        if not decided:
            return "pause"
        rung, row = decided[0].rung, row_of(decided[0].rung, trial)
        if rung.ranking.has_among(row, decided[0].count):
            return "promote"
        return "pause" if is_on_front(rung.losses, rung.violations, row) else "stop"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        """The oldest bracket first."""
        for bracket in rungs.live_brackets():
            yield from self._promotable_of(rungs, bracket, is_last=is_last)

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        for bracket in rungs.live_brackets():
            for at in self._decided(rungs, bracket, is_last=is_last):
                best = set(at.rung.ranking.best(at.count))
                for row in np.flatnonzero(at.rung.waiting).tolist():
                    if row not in best:
                        is_kept = is_on_front(at.rung.losses, at.rung.violations, row)
                        yield Settled(trial=at.rung.numbers[row], step=at.step, stop=not is_kept)

    def _shape(self, bracket: int) -> Shape:
        return self._shapes[bracket % len(self._shapes)]

    def _has_room(self, rungs: RungView, bracket: int) -> bool:
        return rungs.num_trials(bracket) < self._shape(bracket).size

    def _is_busy(self, rungs: RungView, bracket: int) -> bool:
        if rungs.num_open(bracket):
            return True
        return next(self._promotable_of(rungs, bracket, is_last=False), None) is not None

    def _promotable_of(self, rungs: RungView, bracket: int, *, is_last: bool) -> Iterator[WaitingTrial]:
        for at in self._decided(rungs, bracket, is_last=is_last):
            yield from waiting_among(at.rung, at.step, at.count)

    def _decided(self, rungs: RungView, bracket: int, *, is_last: bool, num_arriving: int = 0) -> Iterator[_Decided]:
        """The rungs of a bracket to which nobody is on the way any more, from the lowest up.

        *num_arriving* of the open trials have just arrived.
        """
        is_full = is_last or not self._has_room(rungs, bracket)
        is_quiet = is_full and rungs.num_open(bracket) <= num_arriving
        count = rungs.num_trials(bracket)
        for step in self._ladder.below_top[self._shape(bracket).start :]:
            rung = rungs.at(step, bracket)
            # Whoever went on shows that it was decided; the others may still be running above.
            if not (is_quiet or rung.promoted.any()):
                return
            count = max(1, self._ladder.share(count))
            at = _Decided(step=step, rung=rung, count=count)
            yield at
            if next(waiting_among(rung, step, count), None) is not None:
                return  # they will be on the way to the rungs above


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    step: int
    rung: Rung
    count: int
    """How many go on."""
