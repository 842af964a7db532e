"""The lists that cases are played for, item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.status import REASONS
from assay_server.domain.errors import AssayError
from assay_server.rpc.status import STATUS

# What no domain error stands for: a defect of the server, and what its credentials will refuse.
_OTHERS = {
    "INTERNAL": "INTERNAL",
    "UNAUTHENTICATED": "UNAUTHENTICATED",
    "PERMISSION_DENIED": "PERMISSION_DENIED",
}


def error_reasons() -> list[dict[str, object]]:
    """Every reason of the contract with its code and the name of the error that clients make of it."""
    codes = {_reason(kind): code.name for kind, code in STATUS.items() if "reason" in vars(kind)} | _OTHERS
    return [
        {"reason": reason, "code": code, "kind": REASONS[reason].__name__} for reason, code in sorted(codes.items())
    ]


def _reason(kind: type[AssayError]) -> str:
    return kind.reason


LISTS: Mapping[str, Sequence[Mapping[str, object]]] = {"error_reasons": error_reasons()}
"""By the name in a case's `each`."""
