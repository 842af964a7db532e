"""Pages of lists: opaque tokens, and answers that stay under the size that clients accept (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from assay_server.domain.errors import InvalidPageToken

MAX_PAGE_BYTES = 3_500_000
"""Clients accept 4 MB by default; the rest is for the envelope."""
MAX_TOKEN = 4096
Key = float | str | None
KeyKind = Callable[[object], bool]
T = TypeVar("T")
M = TypeVar("M", bound=Message)


def is_number(key: object) -> bool:
    """A finite number, or none where an item has no value."""
    return key is None or (
        isinstance(key, float | int) and not isinstance(key, bool) and abs(key) <= sys.float_info.max
    )


def is_moment(key: object) -> bool:
    """Seconds since 1970, within what a datetime can say."""
    return key is not None and is_number(key) and isinstance(key, float | int) and abs(key) < 3e11


def is_text(key: object) -> bool:
    """A name."""
    return isinstance(key, str)


def is_ordinal(tie: str) -> bool:
    """A number of a trial or a line of the log."""
    return tie.isdecimal() and len(tie) <= 18


@dataclass(frozen=True, slots=True)
class Position:
    """The last item of a page: its sort key, and what breaks ties."""

    key: Key
    tie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a token belongs to: the same list, filter and order."""

    parts: tuple[str, ...]
    """Everything that makes another list; a study by its uid, so that no token survives the study."""
    key_kind: KeyKind = is_number
    tie_is: Callable[[str], bool] = is_ordinal

    def token(self, position: Position) -> str:
        """Continues after *position*."""
        text = json.dumps([self._digest(), position.key, position.tie], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()

    def position(self, token: str) -> Position | None:
        """Where *token* continues; None for the first page.

        Raises:
            InvalidPageToken: malformed, or of another query.
        """
        if not token:
            return None
        try:
            if len(token) > MAX_TOKEN:
                raise InvalidPageToken
            digest, key, tie = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise InvalidPageToken from None
        if digest != self._digest() or not self.key_kind(key) or not (isinstance(tie, str) and self.tie_is(tie)):
            raise InvalidPageToken
        return Position(key, tie)

    def _digest(self) -> str:
        return hashlib.blake2b("\0".join(self.parts).encode(), digest_size=8).hexdigest()


def cut(items: Sequence[T], limit: int, encode: Callable[[T], M]) -> tuple[list[M], Sequence[T]]:
    """The first page of *items*: at most *limit* and at most `MAX_PAGE_BYTES`, but at least one.

    With the last item of the page, or nothing if no item comes after it; pass one more than *limit* to tell.
    """
    page: list[M] = []
    size = 0
    for i, item in enumerate(items[:limit]):
        message = encode(item)
        size += message.ByteSize() + 8  # tag and length
        if page and size > MAX_PAGE_BYTES:
            return page, items[i - 1 : i]
        page.append(message)
    return page, items[limit - 1 : limit] if len(items) > limit else ()
