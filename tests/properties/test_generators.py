"""Whatever the space: candidates belong to it, and are new while there is something new."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Configuration,
    Double,
    Integer,
    Kind,
    LinearTerm,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    configuration_violations,
)
from assay_server.domain.space_rules import space_violations
from assay_server.domain.strategy import Evolutionary, Grid
from assay_server.ports import Exhausted, Generator
from assay_server.strategies.evolution import EvolutionaryGenerator
from assay_server.strategies.grid import GridGenerator
from assay_server.strategies.random_ import RandomGenerator
from assay_server.strategies.sampling import UnitCube
from assay_server.strategies.sobol import SobolGenerator
from assay_server.testing.generator_contract import observed
from tests.unit.policy.studies import a_snapshot

NAMES = "abcde"
small = st.integers(-3, 3)
integers: st.SearchStrategy[Kind] = st.builds(
    lambda low, width, step: Integer(min=low, max=low + width, step=step),
    small,
    st.integers(1, 4),
    st.none() | st.just(1),
)
doubles: st.SearchStrategy[Kind] = st.builds(
    lambda low, width, step: Double(min=float(low), max=float(low) + width, step=step),
    small,
    st.sampled_from([0.5, 1.0, 3.0]),
    st.none() | st.sampled_from([0.25, 0.1]),
)
logs: st.SearchStrategy[Kind] = st.sampled_from([Double(min=1e-6, max=1e3, log=True), Integer(min=1, max=5, log=True)])
choices: st.SearchStrategy[Kind] = st.sampled_from(
    [Categorical(values=("x", "y", "z")), Categorical(values=(0.5, 1.0)), Boolean()]
)


def parent_value(kind: Kind) -> st.SearchStrategy[Condition] | None:
    match kind:
        case Boolean():
            return st.sampled_from([True, False]).map(lambda v: Condition(parameter="a", values=(v,)))
        case Categorical():
            return st.sampled_from(kind.values).map(lambda v: Condition(parameter="a", values=(v,)))
        case Integer():
            return st.integers(kind.min, kind.max).map(lambda v: Condition(parameter="a", values=(v,)))
        case _:
            return None


@st.composite
def spaces(draw: st.DrawFn, *, finite: bool = False) -> SearchSpace:
    """Up to five parameters; some depend on the first one; up to two constraints, of which some are unfulfillable."""
    kinds = [integers, choices] if finite else [integers, choices, doubles, logs]
    parameters: list[Parameter] = []
    for name in NAMES[: draw(st.integers(1, 5))]:
        depends = draw(st.booleans())
        parent = parent_value(parameters[0].kind) if parameters and depends else None
        kind = draw(st.one_of(*kinds))
        conditions = () if parent is None else (draw(parent),)
        parameters.append(Parameter(name=name, kind=kind, conditions=conditions))
    if draw(st.booleans()):  # declared after its children
        parameters = [*parameters[1:], parameters[0]]
    linear = [p.name for p in parameters if isinstance(p.kind, Double | Integer) and not p.kind.log]
    constraints = []
    for _ in range(draw(st.integers(0, 2)) if linear else 0):
        names = draw(st.lists(st.sampled_from(linear), min_size=1, unique=True))
        weights = [draw(st.sampled_from([-2.0, -1.0, 1.0, 0.5])) for _ in names]
        terms = tuple(LinearTerm(name=n, weight=w) for n, w in zip(names, weights, strict=True))
        constraints.append(
            ParameterConstraint(terms=terms, at_most=draw(st.booleans()), bound=draw(st.sampled_from([-1.0, 0.0, 1.5])))
        )
    space = SearchSpace(parameters=tuple(parameters), constraints=tuple(constraints))
    assert list(space_violations(space, "")) == []
    return space


def drawn(generator: Generator, snapshot: StudySnapshot, count: int) -> list[Configuration]:
    """Nothing where the space has nothing, or, being infinite, seems to have nothing."""
    try:
        return list(generator.generate(snapshot, count))
    except Exhausted:
        return []
    except ValueError:
        if snapshot.spec.space.num_configurations() is not None:
            raise
        return []


@settings(max_examples=60)
@given(space=spaces(), seed=st.integers(0, 2**31 - 1), first=st.sampled_from([0, 1, 7]))
def test_every_candidate_belongs_to_the_space(space: SearchSpace, seed: int, first: int) -> None:
    """For random, quasi-random and grid; at most as many as asked for, none twice in a finite space."""
    snapshot = replace(a_snapshot(space=space, generator=Grid(resolution=3), first_index=first), seed=seed)
    for generator in (RandomGenerator(), SobolGenerator(), GridGenerator()):
        found = drawn(generator, snapshot, 5)

        assert len(found) <= 5
        for configuration in found:
            assert list(configuration_violations(space, configuration, "")) == []
        if space.num_configurations() is not None:
            assert len({UnitCube(space).key(c) for c in found}) == len(found)


@settings(max_examples=40)
@given(space=spaces(finite=True), seed=st.integers(0, 100))
def test_a_finite_space_is_handed_out_completely(space: SearchSpace, seed: int) -> None:
    """Random, Sobol and grid find exactly what a search through everything finds."""
    every = _brute_force(space)
    for generator in (RandomGenerator(), SobolGenerator(), GridGenerator()):
        snapshot = replace(a_snapshot(space=space, generator=Grid()), seed=seed)
        handed_out: list[Configuration] = []
        while found := drawn(generator, replace(snapshot, pending=tuple(handed_out), first_index=len(handed_out)), 50):
            handed_out += found

        assert len(handed_out) == len(every)
        assert {frozenset(c.items()) for c in handed_out} == every


@settings(max_examples=60)
@given(space=spaces(), seed=st.integers(0, 2**31 - 1), regularised=st.booleans())
def test_every_child_belongs_to_the_space(space: SearchSpace, seed: int, regularised: bool) -> None:
    """Bred from random configurations, of which some were tried twice and all are worth the same."""
    parents = drawn(RandomGenerator(), replace(a_snapshot(space=space), seed=seed), 4)
    if parents:
        results = tuple(observed(parents[i % len(parents)], number=i + 1) for i in range(4))
        evolving = a_snapshot(space=space, generator=Evolutionary(population_size=4, regularised=regularised))
        found = drawn(EvolutionaryGenerator(), replace(evolving, seed=seed, observations=results, first_index=4), 5)

        assert len(found) <= 5
        for configuration in found:
            assert list(configuration_violations(space, configuration, "")) == []


@settings(max_examples=30)
@given(space=spaces(finite=True), seed=st.integers(0, 100), regularised=st.booleans())
def test_evolution_hands_out_a_finite_space_completely(space: SearchSpace, seed: int, regularised: bool) -> None:
    """However small it is and however alike its members are: what is left is found, then it is exhausted."""
    every = _brute_force(space)
    known = drawn(RandomGenerator(), replace(a_snapshot(space=space), seed=seed), 1)
    if not known:
        return
    results = tuple(observed(known[0], number=i + 1) for i in range(4))
    evolving = a_snapshot(space=space, generator=Evolutionary(population_size=4, regularised=regularised))
    snapshot = replace(evolving, seed=seed, observations=results)
    handed_out: list[Configuration] = list(known)
    while found := drawn(
        EvolutionaryGenerator(), replace(snapshot, pending=tuple(handed_out), first_index=len(handed_out)), 50
    ):
        handed_out += found

    assert len(handed_out) == len(every)
    assert {frozenset(c.items()) for c in handed_out} == every


def _brute_force(space: SearchSpace) -> set[frozenset[tuple[str, object]]]:
    """The slow, obvious twin: all values for all parameters, inactive ones removed, infeasible ones left out."""
    partial: list[dict[str, bool | int | float | str]] = [{}]
    for p in space.parameters:
        partial = [{**c, p.name: v} for c in partial for v in _values(p.kind)]
    complete = [space.complete(c) for c in partial]
    return {frozenset(c.items()) for c in complete if space.is_feasible(c)}


def _values(kind: Kind) -> list[bool | int | float | str]:
    match kind:
        case Boolean():
            return [False, True]
        case Categorical():
            return list(kind.values)
        case Integer():
            return list(range(kind.min, kind.max + 1, kind.step or 1))
        case _:
            raise AssertionError(kind)
