"""Tables of the command line: what is known is shown, what is not is left out."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from assay.cli.tables import trial_facts
from tests.unit.cli.builders import a_trial


def shown(bracket: int | None) -> str:
    """The facts of a trial in a bracket."""
    out = io.StringIO()
    Console(file=out, width=200).print(trial_facts(replace(a_trial(1), bracket=bracket)))
    return out.getvalue()


@pytest.mark.parametrize("bracket", [0, 3])
def test_the_bracket_of_a_trial_is_shown(bracket: int) -> None:
    """The first one has the number 0, which is not nothing."""
    assert ["bracket", str(bracket)] in [line.split() for line in shown(bracket).splitlines()]


def test_a_trial_without_a_bracket_says_nothing_of_it() -> None:
    """Most schedulers have none."""
    assert "bracket" not in shown(None)
