"""What a scenario found: tables to look at, bars to be judged by, JSON to compare with later."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A promised figure beside what was measured."""

    what: str
    measured: float
    comparison: Literal["<=", ">=", "=="]
    promised: float

    @property
    def is_met(self) -> bool:
        """NaN (nothing was measured) meets no bar."""
        match self.comparison:
            case "<=":
                return self.measured <= self.promised
            case ">=":
                return self.measured >= self.promised
            case "==":
                return self.measured == self.promised

    def __str__(self) -> str:
        return f"{self.what} is {self.measured:.4g}, promised {self.comparison} {self.promised:g}"


@dataclass(slots=True, kw_only=True)
class Table:
    """Rows under named columns."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[Cell]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Report:
    """One run of one scenario."""

    scenario: str
    is_quick: bool
    tables: list[Table] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def missed(self) -> list[Bar]:
        """Bars that were not met."""
        return [bar for bar in self.bars if not bar.is_met]

    def show(self) -> None:
        """Print everything."""
        for table in self.tables:
            print(f"\n{table.title}\n{_aligned([table.columns, *table.rows])}")
        print()
        for note in self.notes:
            print(f"note: {note}")
        for bar in self.bars:
            print(f"{'ok    ' if bar.is_met else 'MISSED'} {bar}")

    def write(self, folder: Path) -> Path:
        """Keep it as JSON; the newest run of a scenario replaces the one before."""
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.scenario}.json"
        bars = [asdict(bar) | {"met": bar.is_met} for bar in self.bars]
        document: Mapping[str, object] = asdict(self) | {"bars": bars, "machine": machine(), "time": time.time()}
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        return path


def machine() -> dict[str, Cell]:
    """What the figures were measured on; the load says how alone we were."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1min": os.getloadavg()[0],
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is at least as large as *percent* of all; NaN without values."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle value; NaN without values."""
    return percentile(values, 50)


def spread(values: Sequence[float]) -> str:
    """Smallest to largest, for a table."""
    return f"{min(values):.3g}..{max(values):.3g}" if values else "-"


def _aligned(rows: Sequence[Sequence[Cell]]) -> str:
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in texts]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
