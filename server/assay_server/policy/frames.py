"""What parent and policy process say to each other: frames of a length and that many bytes.

Requests are pickled (the child trusts its parent), answers are JSON (the parent executes nothing of a child).
"""

from __future__ import annotations

import json
import pickle
import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal

from assay_server.domain.analysis import Answer, Question
from assay_server.domain.candidate import StudySnapshot, Verdict
from assay_server.domain.space import Value

from .answers import answer_from_json, answer_to_json

LENGTH = struct.Struct("!Q")

Outcome = Literal["ready", "generated", "analysed", "exhausted", "not_ready", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One generation."""

    number: int
    target: str
    """"module:attribute" of the generator."""
    snapshot: StudySnapshot
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisTask:
    """One question to a model."""

    number: int
    target: str
    """"module:attribute" of the analyst."""
    snapshot: StudySnapshot
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of the task of that number."""

    number: int
    outcome: Outcome
    configurations: tuple[dict[str, Value], ...] = ()
    verdicts: tuple[Verdict | None, ...] = ()
    """One for each configuration, or none at all."""
    answer: Answer | None = None
    why: str = ""
    """A sentence, unless it is an answer."""


def framed(body: bytes) -> bytes:
    """*body* with its length before it."""
    return LENGTH.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame; None when the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def encode_task(task: Task | AnalysisTask) -> bytes:
    """As bytes for the child."""
    return pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)


def decode_task(body: bytes) -> Task | AnalysisTask:
    """The inverse; only for bytes of the process that started us."""
    task = pickle.loads(body)  # noqa: S301 (written by our parent, over a pipe that nobody else holds)
    assert isinstance(task, Task | AnalysisTask)
    return task


def encode_reply(reply: Reply) -> bytes:
    """As bytes for the parent."""
    fields = {
        "number": reply.number,
        "outcome": reply.outcome,
        "configurations": reply.configurations,
        "verdicts": [None if v is None else [v.better, v.worse] for v in reply.verdicts],
        "answer": None if reply.answer is None else answer_to_json(reply.answer),
        "why": reply.why,
    }
    return json.dumps(fields, allow_nan=False).encode()


def decode_reply(body: bytes) -> Reply:
    """The inverse."""
    fields = json.loads(body)
    fields["configurations"] = tuple(fields["configurations"])
    fields["verdicts"] = tuple(_verdict(pair) for pair in fields["verdicts"])
    fields["answer"] = None if fields["answer"] is None else answer_from_json(fields["answer"])
    return Reply(**fields)


def _verdict(pair: tuple[list[int], list[int]] | None) -> Verdict | None:
    return None if pair is None else Verdict(better=tuple(pair[0]), worse=tuple(pair[1]))
