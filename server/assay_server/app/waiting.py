"""Waiting: askers who found nothing wait for what others do, first come first served."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from assay_server.domain.copies import replace
from assay_server.domain.study import StudyState
from assay_server.ports import CandidateSource, Store, UnitOfWork

from .once import Once, remember, remembered
from .suggest import Suggest, Suggestion, num_takeable, results_to_see, suggest
from .tools import Tools

Encode = Callable[[Suggestion], bytes]


class Waiting:
    """`suggest`, waiting for a trial until a timeout.

    Of those who wait for one study only the first tries again when something changes; the others queue
    behind it, so that a hundred waiting workers cost no more than one.
    """

    def __init__(self, store: Store, source: CandidateSource, tools: Tools) -> None:
        self._store = store
        self._source = source
        self._tools = tools
        self._changed: dict[str, asyncio.Event] = {}
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._num_waiting: defaultdict[str, int] = defaultdict(int)
        self._closing = asyncio.Event()
        self._unsubscribe = store.subscribe(self._on_change)

    def close(self) -> None:
        """Send everyone who waits away empty-handed."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._unsubscribe()
        for event in self._changed.values():
            event.set()

    async def suggest(self, ask: Suggest, *, request: Once | None, encode: Encode, timeout_s: float) -> bytes:
        """The encoded suggestion; without trials when nothing was ready in time.

        An answer with trials, or of a study that is over, is remembered under *request*; an empty one is not.
        A caller that goes away in the middle of an act may hold a trial without knowing: it gets it when the
        worker asks again.

        Raises:
            StudyNotFound, InvalidArgument, RequestIdReused.
        """
        until = asyncio.get_running_loop().time() + timeout_s
        answer, suggestion = await self._try(ask, request, encode)
        if suggestion is None or self._closing.is_set():
            return answer
        study = suggestion.study
        if _is_final(suggestion):
            self._want(suggestion, suggestion.num_wanted)  # if fewer than it asked for: for when it asks again
            return answer
        # What it shall have seen is fixed now: results that arrive while it is generated do not count.
        ask = replace(ask, min_results_seen=results_to_see(study))
        self._num_waiting[study.uid] += 1
        try:
            return await self._stand_in_line(study.uid, ask, request, encode, answer, until)
        finally:
            self._leave(study.uid)

    @property
    def num_studies(self) -> int:
        """Studies that somebody waits for; for nobody else anything is kept."""
        return len(self._num_waiting.keys() | self._changed.keys() | self._queues.keys())

    async def _stand_in_line(
        self, uid: str, ask: Suggest, request: Once | None, encode: Encode, answer: bytes, until: float
    ) -> bytes:
        # The time ends the waiting only, never an act: one that has begun may hand out a trial.
        queue = self._queues[uid]
        try:
            async with asyncio.timeout_at(until):
                await queue.acquire()
        except TimeoutError:
            return answer
        try:
            return await self._at_the_head(uid, ask, request, encode, answer, until)
        finally:
            queue.release()

    async def _at_the_head(
        self, uid: str, ask: Suggest, request: Once | None, encode: Encode, answer: bytes, until: float
    ) -> bytes:
        changed = self._changed.setdefault(uid, asyncio.Event())
        while not self._closing.is_set():
            changed.clear()
            answer, suggestion = await self._try(ask, request, encode)
            if suggestion is None or _is_final(suggestion):
                break
            self._want(suggestion, max(suggestion.num_wanted, self._num_waiting[uid]), ask.min_results_seen)
            try:
                async with asyncio.timeout_at(until):
                    await changed.wait()
            except TimeoutError:
                break
        return answer

    def _want(self, suggestion: Suggestion, count: int, min_results_seen: int | None = None) -> None:
        """Have candidates made for *count* that are missing, as far as the study may take them now."""
        study = suggestion.study
        if suggestion.num_wanted:
            seen = results_to_see(study) if min_results_seen is None else min_results_seen
            self._source.want(study.uid, count=num_takeable(study, count), min_results_seen=seen)

    async def _try(self, ask: Suggest, request: Once | None, encode: Encode) -> tuple[bytes, Suggestion | None]:
        def act(uow: UnitOfWork) -> tuple[bytes, Suggestion | None]:
            if (known := remembered(uow, request)) is not None:
                return known, None
            suggestion = suggest(uow, self._tools, ask)
            answer = encode(suggestion)
            if _is_final(suggestion):
                remember(uow, request, answer)
            return answer, suggestion

        return await self._store.act(act)

    def _on_change(self, uids: frozenset[str]) -> None:
        for uid in uids & self._changed.keys():
            self._changed[uid].set()

    def _leave(self, uid: str) -> None:
        self._num_waiting[uid] -= 1
        if self._num_waiting[uid] <= 0:
            for book in (self._num_waiting, self._changed, self._queues):
                book.pop(uid, None)


def _is_final(suggestion: Suggestion) -> bool:
    return bool(suggestion.trials) or suggestion.study.state is not StudyState.ACTIVE
