"""What use cases are given besides the unit of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay_server.domain.study import Study
from assay_server.ports import Ids
from assay_server.scheduling import Scheduler

from .rungs import RungCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Ports and caches, put together by the composition root."""

    ids: Ids
    scheduler_of: Callable[[Study], Scheduler]
    """From `schedulers.table`."""
    rungs: RungCache
