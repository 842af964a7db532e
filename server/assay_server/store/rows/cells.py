"""What stands in a row: what drivers give and take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Cell = str | int | float | bytes | None
Params = Mapping[str, Cell]
"""Values of a statement's `:name` parameters; a row to be written is one, by column."""
Row = tuple[Any, ...]
"""A row as read, in the order of the columns that were asked for; only the gate unpacks it, and gives it types."""
