"""The Bayesian generator keeps the contract of generators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration, SearchSpace
from assay_server.domain.strategy import Bayesian
from assay_server.ports import Generator
from assay_server.strategies.bayes import BayesianGenerator
from assay_server.strategies.random_ import RandomGenerator
from assay_server.testing.generator_contract import BRANCHING, MIXED, SMALL, GeneratorContract, observed

pytestmark = pytest.mark.torch

OUTSIDE: tuple[Configuration, ...] = ({"a": 2, "b": "x", "c": True}, {"a": 2, "b": "y"})
"""Measured elsewhere: they break SMALL's constraint, so all that it allows is still to be tried."""


class TestBayes(GeneratorContract):
    spec = Bayesian(batch_size=1)
    count = 2

    @pytest.fixture
    def generator(self) -> Generator:
        return BayesianGenerator()

    def snapshot(self, space: SearchSpace = MIXED, *, num_observed: int = 3) -> StudySnapshot:
        """With some results, which it needs."""
        empty = super().snapshot(space)
        tried = OUTSIDE if space is SMALL else RandomGenerator().generate(empty, num_observed)
        results = tuple(observed(c, number=i, loss=1.0 / i) for i, c in enumerate(tried, start=1))
        if space is SMALL:
            results = tuple(replace(o, is_external=True) for o in results)
        return replace(empty, observations=results, num_created=len(results), num_results=len(results))


def test_a_batch_larger_than_asked_for_changes_nothing() -> None:
    """The specification's batch says how many are optimised, not how many come back."""
    snapshot = TestBayes().snapshot(BRANCHING)

    found = BayesianGenerator(spec=Bayesian(batch_size=8)).generate(snapshot, 1)

    assert len(found) == 1
