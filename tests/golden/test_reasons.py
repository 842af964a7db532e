"""Reasons of errors are public: the table in docs/errors.md, the enum and the code say the same."""

import re
from pathlib import Path

from assay.v1 import errors_pb2
from assay_server.rpc.status import STATUS


def rows(root: Path) -> dict[str, str]:
    """Status code by reason, as the page has them."""
    text = (root / "docs/errors.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, flags=re.MULTILINE))


def test_every_error_has_a_row(root: Path) -> None:
    """Whoever meets a reason finds what to do about it, under the code it comes with."""
    served = {kind.reason: code.name for kind, code in STATUS.items() if "reason" in vars(kind)}
    page = rows(root)

    assert {reason: page.get(reason) for reason in served} == served


def test_every_reason_of_the_contract_has_a_row(root: Path) -> None:
    """The page knows each value of the enum, and no other."""
    names = [value.name.removeprefix("ERROR_REASON_") for value in errors_pb2.ErrorReason.DESCRIPTOR.values]

    assert set(rows(root)) == set(names) - {"UNSPECIFIED"}
