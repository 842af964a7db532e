"""Full fidelity: every trial gets the whole budget at once."""

from __future__ import annotations

from typing import Literal

from assay_server.ports import RungView


class FullFidelity:
    """Use it when evaluations are cheap or their early values say nothing about the end."""

    def __init__(self, max_step: int | None) -> None:
        """*max_step* is the fidelity's max, None without a fidelity."""
        self._max_step = max_step

    def first_step(self) -> int | None:
        return self._max_step

    def next_step(self, step: int) -> int | None:
        return None

    def decide(
        self, rungs: RungView, *, trial: int, step: int, is_last: bool = False
    ) -> Literal["promote", "pause", "stop"]:
        return "promote"

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> tuple[int, int] | None:
        return None
