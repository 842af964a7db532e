"""JSON as it stands in the rows: compact, and with kinds that survive (1, 1.0 and true stay apart)."""

from __future__ import annotations

import json
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().decode


def dumps(value: object) -> str:
    """*value* as text; ASCII, because not every database keeps every code point.

    Raises:
        ValueError: a number is NaN or infinite: it must have been refused before it came here.
    """
    return _encode(value)


def loads(text: str) -> Any:
    """What `dumps` was given, with lists for tuples. Only the row codecs call this, and give it a type at once."""
    # Most texts of most rows are empty, and there are many in each.
    return {} if text == "{}" else [] if text == "[]" else _decode(text)
