"""Ids that are the same in every run, and tell what they are for."""

from __future__ import annotations

from itertools import count


class FakeIds:
    """ports.Ids for tests: uid-1, uid-2, ...; token-1, ...; study-1, ...; seeds 1, 2, ..."""

    def __init__(self) -> None:
        self._uids, self._tokens, self._studies, self._seeds = count(1), count(1), count(1), count(1)

    def uid(self) -> str:
        return f"uid-{next(self._uids)}"

    def token(self) -> str:
        return f"token-{next(self._tokens)}"

    def study_id(self) -> str:
        return f"study-{next(self._studies)}"

    def seed(self) -> int:
        return next(self._seeds)
