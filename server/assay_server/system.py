"""The system's clock and chance: what the composition root gives to everyone who needs them."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime

_FIRST = ("amber", "brisk", "calm", "deft", "eager", "fair", "gentle", "hazel", "ivory", "jolly", "keen", "lucid")
_SECOND = ("auk", "bee", "crane", "dove", "eft", "finch", "gull", "hare", "ibis", "jay", "kite", "lark", "mole", "newt")
_TAIL = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without characters that look alike."""
_TAIL_LENGTH = 8
"""2^40 tails for each pair of words: ids of a million studies do not collide."""


class SystemClock:
    """ports.Clock by the machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """ports.Ids by the operating system's randomness."""

    def uid(self) -> str:
        return uuid.uuid4().hex

    def token(self) -> str:
        return secrets.token_urlsafe(16)

    def study_id(self) -> str:
        tail = "".join(secrets.choice(_TAIL) for _ in range(_TAIL_LENGTH))
        return f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}-{tail}"

    def seed(self) -> int:
        return secrets.randbelow(2**31)
