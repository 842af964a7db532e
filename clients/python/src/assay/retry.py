"""Whether a failed call is tried again, and when: rules without a clock or a socket of their own."""

from __future__ import annotations

import math
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from .errors import AssayError, DeadlineExceeded, Overloaded, Unavailable

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 2.0
"""A server that came back is found again within this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Time, chance and ids, from outside."""

    now: Callable[[], float] = time.monotonic
    """Seconds; only differences mean anything."""
    sleep: Callable[[float], None] = time.sleep
    """Used by `Client` only; `AsyncClient` sleeps in its event loop."""
    chance: Callable[[], float] = random.random
    """In [0, 1)."""
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call may be tried again."""

    give_up_at: float
    """On the clock of `Surroundings.now`."""
    chance: Callable[[], float]

    def delay_s(self, error: AssayError, *, failures: int, now: float) -> float | None:
        """How long to wait before trying again after the *failures*-th failure; None: give up.

        Only what is safe to repeat gets here: reads, and acts under one request_id. ABORTED is never repeated.
        """
        if isinstance(error, Overloaded) and error.details.retry_after_s is None:
            return None  # a quota that no waiting brings back
        if not isinstance(error, Unavailable | DeadlineExceeded | Overloaded):
            return None
        backoff = min(LONGEST_DELAY_S, FIRST_DELAY_S * math.ldexp(1.0, min(failures - 1, 10)))
        # Full jitter above half: workers that lost the same server do not come back at the same moment.
        delay = max(error.details.retry_after_s or 0.0, backoff * (0.5 + 0.5 * self.chance()))
        return delay if now + delay < self.give_up_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a client waits, in seconds."""

    timeout_s: float
    """For one try, and for all tries of a call that no worker depends on."""
    connect_timeout_s: float
    """For the first answer of all."""
    patience_s: float
    """For all tries of a call that a worker depends on: a restart of the server must not cost a training."""

    def allowed_s(self, *, is_patient: bool, timeout_s: float | None) -> float:
        """For all tries of a call, one of which may take *timeout_s*."""
        return self.patience_s if is_patient else max(self.timeout_s, timeout_s or 0.0)


class Effort:
    """The tries of one call."""

    def __init__(
        self,
        limits: Limits,
        surroundings: Surroundings,
        *,
        address: str,
        has_met: bool,
        allowed_s: float,
        timeout_s: float | None,
    ) -> None:
        self._limits, self._surroundings, self._address = limits, surroundings, address
        self._has_met = has_met
        allowed_s = allowed_s if has_met else min(allowed_s, limits.connect_timeout_s)
        self._patience = Patience(give_up_at=surroundings.now() + allowed_s, chance=surroundings.chance)
        self._timeout_s = limits.timeout_s if timeout_s is None else timeout_s
        self._failures = 0
        self._absence: Unavailable | None = None

    def timeout_s(self) -> float:
        """Deadline of the next try."""
        left_s = self._patience.give_up_at - self._surroundings.now()
        return max(0.05, min(self._timeout_s, left_s))

    def delay_s(self, error: AssayError) -> float:
        """How long to wait before the next try.

        Raises:
            AssayError: what the caller is told, when it was the last one.
        """
        self._failures += 1
        if isinstance(error, Unavailable):
            self._absence = error
        now = self._surroundings.now()
        delay = self._patience.delay_s(error, failures=self._failures, now=now)
        if delay is None:
            raise self._verdict(error)
        return delay

    def _verdict(self, error: AssayError) -> AssayError:
        if not isinstance(error, DeadlineExceeded) or error.reason:
            return error
        if self._absence is not None:  # says more than that time ran out: who refused, and why
            return self._absence
        if self._has_met:
            return error
        within = f"within {self._limits.connect_timeout_s:g} s"
        return Unavailable(f"no server answers at {self._address} {within}", replace(error.details, code="UNAVAILABLE"))
