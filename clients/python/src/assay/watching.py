"""Following a study's trials across broken streams. Shared by both clients."""

from __future__ import annotations

from collections.abc import Iterator

from . import decode
from .errors import AssayError, ResumeTokenExpired, Unavailable
from .records import TrialRecord
from .retry import Limits, Patience, Surroundings
from .v1 import trial_service_pb2 as trial_pb


class Watching:
    """Where a watch is, and whether it is worth going on."""

    def __init__(self, limits: Limits, surroundings: Surroundings) -> None:
        self._limits, self._surroundings = limits, surroundings
        self.token = ""
        """Continues after the last change seen."""
        self.end_reason = ""
        """Why the study is over; empty while there may be more."""
        self._failures = 0
        self._failing_since = surroundings.now()
        self._has_met = False
        self._error: AssayError = Unavailable("the stream ended before the study")

    def is_done(self) -> bool:
        """Whether the study is over, and everything about it was told."""
        return bool(self.end_reason)

    def seen(self, answer: trial_pb.WatchTrialsResponse) -> Iterator[TrialRecord]:
        """Take in an answer, and tell its trials."""
        self._failures, self._has_met = 0, True
        self._error = Unavailable("the stream ended before the study")
        for message in answer.trials:
            yield decode.trial(message)
        # Only now: a reader that left half-way has not seen the rest.
        self.token = answer.resume_token
        self.end_reason = decode.end_reason(answer.end_reason)

    def failed(self, error: AssayError) -> None:
        """Take in why the stream broke."""
        if isinstance(error, ResumeTokenExpired) and self.token:
            self.token = ""  # everything is told anew, as the server asks
            return
        self._error = error

    def delay_s(self) -> float:
        """How long to wait before watching again.

        Raises:
            AssayError: why the stream broke, when it is no use to try again.
        """
        now = self._surroundings.now()
        if self._failures == 0:
            self._failing_since = now
        self._failures += 1
        allowed_s = self._limits.patience_s if self._has_met else self._limits.connect_timeout_s
        patience = Patience(give_up_at=self._failing_since + allowed_s, chance=self._surroundings.chance)
        delay = patience.delay_s(self._error, failures=self._failures, now=now)
        if delay is None:
            raise self._error
        return delay
