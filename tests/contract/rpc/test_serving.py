"""What surrounds the calls: health, reflection, deadlines, an orderly end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from assay.v1 import study_service_pb2, trial_pb2, trial_service_pb2
from assay_server.rpc.services import SERVICES
from tests.contract.rpc.fronts import ServedFront, a_measurement, serving
from tests.contract.rpc.refusals import Refused


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


@pytest.mark.parametrize("service", ["", *(s.full_name for s in SERVICES)])
async def test_every_service_is_healthy(front: ServedFront, service: str) -> None:
    """Balancers see the server as a whole and each service."""
    health = health_pb2_grpc.HealthStub(front.channel)

    answer = await health.Check(health_pb2.HealthCheckRequest(service=service))

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_server_that_ends_says_so_first(front: ServedFront) -> None:
    """NOT_SERVING while calls are still taken, so that nobody is sent there any more."""
    health = health_pb2_grpc.HealthStub(front.channel)

    await front.server.announce_end()

    answer = await health.Check(health_pb2.HealthCheckRequest(service=""))
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
    await front.with_study()


async def test_a_drain_lets_running_trials_report(front: ServedFront) -> None:
    """Nothing is handed out any more, but what was measured is still taken."""
    study = await front.with_study()
    trial = await front.with_trial(study)

    front.trials_service.drain()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await front.with_trial(study, "gpu-1")
    done = await front.trials.CompleteTrial(
        trial_service_pb2.CompleteTrialRequest(
            name=trial.name, lease_token=trial.lease.token, final_measurement=a_measurement()
        )
    )

    assert Refused(error.value).code == "UNAVAILABLE"
    assert done.trial.state == trial_pb2.TRIAL_STATE_SUCCEEDED


async def test_who_waits_is_answered_when_the_server_ends(front: ServedFront) -> None:
    """An asker is sent away empty-handed at once, not cut off."""
    study = await front.with_study()
    front.source.is_dry = True
    ask = trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0")
    waiting = asyncio.ensure_future(front.trials.SuggestTrials(ask, timeout=30))
    await front.source.was_asked.wait()

    front.trials_service.drain()
    answer = await asyncio.wait_for(waiting, 10)

    assert not answer.trials
    assert answer.HasField("retry_delay")


async def test_a_cancelled_call_is_counted_as_such(front: ServedFront) -> None:
    """A worker that leaves while it waits is no error of ours."""
    study = await front.with_study()
    front.source.is_dry = True
    ask = trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0")
    waiting = asyncio.ensure_future(front.trials.SuggestTrials(ask, timeout=30))
    await front.source.was_asked.wait()

    waiting.cancel()
    await front.log.saw("CANCELLED")

    assert not front.log.defects


async def ask_reflection(front: ServedFront, **request: str) -> reflection_pb2.ServerReflectionResponse:
    """One question to the reflection service."""
    stub = reflection_pb2_grpc.ServerReflectionStub(front.channel)

    async def questions() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(**request)

    async for answer in stub.ServerReflectionInfo(questions()):
        return answer
    raise AssertionError("no answer")


async def reflected(front: ServedFront, service: str) -> descriptor_pool.DescriptorPool:
    """A pool with everything that the server says about a service, and nothing else."""
    pool = descriptor_pool.DescriptorPool()
    answer = await ask_reflection(front, file_containing_symbol=service)
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(raw)
        for raw in answer.file_descriptor_response.file_descriptor_proto
    ]
    added: set[str] = set()
    while len(added) < len(files):
        for file in files:
            if file.name not in added and set(file.dependency) <= added:
                pool.Add(file)
                added.add(file.name)
    return pool


async def test_a_study_is_run_by_reflection_alone(front: ServedFront) -> None:
    """Someone without a .proto creates a study, asks and tells, as grpcurl does."""
    listed = await ask_reflection(front, list_services="")
    assert {s.full_name for s in SERVICES} <= {s.name for s in listed.list_services_response.service}
    pool = await reflected(front, "assay.v1.TrialService")
    pool_of_studies = await reflected(front, "assay.v1.StudyService")

    async def call(path: str, fill: str, known: descriptor_pool.DescriptorPool) -> Message:
        service, name = path.split("/")
        method = known.FindServiceByName(service).FindMethodByName(name)
        request = message_factory.GetMessageClass(method.input_type)()
        json_format.Parse(fill, request, descriptor_pool=known)
        answer = message_factory.GetMessageClass(method.output_type)()
        answer.ParseFromString(await front.call(path, request))
        return answer

    study = await call(
        "assay.v1.StudyService/CreateStudy",
        """{"studyId": "digits", "study": {"spec": {
             "space": {"parameters": [{"name": "lr", "double": {"min": 0, "max": 1}}]},
             "objectives": [{"metric": "loss", "goal": "GOAL_MINIMIZE"}]}}}""",
        pool_of_studies,
    )
    asked = await call("assay.v1.TrialService/SuggestTrials", f'{{"parent": "{study.name}", "worker": "w"}}', pool)  # type: ignore[attr-defined]  # made from descriptors
    trial = asked.trials[0]  # type: ignore[attr-defined]  # made from descriptors
    told = await call(
        "assay.v1.TrialService/CompleteTrial",
        f'{{"name": "{trial.name}", "leaseToken": "{trial.lease.token}",'
        ' "finalMeasurement": {"metrics": {"loss": {"value": 0}}}}',
        pool,
    )

    assert told.trial.state == trial_pb2.TRIAL_STATE_SUCCEEDED  # type: ignore[attr-defined]  # made from descriptors


async def test_a_message_that_is_too_large_is_refused(front: ServedFront) -> None:
    """4 MB a request; beyond that nothing is read."""
    request = study_service_pb2.CreateStudyRequest(study_id="x" * (4 * 1024 * 1024 + 1))

    with pytest.raises(grpc.aio.AioRpcError) as error:
        await front.studies.CreateStudy(request)

    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_deadline_that_passes_is_no_defect(front: ServedFront) -> None:
    """The caller reads DEADLINE_EXCEEDED; nothing is logged as a fault of ours."""
    study = await front.with_study()
    front.source.is_dry = True

    with pytest.raises(grpc.aio.AioRpcError) as error:
        await front.trials.SuggestTrials(
            trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0"), timeout=1e-6
        )

    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert not front.log.defects
