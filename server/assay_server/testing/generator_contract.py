"""What every generator promises; subclass, and give a `generator`.

    class TestMine(GeneratorContract):
        @pytest.fixture
        def generator(self) -> Generator:
            return Mine()

Set `spec` when the generator reads its specification. `SequenceContract` promises more.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Configuration,
    Derived,
    Double,
    Fixed,
    Integer,
    LinearTerm,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    configuration_violations,
)
from assay_server.domain.strategy import GeneratorSpec, Phase, Random, Strategy
from assay_server.domain.study import StudySpec
from assay_server.domain.trial import TrialState
from assay_server.ports import Exhausted, Generator

MIXED = SearchSpace(
    parameters=(
        Parameter(name="lr", kind=Double(min=1e-5, max=1e-1, log=True)),
        Parameter(name="dropout", kind=Double(min=0.0, max=0.5, step=0.1)),
        Parameter(name="layers", kind=Integer(min=1, max=4)),
        Parameter(name="units", kind=Integer(min=16, max=128, step=16)),
        Parameter(name="batch", kind=Integer(min=1, max=64, log=True)),
        Parameter(name="nesterov", kind=Boolean()),
        Parameter(name="dataset", kind=Fixed(value="digits")),
        Parameter(name="weights", kind=Derived(terms=(LinearTerm(name="units", weight=2.0),), integer=True)),
    )
)
"""Every kind and scale of number."""

BRANCHING = SearchSpace(
    parameters=(
        # A child before its parent: the order of declaration must not matter.
        Parameter(
            name="momentum", kind=Double(min=0.0, max=0.99), conditions=(Condition(parameter="opt", values=("sgd",)),)
        ),
        Parameter(name="opt", kind=Categorical(values=("sgd", "adam"))),
        Parameter(
            name="nesterov",
            kind=Boolean(),
            conditions=(Condition(parameter="opt", values=("sgd",)),),
        ),
        Parameter(
            name="damping",
            kind=Double(min=0.0, max=1.0),
            conditions=(Condition(parameter="nesterov", values=(False,)),),
        ),
        Parameter(
            name="beta2", kind=Double(min=0.9, max=0.999), conditions=(Condition(parameter="opt", values=("adam",)),)
        ),
    )
)
"""Two levels of conditions."""

CONSTRAINED = SearchSpace(
    parameters=tuple(Parameter(name=f"x{i}", kind=Double(min=0.0, max=1.0)) for i in range(6)),
    constraints=(
        ParameterConstraint(
            terms=tuple(LinearTerm(name=f"x{i}", weight=1.0) for i in range(6)), at_most=True, bound=0.9
        ),
        ParameterConstraint(
            terms=(LinearTerm(name="x0", weight=1.0), LinearTerm(name="x1", weight=-1.0)), at_most=False, bound=0.0
        ),
    ),
)
"""One point in some thousands of the cube keeps both."""

SMALL = SearchSpace(
    parameters=(
        Parameter(name="a", kind=Integer(min=0, max=2)),
        Parameter(name="b", kind=Categorical(values=("x", "y"))),
        Parameter(name="c", kind=Boolean(), conditions=(Condition(parameter="b", values=("x",)),)),
    ),
    constraints=(ParameterConstraint(terms=(LinearTerm(name="a", weight=1.0),), at_most=True, bound=1.0),),
)
SMALL_SIZE = 6
"""Configurations of SMALL: two values of `a`, three of `b` and `c` together."""


class GeneratorContract:
    """The promises of ports.Generator."""

    spec: ClassVar[GeneratorSpec] = Random()
    count: ClassVar[int] = 6
    """Candidates that a test asks for at a time; fewer for a generator that takes seconds."""

    @pytest.fixture
    def generator(self) -> Generator:
        """To be overridden."""
        raise NotImplementedError

    def snapshot(self, space: SearchSpace = MIXED, *, num_observed: int = 0) -> StudySnapshot:
        """A study in its first phase; override for generators that need results."""
        defaults = space.complete(space.defaults())
        return StudySnapshot(
            study_uid="uid",
            study_name="projects/p/studies/s",
            spec=StudySpec(space=space, objectives=(Objective(metric="loss", minimize=True),)),
            strategy=Strategy(phases=(Phase(generator=self.spec),)),
            seed=17,
            phase=0,
            first_index=0,
            num_created=num_observed,
            num_results=num_observed,
            observations=tuple(observed(defaults, number=i + 1) for i in range(num_observed)),
            pending=(),
        )

    def test_the_same_snapshot_gives_the_same_candidates(self, generator: Generator) -> None:
        """Also in another instance, and after a journey between processes."""
        snapshot = self.snapshot()

        first = list(generator.generate(snapshot, self.count))

        assert list(generator.generate(snapshot, self.count)) == first
        assert list(type(generator)().generate(pickle.loads(pickle.dumps(snapshot)), self.count)) == first  # noqa: S301

    def test_the_snapshot_is_not_changed(self, generator: Generator) -> None:
        """It may be used by the next generator in line."""
        snapshot = self.snapshot(BRANCHING)
        before = pickle.dumps(snapshot)

        generator.generate(snapshot, self.count)

        assert pickle.dumps(snapshot) == before

    def test_between_one_and_as_many_as_asked_for(self, generator: Generator) -> None:
        """Never more, never none."""
        for count in (1, self.count):
            assert 1 <= len(generator.generate(self.snapshot(), count)) <= count

    @pytest.mark.parametrize(
        "space", [MIXED, BRANCHING, CONSTRAINED, SMALL], ids=["mixed", "branching", "constrained", "small"]
    )
    def test_candidates_are_of_the_space(self, generator: Generator, space: SearchSpace) -> None:
        """Bounds, steps, whole numbers, conditions and constraints are kept; nothing is missing or superfluous."""
        for configuration in generator.generate(self.snapshot(space), self.count):
            assert list(configuration_violations(space, configuration, "")) == []

    def test_what_is_inactive_is_absent(self, generator: Generator) -> None:
        """A configuration has the parameters of its own branch only."""
        for configuration in generator.generate(self.snapshot(BRANCHING), self.count):
            given = {name for name in configuration if BRANCHING.parameter(name) is not None}

            assert given == BRANCHING.complete(configuration).keys()

    def test_candidates_are_distinct(self, generator: Generator) -> None:
        """Nobody trains the same thing twice at once."""
        found = [frozenset(c.items()) for c in generator.generate(self.snapshot(), self.count)]

        assert len(set(found)) == len(found)

    def test_what_was_tried_is_not_proposed_again(self, generator: Generator) -> None:
        """In a finite space every configuration comes once, whether the others are measured or still out."""
        tried: list[Configuration] = []
        snapshot = self.snapshot(SMALL)
        while len(tried) < SMALL_SIZE:
            for configuration in generator.generate(self._after(snapshot, tried), self.count):
                full = SMALL.complete(configuration)
                assert full not in tried
                tried.append(full)

        assert len(tried) == SMALL_SIZE

    def test_a_tried_out_space_is_exhausted(self, generator: Generator) -> None:
        """Then, and not before, the generator says so."""
        tried = [
            SMALL.complete({"a": a, "b": b, "c": c})
            for a in (0, 1)
            for b, c in (("x", False), ("x", True), ("y", True))
        ]
        with pytest.raises(Exhausted):
            generator.generate(self._after(self.snapshot(SMALL), tried), 1)

    def _after(self, snapshot: StudySnapshot, tried: Sequence[Configuration]) -> StudySnapshot:
        """The snapshot after *tried* were generated: the even ones are measured, the odd ones still out."""
        known = {frozenset(SMALL.complete(o.configuration).items()) for o in snapshot.observations}
        new = [c for c in tried if frozenset(SMALL.complete(c).items()) not in known]
        measured = tuple(observed(c, number=len(snapshot.observations) + i) for i, c in enumerate(new[::2], start=1))
        return replace(
            snapshot,
            first_index=snapshot.first_index + len(new),
            num_created=snapshot.num_created + len(new),
            num_results=snapshot.num_results + len(measured),
            observations=(*snapshot.observations, *measured),
            pending=(*snapshot.pending, *new[1::2]),
        )


class SequenceContract(GeneratorContract):
    """For generators whose candidate *i* of a phase depends on the seed and *i* alone."""

    def test_a_sequence_goes_on_where_it_ended(self, generator: Generator) -> None:
        """Six at once are the same as three and three more: a restart changes nothing."""
        snapshot = self.snapshot()
        at_once = [dict(c) for c in generator.generate(snapshot, 6)]
        first = [dict(c) for c in generator.generate(snapshot, 3)]

        then = generator.generate(replace(snapshot, first_index=3, num_created=3, pending=tuple(first)), 3)

        assert [*first, *(dict(c) for c in then)] == at_once


def observed(configuration: Configuration, *, number: int, loss: float = 0.5) -> Observation:
    """A trial that SUCCEEDED."""
    measurement = Measurement(step=1, metrics={"loss": MetricValue(value=loss)})
    return Observation(
        number=number, configuration=configuration, state=TrialState.SUCCEEDED, measurements=(measurement,)
    )
