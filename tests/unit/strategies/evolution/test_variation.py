"""Children keep what their parents have, branch by branch; a mutation changes what it says, and no more."""

from __future__ import annotations

from random import Random

import pytest

from assay_server.domain.scale import from_unit, to_unit
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Double,
    Fixed,
    Integer,
    Kind,
    NormalPrior,
    Parameter,
    SearchSpace,
    Value,
    configuration_violations,
)
from assay_server.strategies.evolution.genes import Genome, Values
from assay_server.strategies.evolution.variation import crossed, mutated
from assay_server.testing.generator_contract import BRANCHING

SGD: Values = {"opt": "sgd", "momentum": 0.25, "nesterov": False, "damping": 0.75}
ADAM: Values = {"opt": "adam", "beta2": 0.95}
BRANCHES = Genome(BRANCHING)


def genome(**kinds: Kind) -> Genome:
    return Genome(SearchSpace(parameters=tuple(Parameter(name=name, kind=kind) for name, kind in kinds.items())))


@pytest.mark.parametrize("seed", range(20))
def test_a_branch_of_one_parent_is_inherited_whole(seed: int) -> None:
    """A child is one parent or the other where they share nothing but the switch."""
    assert crossed(BRANCHES, SGD, ADAM, Random(seed), eta=10.0) in (SGD, ADAM)


@pytest.mark.parametrize("seed", range(20))
def test_a_branch_of_neither_parent_is_drawn(seed: int) -> None:
    """Two switches that were never on together turn something on that nobody has."""
    both = tuple(Condition(parameter=name, values=(True,)) for name in ("a", "b"))
    space = SearchSpace(
        parameters=(
            Parameter(name="a", kind=Boolean()),
            Parameter(name="b", kind=Boolean()),
            Parameter(name="c", kind=Double(min=0.0, max=1.0), conditions=both),
        )
    )
    child = crossed(Genome(space), {"a": True, "b": False}, {"a": False, "b": True}, Random(seed), eta=10.0)

    assert list(configuration_violations(space, child, "")) == []
    assert ("c" in child) == (child["a"] is True and child["b"] is True)


@pytest.mark.parametrize("seed", range(20))
def test_a_switch_turned_by_mutation_completes_its_branch(seed: int) -> None:
    """The old branch goes, the new one is drawn, what hangs on neither stays."""
    child = mutated(BRANCHES, SGD, {"opt"}, Random(seed), eta=10.0)

    assert child.keys() == {"opt", "beta2"}
    assert list(configuration_violations(BRANCHING, child, "")) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Double(min=1e-5, max=1e-1, log=True), 1e-3),
        (Double(min=0.0, max=0.5, step=0.1), 0.5),
        (Integer(min=0, max=1), 0),
        (Integer(min=1, max=64, log=True), 64),
        (Integer(min=16, max=128, step=16), 16),
        (Categorical(values=("a", "b")), "a"),
        (Categorical(values=(16, 32, 64), ordered=True), 64),
        (Boolean(), True),
    ],
    ids=str,
)
def test_a_mutation_changes_the_value(kind: Kind, value: Value) -> None:
    """Whatever the kind, however near to a bound, and always to another value of the parameter; the rest stays."""
    for seed in range(50):
        child = mutated(genome(x=kind, y=Boolean()), {"x": value, "y": True}, {"x"}, Random(seed), eta=20.0)

        assert child["x"] != value
        assert child["y"] is True
        space = SearchSpace(parameters=(Parameter(name="x", kind=kind), Parameter(name="y", kind=Boolean())))
        assert list(configuration_violations(space, child, "")) == []


@pytest.mark.parametrize("kind", [Integer(min=3, max=3), Categorical(values=("only",))], ids=str)
def test_what_has_one_value_keeps_it(kind: Kind) -> None:
    """There is nothing to change to."""
    value: Value = 3 if isinstance(kind, Integer) else "only"

    assert mutated(genome(x=kind), {"x": value}, {"x"}, Random(0), eta=20.0) == {"x": value}


def test_an_impossible_choice_is_never_mutated_to() -> None:
    """A prior weight of zero means never."""
    kind = Categorical(values=("a", "b", "c"), prior_weights=(1.0, 0.0, 1.0))

    assert {mutated(genome(x=kind), {"x": "a"}, {"x"}, Random(s), eta=20.0)["x"] for s in range(50)} == {"c"}


def test_numbers_are_crossed_on_their_scale() -> None:
    """Half of all children lie between their parents, on a log scale by their logarithms."""
    lr = genome(lr=Double(min=1e-6, max=1.0, log=True))
    children = [crossed(lr, {"lr": 1e-4}, {"lr": 1e-2}, Random(s), eta=2.0)["lr"] for s in range(2000)]
    new = [float(c) for c in children if c not in (1e-4, 1e-2)]

    below_middle = sum(c < 1e-3 for c in new) / len(new)
    between = sum(1e-4 <= c <= 1e-2 for c in new) / len(new)
    assert below_middle == pytest.approx(0.5, abs=0.05)
    assert between == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    "kind",
    [
        Double(min=-3.0, max=5.0),
        Double(min=1e-6, max=1e3, log=True),
        Double(min=0.0, max=1.0, step=0.1),
        Integer(min=-4, max=9),
        Integer(min=1, max=1000, log=True),
        Integer(min=10, max=95, step=15),
    ],
    ids=str,
)
def test_a_position_leads_back_to_its_value(kind: Double | Integer) -> None:
    """`to_unit` is the inverse of `from_unit`."""
    for k in range(200):
        value = from_unit(kind, (k + 0.5) / 200)
        assert from_unit(kind, to_unit(kind, float(value))) == pytest.approx(value, rel=1e-12)


def test_a_prior_bends_no_scale() -> None:
    """A belief says where to begin: far from it children must still be near to their parents."""
    kind = Double(min=0.0, max=1.0, prior=NormalPrior(mean=0.1, standard_deviation=0.001))
    line = genome(x=kind).lines["x"]

    assert line is not None
    assert line.at(line.position(0.9)) == pytest.approx(0.9)


def test_fixed_values_are_no_genes_but_switch_branches() -> None:
    """A configuration is read without them, and what hangs on them is there."""
    space = SearchSpace(
        parameters=(
            Parameter(name="x", kind=Boolean(), conditions=(Condition(parameter="mode", values=("on",)),)),
            Parameter(name="mode", kind=Fixed(value="on")),
        )
    )

    assert Genome(space).read({"mode": "on", "x": True}) == {"x": True}


@pytest.mark.parametrize("configuration", [{"lr": 2.0}, {}, {"lr": "high"}, {"lr": float("nan")}], ids=str)
def test_what_is_not_of_the_space_is_no_parent(configuration: dict[str, Value]) -> None:
    """Measured elsewhere, out of bounds or incomplete."""
    assert genome(lr=Double(min=0.0, max=1.0)).read(configuration) is None
