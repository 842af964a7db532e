"""Demand: how fast a study's candidates are taken, and how many must wait so that nobody else does."""

from __future__ import annotations

import math
from datetime import datetime

RATE_WINDOW_S = 30.0
"""Time constant of the average rate: fleets grow within minutes."""

SAFETY = 1.5
MIN_DEPTH_LEARNT = 2
MIN_DEPTH_LIGHT = 16
MAX_DEPTH = 512
FIRST_FIT_S = 5.0
"""What a fit is taken to need before there has been one."""
MAX_FLOOR = 32
"""Depth that starving alone leads to: what is taken measures no demand while askers find nothing to take."""


class Demand:
    """Watches one study: exponentially weighted averages, unbiased from the first interval on."""

    def __init__(self) -> None:
        self._rate_per_s = 0.0
        self._weight = 0.0
        self._seen: tuple[int, datetime] | None = None
        self._refill_s: dict[bool, float] = {}
        self._floor = MIN_DEPTH_LEARNT

    def saw(self, num_taken: int, now: datetime) -> None:
        """*num_taken* candidates were taken since the study began."""
        if self._seen is None:
            self._seen = num_taken, now
            return
        before, then = self._seen
        passed_s = (now - then).total_seconds()
        if passed_s <= 0:
            return
        share = -math.expm1(-passed_s / RATE_WINDOW_S)
        self._rate_per_s += share * (max(0, num_taken - before) / passed_s - self._rate_per_s)
        self._weight += share * (1.0 - self._weight)
        self._seen = num_taken, now

    def refilled(self, seconds: float, *, learns: bool) -> None:
        """A refill took so long, from seeing the need to candidates that can be taken."""
        before = self._refill_s.get(learns, seconds)
        self._refill_s[learns] = 0.5 * before + 0.5 * seconds

    def starved(self) -> None:
        """Askers wait before an empty buffer: the next fit makes twice as many candidates."""
        self._floor = min(MAX_FLOOR, 2 * self._floor)

    def rested(self) -> None:
        """Candidates grew old in the buffer: half as many will do."""
        self._floor = max(MIN_DEPTH_LEARNT, self._floor // 2)

    def fit_s(self) -> float:
        """How long a refill by a model takes, as far as is known."""
        return self._refill_s.get(True, 0.0)

    @property
    def rate_per_s(self) -> float:
        """Candidates taken per second."""
        return self._rate_per_s / self._weight if self._weight else 0.0

    def depth(self, *, learns: bool) -> int:
        """How many candidates should wait: what is taken during a refill, and half as much again.

        Twice that where the generator learns nothing: those buffers are refilled when they are half empty.
        """
        usual_s = FIRST_FIT_S if learns else 0.0
        taken = self.rate_per_s * self._refill_s.get(learns, usual_s) * SAFETY
        if learns:
            return max(self._floor, min(MAX_DEPTH, math.ceil(taken)))
        return max(MIN_DEPTH_LIGHT, min(MAX_DEPTH, math.ceil(2 * taken)))
