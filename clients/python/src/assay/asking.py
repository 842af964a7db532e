"""Asking for trials: the call, and what its answer means. Shared by both clients."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from . import decode
from .calls import Call
from .v1 import trial_pb2
from .v1 import trial_service_pb2 as trial_pb

Suggested = trial_pb.SuggestTrialsResponse
TrialMessage = trial_pb2.Trial

LONGEST_WAIT_S = 25.0
"""Deadline of one ask: the server waits for a trial until shortly before it."""
SHORTEST_PAUSE_S = 0.05
SHORTEST_WAIT_S = 0.5
"""Deadline of an ask that shall not wait: it has to get there and back."""
USUAL_PAUSE_S = 1.0
"""Between two asks, when the server does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """What came of one ask."""

    trials: tuple[trial_pb2.Trial, ...]
    end_reason: str
    """Why the study is over; empty when it is not."""
    pause_s: float
    """How long to wait before asking again, when there are no trials."""


def suggest(
    study: str, *, worker: str, count: int, wait_s: float, request_id: str
) -> Call[trial_pb.SuggestTrialsResponse, Handout]:
    """Ask for trials, and wait up to *wait_s* for them."""
    return Call(
        method="TrialService/SuggestTrials",
        request=trial_pb.SuggestTrialsRequest(parent=study, worker=worker, count=count, request_id=request_id),
        answer=trial_pb.SuggestTrialsResponse,
        decode=_handout,
        is_patient=True,
        timeout_s=wait_s,
    )


def wait_s(give_up_at: float | None, now: float) -> float:
    """How long the next ask may take."""
    return LONGEST_WAIT_S if give_up_at is None else max(SHORTEST_WAIT_S, min(LONGEST_WAIT_S, give_up_at - now))


def is_late(give_up_at: float | None, now: float) -> bool:
    """Whether the asker has waited long enough."""
    return give_up_at is not None and now >= give_up_at


def pause_s(handout: Handout, give_up_at: float | None, now: float) -> float:
    """How long to wait before asking again."""
    return handout.pause_s if give_up_at is None else max(0.0, min(handout.pause_s, give_up_at - now))


def default_worker(new_id: str) -> str:
    """A name that no other living worker has: host, process, and a piece of *new_id*."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id[:6]}"


def _handout(answer: trial_pb.SuggestTrialsResponse) -> Handout:
    told = answer.retry_delay.ToTimedelta().total_seconds() if answer.HasField("retry_delay") else USUAL_PAUSE_S
    return Handout(
        trials=tuple(answer.trials),
        end_reason=decode.end_reason(answer.end_reason),
        pause_s=max(SHORTEST_PAUSE_S, told),
    )
