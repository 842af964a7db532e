"""A virtual clock: workers of different speeds, and an event heap instead of sleeping."""

from __future__ import annotations

import heapq
import math
from typing import Generic, TypeVar

import numpy as np

SPEED_SPREAD = 0.3
"""Standard deviation of the logarithm of the workers' times: of eight, the slowest takes 2.4 times the fastest's."""
JITTER = 0.1
"""The same from one piece of work to the next."""
FIRST_SEED = 10_000
"""Added to the run's seed, so that the fleet draws other numbers than an optimizer that is seeded alike."""

Event = TypeVar("Event")


class EventHeap(Generic[Event]):
    """Events in the order of their times; those of one time in the order in which they were planned."""

    def __init__(self) -> None:
        self.now = 0.0
        """Time of the last event that was taken."""
        self._events: list[tuple[float, int, Event]] = []
        self._num_planned = 0

    def __len__(self) -> int:
        return len(self._events)

    def plan(self, delay: float, event: Event) -> None:
        """It happens *delay* from now."""
        if not delay >= 0.0:
            raise ValueError(f"delay {delay} is not at least 0")
        self._num_planned += 1
        heapq.heappush(self._events, (self.now + delay, self._num_planned, event))

    def take(self) -> Event:
        """The next event; the clock moves to its time. Raises IndexError when there is none."""
        self.now, _, event = heapq.heappop(self._events)
        return event


class Fleet:
    """Workers that take different times for the same work, the same in every run of a seed."""

    def __init__(self, num_workers: int, seed: int) -> None:
        self._random = np.random.default_rng(FIRST_SEED + seed)
        self.times_W = np.exp(SPEED_SPREAD * self._random.standard_normal(num_workers))
        """Virtual time of a full evaluation on each worker, without jitter."""

    def duration(self, worker: int, cost: float) -> float:
        """Virtual time that the worker takes for *cost* full evaluations."""
        return cost * float(self.times_W[worker]) * math.exp(JITTER * float(self._random.standard_normal()))
