"""The diagram of a trial's life in docs/state_machine.md, drawn from the table of transitions."""

from __future__ import annotations

from .trial import TRANSITIONS

_HEAD = """\
# A trial's life

Drawn from the table of transitions in `server/assay_server/domain/trial.py` by `make gen`; do not edit.

```mermaid
stateDiagram-v2
    [*] --> QUEUED: created
    [*] --> SUCCEEDED: attached, measured elsewhere
"""
_TAIL = """\
```

| from | to | when |
|---|---|---|
"""


def state_machine_page() -> str:
    """The whole page, as Markdown with a Mermaid diagram."""
    edges = [(old.value, new.value, why) for old, nexts in TRANSITIONS.items() for new, why in nexts.items()]
    ends = [state.value for state, nexts in TRANSITIONS.items() if not nexts]
    # A semicolon ends a statement in Mermaid.
    drawn = [f"    {old} --> {new}: {why.replace(';', ',')}" for old, new, why in edges]
    drawn += [f"    {end} --> [*]" for end in ends]
    rows = [f"| {old} | {new} | {why} |" for old, new, why in edges]
    return _HEAD + "\n".join(drawn) + "\n" + _TAIL + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(state_machine_page(), end="")  # noqa: T201 -- a generator writes to standard output
