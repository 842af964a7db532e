"""What several requests share: who asks, how often it may be repeated, how long a page is."""

from __future__ import annotations

import hashlib

from google.protobuf.message import Message

from assay_server.app.once import Once
from assay_server.rpc.wire.problems import MAX_REQUEST_ID, Problems

MAX_PAGE = 1000
DEFAULT_PAGE = 50


def once_from_wire(method: str, project: str, request: Message) -> Once | None:
    """How a repeated call of *method* is known, if the caller gave a request_id; takes it out of *request*."""
    request_id: str = getattr(request, "request_id", "")
    if not request_id:
        return None
    request.ClearField("request_id")
    payload = request.SerializeToString(deterministic=True)
    fingerprint = hashlib.blake2b(payload, digest_size=16, person=method.encode()[:16]).digest()
    return Once(project=project, request_id=request_id, fingerprint=fingerprint)


def check_request_id(request_id: str, problems: Problems) -> None:
    """A request_id is short."""
    problems.text(request_id, "request_id", limit=MAX_REQUEST_ID)


def page_size_from_wire(size: int, problems: Problems) -> int:
    """How many items a page may have."""
    if size < 0:
        problems.add("page_size", f"{size} is below 0")
    return min(size or DEFAULT_PAGE, MAX_PAGE)
