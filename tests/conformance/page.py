"""docs/conformance.md: what each client does, written from a run of everything."""

from __future__ import annotations

from collections.abc import Sequence

from tests.conformance.case import Case
from tests.conformance.languages import ROOT
from tests.conformance.verdicts import Verdicts, table

PAGE = ROOT / "docs/conformance.md"
_HEAD = """\
# What each client does

Written by `make conformance CONFORMANCE_ARGS=--write`: do not edit. The cases are in
[tests/conformance/cases](../tests/conformance/cases); each is played against a real server, and judged by the
server's own state.

✓ does it · ✗ does not · known: does not yet, and says so in its `known_failing.txt` · – the server of this version
lacks what the case needs · not run: the toolchain was missing

"""


def page(verdicts: Verdicts, cases: Sequence[Case]) -> str:
    """The whole page."""
    return _HEAD + table(verdicts, cases)
