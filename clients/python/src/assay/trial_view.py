"""What a trial in hand shows of itself without a call. Shared by both clients."""

from __future__ import annotations

from .holding import Holding
from .records import Directive
from .space import Scalar


class TrialView:
    """A trial that this worker holds."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding

    @property
    def params(self) -> dict[str, Scalar]:
        """A value for each active parameter, derived and fixed ones included."""
        return dict(self._holding.record.params)

    @property
    def number(self) -> int:
        """Dense within the study, from 1."""
        return self._holding.record.number

    @property
    def name(self) -> str:
        """projects/{project}/studies/{study}/trials/{number}."""
        return self._holding.record.name

    @property
    def attempt(self) -> int:
        """From 1; grows each time the trial is handed out."""
        return self._holding.record.attempt

    @property
    def seed(self) -> int:
        """For the training; 64 bits, may be negative."""
        return self._holding.record.seed

    @property
    def checkpoint(self) -> str | None:
        """Where to resume from; None: train from the start."""
        return self._holding.record.checkpoint

    @property
    def start_step(self) -> int:
        """Steps that the checkpoint has behind it; 0 without one."""
        return self._holding.start_step

    @property
    def until_step(self) -> int | None:
        """Train until this step is reported; grows with a promotion. None without a fidelity."""
        return self._holding.directive.until_step

    @property
    def directive(self) -> Directive:
        """What the server said last."""
        return self._holding.directive

    @property
    def should_stop(self) -> bool:
        """Whether to leave the trial now; a heartbeat may have said so between two reports."""
        return self._holding.should_stop

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} attempt {self.attempt}>"
