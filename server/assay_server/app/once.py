"""Once: the same request_id gives the same answer and has one effect (AIP-155)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay_server.domain.errors import RequestIdReused
from assay_server.ports import StoredAnswer, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Identity of a request."""

    project: str
    request_id: str
    fingerprint: bytes
    """Hash of the method and the payload."""


def remembered(uow: UnitOfWork, request: Once | None) -> bytes | None:
    """The answer that *request* was given, if it was made before.

    Raises:
        RequestIdReused: it was made with another payload.
    """
    if request is None:
        return None
    stored = uow.answer(request.project, request.request_id)
    if stored is None:
        return None
    if stored.fingerprint != request.fingerprint:
        raise RequestIdReused(request.request_id)
    return stored.answer


def remember(uow: UnitOfWork, request: Once | None, answer: bytes) -> None:
    """Keep the answer with the act's effect, in one transaction."""
    if request is not None:
        stored = StoredAnswer(fingerprint=request.fingerprint, answer=answer)
        uow.remember(request.project, request.request_id, stored)


def once(uow: UnitOfWork, request: Once | None, act: Callable[[], bytes]) -> bytes:
    """The remembered answer, or that of *act*, remembered from now on."""
    known = remembered(uow, request)
    if known is not None:
        return known
    answer = act()
    remember(uow, request, answer)
    return answer
