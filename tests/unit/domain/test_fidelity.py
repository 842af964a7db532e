"""Rungs."""

import pytest

from assay_server.domain.fidelity import Fidelity


@pytest.mark.parametrize(
    ("low", "high", "eta", "rungs"),
    [
        (1, 27, 3.0, (1, 3, 9, 27)),
        (1, 27, None, (1, 3, 9, 27)),
        (1, 100, 4.0, (1, 2, 6, 25, 100)),
        (5, 5, None, (5,)),
        (1, 2, 3.0, (1, 2)),
        (1, 81, 3.0, (1, 3, 9, 27, 81)),
        (2, 20, 3.0, (2, 7, 20)),
    ],
)
def test_rungs_divide_the_maximum_by_eta_down_to_the_minimum(
    low: int, high: int, eta: float | None, rungs: tuple[int, ...]
) -> None:
    """The first rung is min, the last is max, whatever lies between."""
    assert Fidelity(name="epoch", min=low, max=high, eta=eta).resolved_rungs() == rungs


def test_given_rungs_are_taken_as_they_are() -> None:
    """A user who knows better is believed."""
    assert Fidelity(name="epoch", min=1, max=10, rungs=(1, 5, 10)).resolved_rungs() == (1, 5, 10)


@pytest.mark.parametrize(
    ("fidelity", "fields"),
    [
        (Fidelity(name="", min=1, max=2), ["f.name"]),
        (Fidelity(name="e", min=0, max=2), ["f.min"]),
        (Fidelity(name="e", min=3, max=2), ["f.max"]),
        (Fidelity(name="e", min=1, max=2, eta=1.0), ["f.eta"]),
        (Fidelity(name="e", min=1, max=2, eta=float("nan")), ["f.eta"]),
        (Fidelity(name="e", min=1, max=10**6, eta=1.01), ["f.eta"]),
        (Fidelity(name="e", min=1, max=9, rungs=(1, 1, 9)), ["f.rungs"]),
        (Fidelity(name="e", min=1, max=9, rungs=(2, 9)), ["f.rungs"]),
    ],
)
def test_a_fidelity_without_sensible_rungs_is_refused(fidelity: Fidelity, fields: list[str]) -> None:
    """Each violation names its field."""
    assert [v.field for v in fidelity.violations("f")] == fields
