"""Records as JSON."""

import json

from assay.cli.plain import plain
from tests.unit.cli.builders import a_front, a_progress, a_trial


def test_records_become_json() -> None:
    """Every record that the command line prints can be written as JSON and read back."""
    for record in (a_progress(), a_front([a_trial(1)]), a_trial(2)):
        assert json.loads(json.dumps(plain(record), allow_nan=False)) == plain(record)


def test_zero_is_kept_and_infinity_is_text() -> None:
    """Zero is a value; JSON has no infinity."""
    assert plain({"a": 0.0, "b": float("inf"), "c": None}) == {"a": 0.0, "b": "inf", "c": None}
