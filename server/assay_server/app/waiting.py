"""Waiting: askers who found nothing wait for what others do, first come first served."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from assay_server.domain.copies import replace
from assay_server.domain.study import Study, StudyState
from assay_server.ports import CandidateSource, Store, UnitOfWork

from .once import Once, remember, remembered
from .suggest import Suggest, Suggestion, results_to_see, suggest
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
        self._closing.set()
        self._unsubscribe()
        for event in self._changed.values():
            event.set()

    async def suggest(self, ask: Suggest, *, request: Once | None, encode: Encode, timeout_s: float) -> bytes:
        """The encoded suggestion; without trials when nothing was ready in time.

        An answer with trials, or of a study that is over, is remembered under *request*; an empty one is not.

        Raises:
            StudyNotFound, InvalidArgument, RequestIdReused.
        """
        answer, suggestion = await self._try(ask, request, encode)
        if suggestion is None or self._closing.is_set():
            return answer
        study = suggestion.study
        if _is_final(suggestion):
            if suggestion.num_wanted:  # fewer than it asked for: the others shall be there when it asks again
                seen = results_to_see(study)
                self._source.want(study.uid, count=suggestion.num_wanted, min_results_seen=seen)
            return answer
        # What it shall have seen is fixed now: results that arrive while it is generated do not count.
        ask = replace(ask, min_results_seen=results_to_see(study))
        self._num_waiting[study.uid] += 1
        try:
            async with asyncio.timeout(timeout_s):
                async with self._queues[study.uid]:
                    answer = await self._wait(study, ask, request, encode, answer)
        except TimeoutError:
            pass
        finally:
            self._leave(study.uid)
        return answer

    async def _wait(self, study: Study, ask: Suggest, request: Once | None, encode: Encode, answer: bytes) -> bytes:
        changed = self._changed.setdefault(study.uid, asyncio.Event())
        while not self._closing.is_set():
            changed.clear()
            # Once begun, the act may hand out a trial: it is not abandoned half-way when the time is up.
            answer, suggestion = await asyncio.shield(self._try(ask, request, encode))
            if suggestion is None or _is_final(suggestion):
                break
            if suggestion.num_wanted:
                num_waiting = max(suggestion.num_wanted, self._num_waiting[study.uid])
                self._source.want(study.uid, count=num_waiting, min_results_seen=ask.min_results_seen or 0)
            await changed.wait()
        return answer

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
