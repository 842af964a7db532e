"""How values are written for people."""

from __future__ import annotations

from datetime import datetime

from assay import Scalar


def number(value: Scalar | None) -> str:
    """Four digits of a real number, all of a whole one, "-" for none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float | None) -> str:
    """A time span with its two largest units."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    for large, small, size in (("d", "h", 86_400), ("h", "m", 3600), ("m", "s", 60)):
        if whole >= size:
            rest = whole % size // {"h": 3600, "m": 60, "s": 1}[small]
            return f"{whole // size}{large} {rest}{small}"
    return f"{whole}s"


def moment(time: datetime | None) -> str:
    """A point in time, in the reader's own zone."""
    return "-" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def state(name: str) -> str:
    """A state or reason of the wire as words."""
    return name.lower().replace("_", " ")
