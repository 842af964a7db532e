"""Gauges of studies and workers, over the same store that the calls use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.v1 import study_service_pb2, trial_service_pb2
from assay_server.http.gauges import Gauges
from tests.contract.rpc.fronts import ServedFront, a_measurement, serving


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


async def test_gauges_follow_a_study_to_its_end(front: ServedFront) -> None:
    """Trials by state, best value, hypervolume and workers, until the study is over; zero is a value."""
    gauges = Gauges(front.store, front.metrics, interval_s=1.0)
    value = front.metrics.registry.get_sample_value
    study = await front.with_study()
    done = await front.with_trial(study, "gpu-0")
    await front.with_trial(study, "gpu-1")
    await front.trials.CompleteTrial(
        trial_service_pb2.CompleteTrialRequest(
            name=done.name, lease_token=done.lease.token, final_measurement=a_measurement(loss=0.0)
        )
    )

    await gauges.refresh()

    assert value("assay_trials", {"study": study.name, "state": "running"}) == 1
    assert value("assay_trials", {"study": study.name, "state": "succeeded"}) == 1
    assert value("assay_best_value", {"study": study.name, "metric": "loss"}) == 0.0
    assert value("assay_hypervolume", {"study": study.name}) is not None
    assert value("assay_workers_active") == 1
    assert value("assay_worker_silence_seconds", {"worker": "gpu-1"}) is not None
    assert value("assay_studies_active") == 1

    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name))
    await gauges.refresh()

    assert value("assay_trials", {"study": study.name, "state": "running"}) is None
    assert value("assay_workers_active") == 0
    assert value("assay_studies_active") == 0


async def test_an_unchanged_study_is_not_read_again(front: ServedFront) -> None:
    """What was read at a revision still holds at it, and the gauges say the same."""
    gauges = Gauges(front.store, front.metrics, interval_s=1.0)
    study = await front.with_study()
    await front.with_trial(study)
    await gauges.refresh()

    await gauges.refresh()

    value = front.metrics.registry.get_sample_value
    assert value("assay_trials", {"study": study.name, "state": "running"}) == 1
    assert value("assay_workers_active") == 1
