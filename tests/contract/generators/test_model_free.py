"""The model-free generators keep the contract."""

import pytest

from assay_server.domain.strategy import Grid, PopulationBased, Random, Sobol
from assay_server.policy.worker import load
from assay_server.ports import Generator
from assay_server.strategies.grid import GridGenerator
from assay_server.strategies.random_ import RandomGenerator
from assay_server.strategies.sobol import SobolGenerator
from assay_server.strategies.table import TABLE
from assay_server.testing.generator_contract import SequenceContract


class TestRandom(SequenceContract):
    spec = Random()

    @pytest.fixture
    def generator(self) -> Generator:
        return RandomGenerator()


class TestSobol(SequenceContract):
    spec = Sobol()

    @pytest.fixture
    def generator(self) -> Generator:
        return SobolGenerator()


class TestGrid(SequenceContract):
    spec = Grid(resolution=3)

    @pytest.fixture
    def generator(self) -> Generator:
        return GridGenerator()


class TestPopulationBased(SequenceContract):
    """The members that a population begins with."""

    spec = PopulationBased(population_size=4, ready_interval=1)

    @pytest.fixture
    def generator(self) -> Generator:
        return load(TABLE[PopulationBased].target)
