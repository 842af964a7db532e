"""Lease: a worker's right to report on one trial until it expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .copies import replace

HEARTBEATS_PER_TTL = 3
"""Two heartbeats may be lost before a lease is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker's right to report on one trial until it expires."""

    worker: str
    token: str
    """Opaque; drawn anew with every hand-over."""
    attempt: int
    """Grows with every hand-over, so a late report from a former holder is refused."""
    ttl_s: float
    expires_at: datetime

    def is_live(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return now < self.expires_at

    def renewed(self, now: datetime) -> Lease:
        """The same lease, expiring a ttl from *now*."""
        return replace(self, expires_at=now + timedelta(seconds=self.ttl_s))

    @property
    def heartbeat_interval_s(self) -> float:
        """How often its holder shall send a heartbeat."""
        return self.ttl_s / HEARTBEATS_PER_TTL
