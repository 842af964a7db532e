"""docs/api.md says what is served, as the code has it."""

import re
from pathlib import Path

from assay_server.domain.strategy import GENERATOR_NAMES, SCHEDULER_NAMES, SERVED_GENERATORS
from assay_server.rpc.services import NOT_SERVED_YET, SERVICES


def test_every_method_is_listed(root: Path) -> None:
    """Each method of the contract stands there, with why it is not served, if it is not."""
    text = (root / "docs/api.md").read_text(encoding="utf-8")
    page = dict(re.findall(r"^\| `(\w+/\w+)` \| (.*) \|$", text, flags=re.MULTILINE))

    assert page == {
        f"{service.name}/{method.name}": f"not yet: {NOT_SERVED_YET[method.name]}"
        if method.name in NOT_SERVED_YET
        else "yes"
        for service in SERVICES
        for method in service.methods
    }


def test_every_generator_and_scheduler_is_listed(root: Path) -> None:
    """Which kinds of generators are served, which are not, and that every scheduler is."""
    text = (root / "docs/api.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^\| \[?([\w, ]+?)(?:\]\(.*\))? \| (.*) \|$", text, flags=re.MULTILINE))

    served = {GENERATOR_NAMES[kind] for kind in SERVED_GENERATORS}
    assert set(parts["generators"].split(", ")) == served
    assert set(parts["generators, not yet"].split(", ")) == set(GENERATOR_NAMES.values()) - served
    assert set(parts["schedulers"].split(", ")) == set(SCHEDULER_NAMES.values())
