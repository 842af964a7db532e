"""Both forms of evolution keep the contract of generators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration, SearchSpace
from assay_server.domain.strategy import Evolutionary
from assay_server.ports import Generator
from assay_server.strategies.evolution import EvolutionaryGenerator
from assay_server.strategies.random_ import RandomGenerator
from assay_server.testing.generator_contract import MIXED, SMALL, GeneratorContract, observed

SIZE = 4
OUTSIDE: tuple[Configuration, ...] = (
    {"a": 2, "b": "x", "c": True},
    {"a": 2, "b": "x", "c": False},
    {"a": 2, "b": "y"},
    {"a": 2, "b": "y"},
)
"""Measured elsewhere: they break SMALL's constraint, so all that it allows is still to be tried."""


class TestNsga2(GeneratorContract):
    spec = Evolutionary(population_size=SIZE)

    @pytest.fixture
    def generator(self) -> Generator:
        return EvolutionaryGenerator()

    def snapshot(self, space: SearchSpace = MIXED, *, num_observed: int = SIZE) -> StudySnapshot:
        """With a population, which it needs."""
        empty = super().snapshot(space)
        tried = OUTSIDE if space is SMALL else RandomGenerator().generate(empty, num_observed)
        results = tuple(observed(c, number=i, loss=1.0 / i) for i, c in enumerate(tried, start=1))
        if space is SMALL:
            results = tuple(replace(o, is_external=True) for o in results)
        return replace(empty, observations=results, num_created=len(results), num_results=len(results))


class TestRegularisedEvolution(TestNsga2):
    spec = Evolutionary(population_size=SIZE, regularised=True)
