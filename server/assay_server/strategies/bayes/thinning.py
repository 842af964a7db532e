"""Fewer rows for a fit, the telling ones: a fit's cost grows with the cube of their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from assay_server.domain.objective import Score
from assay_server.pareto import arrays, top

MAX_ROWS = 400
MAX_ROWS_WITH_FIDELITY = 300
"""Rows at several steps of one trial say less each."""

T = TypeVar("T")


def thinned(rows: Iterable[T], score_of: Callable[[T], Score | None], *, with_fidelity: bool) -> list[T]:
    """At most MAX_ROWS of *rows*, in their order: half of them the best, a quarter the newest, the rest spread out."""
    every = list(rows)
    limit = MAX_ROWS_WITH_FIDELITY if with_fidelity else MAX_ROWS
    if len(every) <= limit:
        return every
    scored = [(i, s) for i, row in enumerate(every) if (s := score_of(row)) is not None]
    kept = {scored[i][0] for i in top(*arrays([s for _, s in scored]), limit // 2)}
    kept |= set(range(len(every) - limit // 4, len(every)))
    rest = [i for i in range(len(every)) if i not in kept]
    num_more = limit - len(kept)
    kept |= {rest[i * len(rest) // num_more] for i in range(num_more)}
    return [every[i] for i in sorted(kept)]
