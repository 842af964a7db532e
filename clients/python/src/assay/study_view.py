"""What a study shows of itself without a call. Shared by both clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from .errors import InvalidArgument
from .records import Measurement, StudyRecord, StudyState
from .spec import StudySpec


class StudyView:
    """A study as it was when it was last read."""

    def __init__(self, record: StudyRecord) -> None:
        self._record = record

    @property
    def record(self) -> StudyRecord:
        """Everything that was read."""
        return self._record

    @property
    def name(self) -> str:
        """projects/{project}/studies/{study}."""
        return self._record.name

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self._record.id

    @property
    def spec(self) -> StudySpec:
        """What its creator asked for."""
        return self._record.spec

    @property
    def state(self) -> StudyState:
        """Whether it hands out trials."""
        return self._record.state

    @property
    def end_reason(self) -> str:
        """Why it is over; empty while it is active."""
        return self._record.end_reason

    @property
    def is_over(self) -> bool:
        """Whether nothing is handed out any more."""
        return self._record.is_over

    @property
    def seed(self) -> int:
        """The seed in force."""
        return self._record.seed

    def trial_name(self, number: int) -> str:
        """Full name of one of its trials."""
        return f"{self.name}/trials/{number}"

    def attached(
        self, metrics: Mapping[str, float] | None, measurements: Sequence[Measurement]
    ) -> tuple[Measurement, ...]:
        """A result that was measured elsewhere, as measurements; alone, it is one of full fidelity."""
        if bool(metrics) == bool(measurements):
            raise InvalidArgument.of("metrics", "give either the result or the measurements of an attached trial")
        step = 0 if self.spec.fidelity is None else self.spec.fidelity.max
        return tuple(measurements) or (Measurement(step=step, metrics=dict(metrics or {})),)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.state}>"

    def _now(self, record: StudyRecord) -> Self:
        self._record = record
        return self

    def _ended(self, reason: str) -> bool:
        """Take in why it is over, and say whether it is."""
        if reason and not self._record.is_over:
            state = StudyState.STOPPED if reason == "STOPPED_BY_USER" else StudyState.COMPLETED
            self._record = replace(self._record, state=state, end_reason=reason)
        return bool(reason)
