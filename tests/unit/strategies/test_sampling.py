"""From the unit cube to values: every value of a parameter, each with its fair share."""

from collections import Counter
from dataclasses import replace

import pytest

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.scale import from_unit
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Double,
    Fixed,
    Integer,
    Kind,
    LinearTerm,
    NormalPrior,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    Value,
)
from assay_server.domain.strategy import Grid, Sobol
from assay_server.ports import Exhausted
from assay_server.strategies.grid import GridGenerator
from assay_server.strategies.random_ import RandomGenerator
from assay_server.strategies.sampling import UnitCube, seed_of
from assay_server.strategies.sobol import SobolGenerator
from tests.unit.policy.studies import a_snapshot

ALMOST_ONE = 1.0 - 2**-53


def at_shares(kind: Kind, num_shares: int = 1000) -> list[Value]:
    """The values in the middle of equal shares of [0, 1)."""
    return [from_unit(kind, (i + 0.5) / num_shares) for i in range(num_shares)]


def sum_of(names: str, *, at_most: bool, bound: float) -> ParameterConstraint:
    return ParameterConstraint(
        terms=tuple(LinearTerm(name=name, weight=1.0) for name in names), at_most=at_most, bound=bound
    )


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (Double(min=-1.0, max=3.0), -1.0, 3.0),
        (Double(min=1e-5, max=1e-1, log=True), 1e-5, 1e-1),
        (Double(min=0.0, max=1.05, step=0.1), 0.0, 1.0),
        (Integer(min=-2, max=5), -2, 5),
        (Integer(min=1, max=1000, log=True), 1, 1000),
        (Integer(min=3, max=20, step=5), 3, 18),
        (Integer(min=-(2**50), max=2**50), -(2**50), 2**50),
        (Categorical(values=("a", "b", "c")), "a", "c"),
        (Boolean(), False, True),
    ],
)
def test_both_ends_are_reached(kind: Kind, first: Value, last: Value) -> None:
    """The corners of the cube are the bounds; a range that a step does not fill ends at the last step."""
    ends = [from_unit(kind, 0.0), from_unit(kind, ALMOST_ONE)]

    assert ends == [pytest.approx(v) if isinstance(v, float) else v for v in (first, last)]
    assert [type(v) for v in ends] == [type(first), type(last)]


@pytest.mark.parametrize(
    "kind",
    [
        Integer(min=1, max=4),
        Double(min=0.0, max=0.3, step=0.1),
        Integer(min=0, max=6, step=2),
        Categorical(values=(1, 2, 4, 8)),
    ],
)
def test_discrete_values_have_equal_shares(kind: Kind) -> None:
    """Those at the ends too: rounding a uniform draw of [min, max] would give them half."""
    assert set(Counter(at_shares(kind)).values()) == {250}


def test_stepped_values_are_as_people_write_them() -> None:
    """0.3, not 0.30000000000000004."""
    assert sorted(set(at_shares(Double(min=0.0, max=1.0, step=0.1)))) == [i / 10 for i in range(11)]


def test_a_log_scale_is_even_in_decades() -> None:
    """A third of the draws for each of three decades."""
    values = at_shares(Double(min=1e-4, max=1e-1, log=True), 900)

    assert [sum(lo <= float(v) < 10 * lo for v in values) for lo in (1e-4, 1e-3, 1e-2)] == [300, 300, 300]


def test_a_prior_draws_where_the_expert_expects_it() -> None:
    """Two thirds within one standard deviation, in decades on a log scale."""
    prior = NormalPrior(mean=1e-3, standard_deviation=0.5)
    values = at_shares(Double(min=1e-6, max=1e0, log=True, prior=prior))

    assert sum(10**-3.5 <= float(v) <= 10**-2.5 for v in values) == pytest.approx(683, abs=5)


def test_prior_weights_are_shares() -> None:
    """A weight of zero: never drawn."""
    values = at_shares(Categorical(values=("a", "b", "c"), prior_weights=(3.0, 0.0, 1.0)))

    assert Counter(values) == {"a": 750, "c": 250}


def test_a_fixed_parent_decides_but_is_not_searched() -> None:
    """Its child is active; it takes no coordinate."""
    space = SearchSpace(
        parameters=(
            Parameter(name="opt", kind=Fixed(value="sgd")),
            Parameter(name="m", kind=Boolean(), conditions=(Condition(parameter="opt", values=("sgd",)),)),
            Parameter(name="b", kind=Boolean(), conditions=(Condition(parameter="opt", values=("adam",)),)),
        )
    )
    cube = UnitCube(space)

    assert cube.num_dimensions == 2
    assert cube.configuration([0.9, 0.9]) == {"m": True}


def test_seeds_are_the_same_everywhere() -> None:
    """Pinned: another value would change every study that is continued after an upgrade."""
    assert seed_of("random", 7, 0, 1, 0) == 0x2C9F6AB92C209F02


def test_thin_polytopes_are_filled() -> None:
    """x + y = 1 has no volume, a stepped z and a whole n besides: found, and not the same again and again."""
    space = SearchSpace(
        parameters=(
            Parameter(name="x", kind=Double(min=0.0, max=1.0)),
            Parameter(name="y", kind=Double(min=0.0, max=1.0)),
            Parameter(name="z", kind=Double(min=0.0, max=1.0, step=0.25)),
            Parameter(name="n", kind=Integer(min=0, max=9)),
        ),
        constraints=(
            sum_of("xy", at_most=True, bound=1.0),
            sum_of("xy", at_most=False, bound=1.0),
            sum_of("zn", at_most=True, bound=3.5),
            sum_of("zn", at_most=False, bound=3.5),
        ),
    )
    found = SobolGenerator().generate(a_snapshot(space=space), 20)

    assert len(found) == 20
    assert all(space.is_feasible(c) for c in found)
    assert len({c["x"] for c in found}) > 10
    assert {(c["z"], c["n"]) for c in found} == {(0.5, 3)}


