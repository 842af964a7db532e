"""Watching over the wire: every change arrives, a watch can be resumed, and it ends with the study."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from assay.v1 import study_pb2, study_service_pb2, trial_pb2, trial_service_pb2
from tests.contract.rpc.fronts import ServedFront, a_measurement, serving
from tests.contract.rpc.refusals import Refused

WATCH = trial_service_pb2.WatchTrialsRequest


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


async def complete(front: ServedFront, trial: trial_pb2.Trial) -> None:
    """End it with a result."""
    await front.trials.CompleteTrial(
        trial_service_pb2.CompleteTrialRequest(
            name=trial.name, lease_token=trial.lease.token, final_measurement=a_measurement()
        )
    )


async def test_a_watch_shows_what_is_and_what_comes(front: ServedFront) -> None:
    """First every trial as it is, then each change, without any token of a lease."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    watch = front.trials.WatchTrials(WATCH(parent=study.name), timeout=30)

    now = await watch.read()
    await complete(front, trial)
    then = await watch.read()

    assert isinstance(now, trial_service_pb2.WatchTrialsResponse)
    assert isinstance(then, trial_service_pb2.WatchTrialsResponse)
    assert [t.state for t in now.trials] == [trial_pb2.TRIAL_STATE_RUNNING]
    assert now.trials[0].lease.worker == "gpu-0"
    assert now.trials[0].lease.token == ""
    assert [t.state for t in then.trials] == [trial_pb2.TRIAL_STATE_SUCCEEDED]
    watch.cancel()


async def test_a_watch_is_resumed_after_what_was_seen(front: ServedFront) -> None:
    """With a token only later changes are sent."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    first = await front.trials.WatchTrials(WATCH(parent=study.name), timeout=30).read()
    assert isinstance(first, trial_service_pb2.WatchTrialsResponse)
    await complete(front, trial)
    other = await front.with_trial(study, "gpu-1")

    resumed = await front.trials.WatchTrials(
        WATCH(parent=study.name, resume_token=first.resume_token), timeout=30
    ).read()

    assert isinstance(resumed, trial_service_pb2.WatchTrialsResponse)
    assert [t.name for t in resumed.trials] == [trial.name, other.name]


async def test_a_watch_ends_with_the_study(front: ServedFront) -> None:
    """The last message says why; it comes when nothing runs any more, not before."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    messages = []

    async def follow() -> None:
        async for message in front.trials.WatchTrials(WATCH(parent=study.name), timeout=30):
            messages.append(message)  # noqa: PERF401 - what came before a failure is worth seeing

    following = asyncio.create_task(follow())
    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name))
    assert not following.done()
    await complete(front, trial)
    await following

    assert messages[-1].end_reason == study_pb2.STUDY_END_REASON_STOPPED_BY_USER
    assert all(m.end_reason == study_pb2.STUDY_END_REASON_UNSPECIFIED for m in messages[:-1])
    assert [t for m in messages for t in m.trials][-1].state == trial_pb2.TRIAL_STATE_SUCCEEDED


@pytest.mark.parametrize("token", ["x", "%%%", "b3RoZXIvMQ=="])
async def test_a_token_of_another_study_cannot_be_resumed(front: ServedFront, token: str) -> None:
    """OUT_OF_RANGE: list and watch anew."""
    study = await front.with_study()

    with pytest.raises(grpc.aio.AioRpcError) as error:
        async for _message in front.trials.WatchTrials(WATCH(parent=study.name, resume_token=token), timeout=30):
            pass

    wrong = Refused(error.value)
    assert (wrong.code, wrong.reason) == ("OUT_OF_RANGE", "RESUME_TOKEN_EXPIRED")


async def test_a_watch_ends_with_its_study_deleted(front: ServedFront) -> None:
    """Nothing is left to watch: NOT_FOUND."""
    study = await front.with_study()
    await front.with_trial(study)
    watch = front.trials.WatchTrials(WATCH(parent=study.name), timeout=30)
    await watch.read()

    await front.studies.DeleteStudy(study_service_pb2.DeleteStudyRequest(name=study.name))
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await watch.read()

    assert Refused(error.value).reason == "STUDY_NOT_FOUND"


async def test_a_drain_sends_watchers_elsewhere(front: ServedFront) -> None:
    """UNAVAILABLE, which clients retry, with the token of what was seen."""
    study = await front.with_study()
    await front.with_trial(study)
    watch = front.trials.WatchTrials(WATCH(parent=study.name), timeout=30)
    await watch.read()

    front.trials_service.drain()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await watch.read()

    assert Refused(error.value).code == "UNAVAILABLE"
