"""Which phase of its strategy a study is in."""

from __future__ import annotations

from collections.abc import Sequence

from .strategy import Phase, Strategy


def current_phase(strategy: Strategy, num_generated: Sequence[int], num_feasible: int) -> tuple[int, int | None]:
    """Index of the phase that makes the next candidate, and how many it may still make (None: no limit).

    *num_generated* counts candidates of each phase, waiting ones included; missing entries are 0. When the
    last phase is at its end, it is returned with 0.
    """
    for index, phase in enumerate(strategy.phases):
        left = _left(phase, num_generated[index] if index < len(num_generated) else 0, num_feasible)
        if left is None or left > 0:
            return index, left
    return len(strategy.phases) - 1, 0


def _left(phase: Phase, num_made: int, num_feasible: int) -> int | None:
    if phase.min_feasible is not None and num_feasible >= phase.min_feasible:
        return 0
    return None if phase.max_trials is None else max(0, phase.max_trials - num_made)