@pytest.mark.parametrize("generator", [RandomGenerator(), SobolGenerator()])
def test_the_inside_of_a_polytope_is_reached(generator: RandomGenerator | SobolGenerator) -> None:
    """A simplex in ten dimensions is not only its faces."""
    names = "abcdefghij"
    space = SearchSpace(
        parameters=tuple(Parameter(name=n, kind=Double(min=0.0, max=1.0)) for n in names),
        constraints=(sum_of(names, at_most=True, bound=1.0),),
    )
    found = generator.generate(a_snapshot(space=space), 50)
    sums = [sum(float(v) for v in c.values()) for c in found]

    assert max(sums) <= 1.0 + 1e-9
    assert min(sums) < 0.9
    assert len({c["a"] for c in found}) == 50


def test_an_empty_polytope_is_a_precise_error() -> None:
    """Not an endless search."""
    space = SearchSpace(
        parameters=(Parameter(name="x", kind=Double(min=0.0, max=1.0)),),
        constraints=(sum_of("x", at_most=False, bound=2.0),),
    )
    with pytest.raises(ValueError, match="no configuration found that keeps all 1 parameter constraints"):
        RandomGenerator().generate(a_snapshot(space=space), 1)


def test_an_empty_lattice_is_exhausted() -> None:
    """A finite space of which nothing is allowed has nothing to propose."""
    space = SearchSpace(
        parameters=(Parameter(name="x", kind=Integer(min=0, max=2**40)),),
        constraints=(sum_of("x", at_most=True, bound=-1.0),),
    )
    with pytest.raises(Exhausted):
        RandomGenerator().generate(a_snapshot(space=space), 1)


def test_a_needle_in_a_large_lattice_is_found() -> None:
    """Three of 10^12 combinations keep the constraints."""
    space = SearchSpace(
        parameters=tuple(Parameter(name=n, kind=Integer(min=0, max=999_999)) for n in "xy"),
        constraints=(sum_of("xy", at_most=True, bound=1.0),),
    )
    found = RandomGenerator().generate(a_snapshot(space=space), 5)

    assert sorted((c["x"], c["y"]) for c in found) == [(0, 0), (0, 1), (1, 0)]


def test_a_branch_without_numbers_does_not_end_an_infinite_space() -> None:
    """`none` was tried: the other branch goes on, and nothing is exhausted."""
    space = SearchSpace(
        parameters=(
            Parameter(name="decay", kind=Categorical(values=("none", "l2"))),
            Parameter(
                name="weight",
                kind=Double(min=0.0, max=1.0),
                conditions=(Condition(parameter="decay", values=("l2",)),),
            ),
        )
    )
    snapshot = replace(a_snapshot(space=space), pending=({"decay": "none"},))

    assert {c["decay"] for c in RandomGenerator().generate(snapshot, 20)} == {"l2"}


def test_phases_and_seeds_draw_differently() -> None:
    """The same generator twice in one strategy does not repeat itself."""
    first = a_snapshot()
    others: list[StudySnapshot] = [
        replace(first, seed=8),
        replace(first, phase=1, strategy=replace(first.strategy, phases=first.strategy.phases * 2)),
    ]
    for generator in (RandomGenerator(), SobolGenerator()):
        drawn = [generator.generate(s, 1)[0]["x"] for s in (first, *others)]
        assert len(set(drawn)) == 3


def test_sobol_points_are_spread() -> None:
    """Of 64 points each of 64 intervals has one: independent draws leave a third of them empty."""
    found = SobolGenerator().generate(a_snapshot(generator=Sobol()), 64)

    assert {int(float(c["x"]) * 64) for c in found} == set(range(64))


def test_a_grid_is_in_order_and_on_its_scale() -> None:
    """The last parameter changes fastest; a log scale is spaced in ratios; the ends are exact."""
    space = SearchSpace(
        parameters=(
            Parameter(name="lr", kind=Double(min=1e-4, max=1e-2, log=True)),
            Parameter(name="act", kind=Categorical(values=("relu", "gelu"))),
        )
    )
    found = GridGenerator().generate(a_snapshot(space=space, generator=Grid(resolution=3)), 10)

    assert [(c["lr"], c["act"]) for c in found] == [
        (1e-4, "relu"),
        (1e-4, "gelu"),
        (pytest.approx(1e-3), "relu"),
        (pytest.approx(1e-3), "gelu"),
        (1e-2, "relu"),
        (1e-2, "gelu"),
    ]


def test_a_grid_leaves_out_what_was_tried_and_what_breaks_constraints() -> None:
    """And ends when it ends."""
    space = SearchSpace(
        parameters=tuple(Parameter(name=n, kind=Integer(min=0, max=2)) for n in "xy"),
        constraints=(sum_of("xy", at_most=True, bound=2.0),),
    )
    snapshot = replace(a_snapshot(space=space, generator=Grid()), pending=({"x": 0, "y": 0},))

    assert [(c["x"], c["y"]) for c in GridGenerator().generate(snapshot, 10)] == [
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (2, 0),
    ]
    with pytest.raises(Exhausted):
        GridGenerator().generate(replace(snapshot, first_index=6), 1)
