"""Full fidelity: every trial gets the whole budget at once."""

from __future__ import annotations

from collections.abc import Iterator

from assay_server.scheduling import Decision, RungView, Settled, WaitingTrial


class FullFidelity:
    """Use it when evaluations are cheap or their early values say nothing about the end."""

    def __init__(self, max_step: int | None) -> None:
        """*max_step* is the fidelity's max, None without a fidelity."""
        self._max_step = max_step

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        return None

    def admits(self, rungs: RungView) -> bool:
        return True

    def first_step(self, bracket: int | None = None) -> int | None:
        return self._max_step

    def next_step(self, step: int) -> int | None:
        return self._max_step if self._max_step is not None and step < self._max_step else None

    def decide(
        self, rungs: RungView, *, trial: int, step: int, bracket: int | None = None, is_last: bool = False
    ) -> Decision:
        return "promote"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        return iter(())

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        return iter(())
