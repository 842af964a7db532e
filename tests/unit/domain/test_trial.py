"""A trial's life is data, and the page that draws it is up to date."""

from pathlib import Path

from assay_server.domain.diagram import state_machine_page
from assay_server.domain.trial import TRANSITIONS, TrialState


def test_every_state_has_its_row() -> None:
    """A new state cannot be forgotten in the table."""
    assert set(TRANSITIONS) == set(TrialState)


def test_terminal_states_are_those_that_api_names() -> None:
    """Terminal is terminal: these four and no other."""
    terminal = {state for state in TrialState if state.is_terminal}

    assert terminal == {TrialState.SUCCEEDED, TrialState.STOPPED, TrialState.FAILED, TrialState.INFEASIBLE}


def test_the_drawn_state_machine_is_the_one_in_force(root: Path) -> None:
    """docs/state_machine.md says what the table says."""
    assert (root / "docs/state_machine.md").read_text() == state_machine_page()
