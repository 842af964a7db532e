"""The same promises in an event loop; what decides is shared, so these are about waiting and sending."""

import asyncio

import grpc
import pytest

import assay
from assay.v1 import study_pb2, trial_pb2, trial_service_pb2
from tests.contract.client.peer import Fault, Peer, a_trial
from tests.contract.client.test_faults import GONE, LOST, hand_out


async def test_a_report_is_repeated_under_one_request_id(peer: Peer, async_study: assay.AsyncStudy) -> None:
    """However often it fails, it is one act to the server."""
    hand_out(peer, a_trial(1))
    [trial] = await async_study.ask("gpu-0")
    peer.answers["ReportMeasurements"] = [GONE] * 6

    await trial.report(loss=0.5)

    reports = peer.heard_of("ReportMeasurements")
    assert len(reports) == 7
    assert len({heard.request_id for heard in reports}) == 1


async def test_a_lost_trial_is_left_and_the_loop_goes_on(peer: Peer, async_study: assay.AsyncStudy) -> None:
    """`async with trial:` keeps the loss to itself."""
    hand_out(peer, a_trial(1), a_trial(2))
    peer.answers["ReportMeasurements"] = [LOST]
    after_the_report = []
    async for trial in async_study.trials("gpu-0"):
        async with trial:
            await trial.report(loss=0.5)
            after_the_report.append(trial.number)

    assert after_the_report == [2]
    assert async_study.is_over


async def test_heartbeats_keep_a_silent_trial(peer: Peer, async_study: assay.AsyncStudy) -> None:
    """By one task, which ends with the last trial."""
    hand_out(peer, a_trial(1, interval_s=0.01))
    [trial] = await async_study.ask("gpu-0")
    async with trial:
        for _ in range(3):
            assert await asyncio.to_thread(peer.beaten.acquire, timeout=30)
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == "assay-heartbeats"]
        await trial.complete(loss=0.5)

    await asyncio.wait_for(task, 30)


async def test_a_heartbeat_s_stop_ends_the_steps(peer: Peer, async_study: assay.AsyncStudy) -> None:
    """Also of a body that never awaits anything itself."""
    hand_out(peer, a_trial(1, interval_s=0.01, until_step=10_000_000))
    stop = trial_pb2.Directive(action=trial_pb2.DIRECTIVE_ACTION_STOP)
    peer.answers["Heartbeat"] = [trial_service_pb2.HeartbeatResponse(directive=stop)]
    [trial] = await async_study.ask("gpu-0")
    steps = 0
    async with trial:
        async for _ in trial.steps():
            steps += 1

    assert steps < 10_000_000
    assert peer.heard_of("CompleteTrial") == []


async def test_a_cancelled_worker_hands_its_trial_back(peer: Peer, async_study: assay.AsyncStudy) -> None:
    """Cancellation is not the trial's fault."""
    hand_out(peer, a_trial(1))
    began = asyncio.Event()

    async def work() -> None:
        async for trial in async_study.trials("gpu-0"):
            async with trial:
                began.set()
                await asyncio.Event().wait()

    worker = asyncio.create_task(work())
    await began.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker

    assert len(peer.heard_of("ReleaseTrial")) == 1


async def test_a_broken_watch_goes_on_where_it_was(peer: Peer, async_study: assay.AsyncStudy) -> None:
    """Nothing is told twice."""
    peer.answers["WatchTrials"] = [
        trial_service_pb2.WatchTrialsResponse(trials=[a_trial(1)], resume_token="after-1"),
        Fault(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"),
        trial_service_pb2.WatchTrialsResponse(
            trials=[a_trial(2)], resume_token="after-2", end_reason=study_pb2.STUDY_END_REASON_MAX_TRIALS
        ),
    ]

    assert [trial.number async for trial in async_study.watch()] == [1, 2]


async def test_a_wrong_address_is_told_soon() -> None:
    """By name."""
    async with assay.AsyncClient("127.0.0.1:1", connect_timeout_s=0.5) as client:
        with pytest.raises(assay.Unavailable, match=r"127\.0\.0\.1:1"):
            await client.get_study("digits")
