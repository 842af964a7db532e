"""What is explored is near to the parent, of the space, and new."""

from __future__ import annotations

from collections import Counter
from random import Random

from assay_server.domain.population import explored
from assay_server.domain.space import Categorical, Double, Integer, Parameter, SearchSpace, configuration_violations
from assay_server.testing.generator_contract import BRANCHING, CONSTRAINED, MIXED


def test_what_is_explored_is_of_the_space() -> None:
    """Bounds, steps, conditions, constraints, fixed and derived parameters, generation after generation."""
    for space in (MIXED, BRANCHING, CONSTRAINED):
        configuration = space.complete(space.defaults())
        if not space.is_feasible(configuration):
            configuration = dict.fromkeys(configuration, 0.1)
        for seed in range(200):
            configuration = explored(space, configuration, Random(seed))
            assert list(configuration_violations(space, configuration, "")) == []
            assert configuration == space.complete(configuration)


def test_a_number_is_scaled_by_a_fifth_or_drawn_anew() -> None:
    """Three quarters of the time by 0.8 or 1.2, equally often."""
    space = SearchSpace(parameters=(Parameter(name="lr", kind=Double(min=1e-5, max=1.0, log=True)),))
    found = Counter(round(float(explored(space, {"lr": 0.01}, Random(s))["lr"]), 9) for s in range(2000))

    assert 600 < found[0.008] < 900
    assert 600 < found[0.012] < 900
    assert sum(found.values()) - found[0.008] - found[0.012] > 350


def test_what_a_factor_leaves_as_it_was_goes_to_the_next_value() -> None:
    """Small whole numbers, zero, and ordered choices would be stuck otherwise."""
    space = SearchSpace(
        parameters=(
            Parameter(name="n", kind=Integer(min=0, max=100)),
            Parameter(name="x", kind=Double(min=0.0, max=1.0)),
            Parameter(name="size", kind=Categorical(values=(16, 32, 64), ordered=True)),
        )
    )
    found = [explored(space, {"n": 1, "x": 0.0, "size": 16}, Random(s)) for s in range(200)]

    assert {0, 2} <= {c["n"] for c in found}
    assert 0.05 in {c["x"] for c in found}
    assert 32 in {c["size"] for c in found}


def test_where_there_is_nothing_else_it_stays() -> None:
    """A space of one configuration."""
    space = SearchSpace(parameters=(Parameter(name="n", kind=Integer(min=1, max=1)),))

    assert explored(space, {"n": 1}, Random(0)) == {"n": 1}
