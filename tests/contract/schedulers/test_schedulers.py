"""Every scheduler keeps the contract."""

import pytest

from assay_server.schedulers.asha import PromotingHalving
from assay_server.schedulers.full import FullFidelity
from assay_server.schedulers.hyperband import AsynchronousHyperband, shapes
from assay_server.schedulers.pasha import ProgressiveHalving
from assay_server.schedulers.percentile import PercentileRule
from assay_server.schedulers.stopping import StoppingHalving
from assay_server.schedulers.synchronous import Shape, SynchronousBrackets
from assay_server.scheduling import Scheduler
from assay_server.testing.scheduler_contract import SchedulerContract

RUNGS, ETA = SchedulerContract.rungs, SchedulerContract.eta


class TestFullFidelity(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return FullFidelity(RUNGS[-1])


class TestPromotingHalving(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return PromotingHalving(RUNGS, ETA)


class TestStoppingHalving(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return StoppingHalving(RUNGS, ETA)


class TestProgressiveHalving(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return ProgressiveHalving(RUNGS, ETA)


class TestSuccessiveHalving(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return SynchronousBrackets(RUNGS, ETA, (Shape(start=0, size=10),))


class TestSmallestBrackets(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return SynchronousBrackets(RUNGS, ETA, (Shape(start=0, size=2),))


class TestHyperband(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return SynchronousBrackets(RUNGS, ETA, shapes(len(RUNGS), ETA))


class TestAsynchronousHyperband(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return AsynchronousHyperband(RUNGS, ETA)


class TestMedianRule(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return PercentileRule(RUNGS, percentile=50.0, min_trials=3)


class TestStrictestPercentile(SchedulerContract):
    @pytest.fixture
    def scheduler(self) -> Scheduler:
        return PercentileRule(RUNGS, percentile=1e-9, min_trials=1)
