"""Watching: every change of a study's trials, as it happens."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from assay.v1 import trial_pb2, trial_service_pb2
from assay_server.domain.errors import ResumeTokenExpired, Unavailable
from assay_server.domain.names import StudyName
from assay_server.domain.study import Study, StudyEndReason, StudyState
from assay_server.domain.trial import TrialState
from assay_server.ports import Store, UnitOfWork
from assay_server.rpc.pages import MAX_PAGE_BYTES
from assay_server.rpc.wire.studies import end_reason_to_wire
from assay_server.rpc.wire.trials import trial_to_wire

BATCH = 200
"""Trials a message, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What happened after a revision."""

    study: Study
    trials: list[trial_pb2.Trial]
    revision: int
    """Of the last of them."""
    is_all: bool
    """Whether nothing is left to send as of now."""

    @property
    def end_reason(self) -> StudyEndReason | None:
        """Set when the study is over and nothing runs any more."""
        over = self.study.state is not StudyState.ACTIVE and not self.study.tally.count(TrialState.RUNNING)
        return self.study.end_reason if over and self.is_all else None


class Watching:
    """Watches of all studies, woken by commits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watchers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._is_closing = False
        self._unsubscribe = store.subscribe(self._on_change)

    def close(self) -> None:
        """End every watch with UNAVAILABLE: its client resumes elsewhere or later."""
        self._is_closing = True
        self._unsubscribe()
        for watchers in self._watchers.values():
            for changed in watchers:
                changed.set()

    async def watch(self, name: StudyName, token: str) -> AsyncIterator[trial_service_pb2.WatchTrialsResponse]:
        """Changes after *token*, or from the start; ends when the study is over and nothing runs.

        Raises:
            StudyNotFound, Unavailable.
            ResumeTokenExpired: malformed, or of another study.
        """
        study = await self._store.read(lambda uow: uow.study(name))
        revision = _revision(token, study)
        changed = asyncio.Event()
        self._watchers[study.uid].add(changed)
        try:
            while not self._is_closing:
                changed.clear()
                after = revision
                changes = await self._store.read(lambda uow, after=after: _changes(uow, study.uid, after))  # type: ignore[misc]  # a default in a lambda
                revision = changes.revision
                if changes.trials or changes.end_reason is not None:
                    yield _message(changes)
                if changes.end_reason is not None:
                    return
                if changes.is_all:
                    await changed.wait()
            raise Unavailable("the server is stopping; resume the watch")
        finally:
            self._watchers[study.uid].discard(changed)
            if not self._watchers[study.uid]:
                del self._watchers[study.uid]

    def _on_change(self, uids: frozenset[str]) -> None:
        for uid in uids & self._watchers.keys():
            for changed in self._watchers[uid]:
                changed.set()


def _changes(uow: UnitOfWork, uid: str, after: int) -> _Changes:
    study = uow.study_of(uid)
    found = uow.trials_changed(uid, after_revision=after, limit=BATCH)
    messages: list[trial_pb2.Trial] = []
    revision, size = after, 0
    for trial in found:
        message = trial_to_wire(study.name, trial)
        size += message.ByteSize() + 8
        if messages and size > MAX_PAGE_BYTES:
            break
        messages.append(message)
        revision = trial.revision
    is_all = len(messages) == len(found) < BATCH
    return _Changes(study=study, trials=messages, revision=revision, is_all=is_all)


def _message(changes: _Changes) -> trial_service_pb2.WatchTrialsResponse:
    token = base64.urlsafe_b64encode(f"{changes.study.uid}/{changes.revision}".encode()).decode()
    reason = end_reason_to_wire(changes.end_reason)
    return trial_service_pb2.WatchTrialsResponse(trials=changes.trials, resume_token=token, end_reason=reason)


def _revision(token: str, study: Study) -> int:
    """The revision a token stands for; one that the study has not reached yet was never given out."""
    if not token:
        return 0
    try:
        uid, _, number = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode().rpartition("/")
        revision = int(number) if number.isdecimal() and len(number) < 20 else -1
    except (ValueError, binascii.Error):
        raise ResumeTokenExpired("the resume token cannot be read; list and watch anew") from None
    if uid != study.uid or not 0 <= revision <= study.tally.revision:
        raise ResumeTokenExpired(f"the resume token is not one of {study.name}; list and watch anew")
    return revision
