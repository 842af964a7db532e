"""How values are written for people."""

import pytest

from assay.cli.words import duration, number


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, "-"), (0, "0s"), (59.4, "59s"), (60, "1m 0s"), (3661, "1h 1m"), (90_000, "1d 1h"), (-3, "0s")],
)
def test_a_duration_has_two_units(seconds: float | None, expected: str) -> None:
    """Long enough to be right, short enough to be read."""
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0.0, "0"), (True, "true"), (200_000.0, "200000"), (0.0123456, "0.01235"), (12, "12"), ("a", "a")],
)
def test_a_number_keeps_what_matters(value: float | str | None, expected: str) -> None:
    """Zero is shown as zero, absence as a dash."""
    assert number(value) == expected
