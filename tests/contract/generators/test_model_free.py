"""The model-free generators keep the contract."""

import pytest

from assay_server.domain.strategy import Grid, Random, Sobol
from assay_server.ports import Generator
from assay_server.strategies.grid import GridGenerator
from assay_server.strategies.random_ import RandomGenerator
from assay_server.strategies.sobol import SobolGenerator
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
