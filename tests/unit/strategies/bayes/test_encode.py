"""Configurations become points and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Double,
    Integer,
    LinearTerm,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    configuration_violations,
)
from assay_server.strategies.bayes.encode import Encoding, key_of
from assay_server.testing.generator_contract import BRANCHING, CONSTRAINED, MIXED, SMALL

pytestmark = pytest.mark.torch

CHOICES = SearchSpace(
    parameters=(
        Parameter(name="few", kind=Categorical(values=("a", "b", "c"))),
        Parameter(name="many", kind=Categorical(values=tuple(range(40)))),
        Parameter(name="sizes", kind=Categorical(values=(0.5, 1.0, 4.0), ordered=True)),
        Parameter(name="whole", kind=Integer(min=-3, max=2**53, log=False)),
        Parameter(name="tiny", kind=Double(min=1e-300, max=1e300, log=True)),
        Parameter(name="step", kind=Double(min=0.0, max=1.0, step=0.05)),
        Parameter(name="flag", kind=Boolean()),
    )
)
SPACES = st.sampled_from([MIXED, BRANCHING, CONSTRAINED, SMALL, CHOICES])
SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=30)  # eight points each
@given(space=SPACES, seed=SEEDS)
def test_every_point_is_a_configuration_after_snapping(space: SearchSpace, seed: int) -> None:
    """Wherever an optimizer ends: on the grid, complete, without inactive parameters."""
    encoding = Encoding(space)
    anywhere_ND = np.random.default_rng(seed).normal(0.5, 1.0, size=(8, encoding.width))

    for point_D in encoding.snap(anywhere_ND):
        broken = list(configuration_violations(space, encoding.decode(point_D), ""))
        assert [v for v in broken if "constraint" not in v.description] == []


@settings(max_examples=30)  # eight points each
@given(space=SPACES, seed=SEEDS)
def test_a_snapped_point_comes_back(space: SearchSpace, seed: int) -> None:
    """Decoding and encoding changes nothing, so that what was tried is recognised."""
    encoding = Encoding(space)
    points_ND = encoding.sample(np.random.default_rng(seed).random((8, encoding.num_searched)))

    for point_D in points_ND:
        again_D = encoding.encode(encoding.decode(point_D))
        assert again_D is not None
        assert key_of(again_D) == key_of(point_D)


@settings(max_examples=30)  # eight points each
@given(space=SPACES, seed=SEEDS)
def test_constraints_are_judged_as_the_space_does(space: SearchSpace, seed: int) -> None:
    """The arrays agree with the slow, obvious way."""
    encoding = Encoding(space)
    points_ND = encoding.sample(np.random.default_rng(seed).random((16, encoding.num_searched)))

    assert encoding.is_feasible(points_ND).tolist() == [space.is_feasible(encoding.decode(p)) for p in points_ND]


def test_inactive_parameters_count_as_zero_in_constraints() -> None:
    """Only the branch with the large child breaks the bound."""
    space = SearchSpace(
        parameters=(
            Parameter(name="deep", kind=Boolean()),
            Parameter(
                name="layers",
                kind=Integer(min=5, max=9),
                conditions=(Condition(parameter="deep", values=(True,)),),
            ),
        ),
        constraints=(ParameterConstraint(terms=(LinearTerm(name="layers", weight=1.0),), at_most=True, bound=4.0),),
    )
    encoding = Encoding(space)
    points = [encoding.encode(c) for c in ({"deep": False}, {"deep": True, "layers": 5})]

    assert encoding.is_feasible(np.array(points)).tolist() == [True, False]


@pytest.mark.parametrize(
    "configuration",
    [{"lr": 1.0}, {"lr": "fast"}, {}, {"lr": float("nan")}],
    ids=["out of bounds", "text", "missing", "nan"],
)
def test_what_is_not_of_the_space_has_no_point(configuration: dict[str, float | str]) -> None:
    """It is for the caller to leave it out."""
    space = SearchSpace(parameters=(Parameter(name="lr", kind=Double(min=0.0, max=0.5)),))

    assert Encoding(space).encode(configuration) is None


def test_aliases_say_nothing_of_the_user() -> None:
    """Names do not go past the encoding."""
    assert Encoding(SMALL).names == [f"p{i}" for i in range(Encoding(SMALL).width)]


def test_level_changes_are_all_single_changes() -> None:
    """From a point every other choice of one parameter is one change away."""
    encoding = Encoding(SMALL)
    point_D = encoding.encode({"a": 0, "b": "x", "c": True})
    assert point_D is not None

    changed = [encoding.decode(p) for p in encoding.level_changes(point_D)]

    assert changed == [
        {"a": 1, "b": "x", "c": True},
        {"a": 2, "b": "x", "c": True},
        {"a": 0, "b": "y"},
        {"a": 0, "b": "x", "c": False},
    ]
