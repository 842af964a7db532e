"""Refusals that depend on the state of things: code, reason, and what they say for machines."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from assay.v1 import analysis_service_pb2, study_pb2, study_service_pb2, trial_pb2, trial_service_pb2
from assay_server.rpc.services import NOT_SERVED_YET, Bounds
from tests.contract.rpc.fronts import ServedFront, a_measurement, a_spec, serving
from tests.contract.rpc.refusals import refused


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


async def test_a_missing_study_is_named(front: ServedFront) -> None:
    """NOT_FOUND says which."""
    name = "projects/default/studies/nowhere"

    wrong = await refused(front, "StudyService/GetStudy", study_service_pb2.GetStudyRequest(name=name))

    assert (wrong.code, wrong.reason) == ("NOT_FOUND", "STUDY_NOT_FOUND")
    assert wrong.resource.resource_name == name


async def test_a_missing_trial_is_named(front: ServedFront) -> None:
    """NOT_FOUND says which."""
    study = await front.with_study()
    name = f"{study.name}/trials/9"

    wrong = await refused(front, "TrialService/GetTrial", trial_service_pb2.GetTrialRequest(name=name))

    assert (wrong.code, wrong.reason) == ("NOT_FOUND", "TRIAL_NOT_FOUND")
    assert wrong.resource.resource_name == name


async def test_another_specification_under_the_same_name_is_refused(front: ServedFront) -> None:
    """ALREADY_EXISTS says in what they differ; the same specification gives the existing study."""
    study = await front.with_study(seed=1)
    again = await front.with_study(seed=1)
    request = study_service_pb2.CreateStudyRequest(study_id="digits", study=study_pb2.Study(spec=a_spec(seed=2)))

    wrong = await refused(front, "StudyService/CreateStudy", request)

    assert again == study
    assert (wrong.code, wrong.reason) == ("ALREADY_EXISTS", "STUDY_SPEC_MISMATCH")
    assert wrong.info.metadata["differing"] == "seed"


async def test_a_zombie_changes_nothing(front: ServedFront) -> None:
    """A token that is not the last lease's is LEASE_LOST, and the trial is as it was."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    request = trial_service_pb2.ReportMeasurementsRequest(
        name=trial.name, lease_token="an older one", measurements=[a_measurement()]
    )

    wrong = await refused(front, "TrialService/ReportMeasurements", request)

    assert (wrong.code, wrong.reason) == ("ABORTED", "LEASE_LOST")
    assert wrong.info.metadata["holder"] == "gpu-0"
    after = await front.trials.GetTrial(trial_service_pb2.GetTrialRequest(name=trial.name))
    assert not after.measurements


async def test_terminal_is_terminal(front: ServedFront) -> None:
    """A completed trial takes no further result."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    request = trial_service_pb2.CompleteTrialRequest(
        name=trial.name, lease_token=trial.lease.token, final_measurement=a_measurement()
    )
    await front.trials.CompleteTrial(request)
    request.final_measurement.metrics["loss"].value = 0.0

    wrong = await refused(front, "TrialService/CompleteTrial", request)

    assert (wrong.code, wrong.reason) == ("FAILED_PRECONDITION", "WRONG_TRIAL_STATE")
    after = await front.trials.GetTrial(trial_service_pb2.GetTrialRequest(name=trial.name))
    assert after.final_measurement.metrics["loss"].value == 0.5


async def test_a_study_that_is_over_takes_no_trial(front: ServedFront) -> None:
    """STUDY_OVER says why it is over."""
    study = await front.with_study()
    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name))
    request = trial_service_pb2.CreateTrialRequest(parent=study.name)
    request.trial.configuration.values["lr"].double_value = 0.5

    wrong = await refused(front, "TrialService/CreateTrial", request)

    assert (wrong.code, wrong.reason) == ("FAILED_PRECONDITION", "STUDY_OVER")
    assert wrong.info.metadata["end_reason"] == "STOPPED_BY_USER"


async def test_the_test_set_stays_sealed(front: ServedFront) -> None:
    """Its metrics are refused while the search goes on, and a second time after it."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    done = trial_service_pb2.CompleteTrialRequest(
        name=trial.name, lease_token=trial.lease.token, final_measurement=a_measurement()
    )
    await front.trials.CompleteTrial(done)
    seal = trial_service_pb2.SealTestMetricsRequest(name=trial.name)
    seal.metrics["acc"].value = 0.0

    early = await refused(front, "TrialService/SealTestMetrics", seal)
    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name))
    sealed = await front.trials.SealTestMetrics(seal)
    twice = await refused(front, "TrialService/SealTestMetrics", seal)

    assert (early.code, early.reason) == ("FAILED_PRECONDITION", "STUDY_NOT_OVER")
    assert sealed.trial.test_metrics["acc"].value == 0.0
    assert (twice.code, twice.reason) == ("FAILED_PRECONDITION", "TEST_METRICS_SEALED")


async def test_a_request_id_belongs_to_one_payload(front: ServedFront) -> None:
    """The same id with another worker is refused."""
    study = await front.with_study()
    request = trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0", request_id="once")
    await front.trials.SuggestTrials(request, timeout=20)
    request.worker = "gpu-1"

    wrong = await refused(front, "TrialService/SuggestTrials", request)

    assert (wrong.code, wrong.reason) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
    assert wrong.fields == ["request_id"]


async def test_a_request_id_belongs_to_one_method(front: ServedFront) -> None:
    """The same id and name in another call is another payload."""
    study = await front.with_study()
    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name, request_id="once"))

    wrong = await refused(
        front,
        "StudyService/ReopenStudy",
        study_service_pb2.ReopenStudyRequest(name=study.name, request_id="once"),
    )

    assert wrong.reason == "REQUEST_ID_REUSED"


async def test_an_old_etag_is_refused(front: ServedFront) -> None:
    """Who has not seen the last change does not overwrite it."""
    study = await front.with_study()
    request = study_service_pb2.UpdateStudyRequest(
        study=study_pb2.Study(name=study.name, etag=study.etag, spec=study_pb2.StudySpec(description="new"))
    )
    await front.studies.UpdateStudy(request)

    wrong = await refused(front, "StudyService/UpdateStudy", request)

    assert (wrong.code, wrong.reason) == ("ABORTED", "ETAG_MISMATCH")


async def test_a_stale_page_token_is_refused(front: ServedFront) -> None:
    """A token of another query, or of a study that was deleted and made anew, is of no list."""
    study = await front.with_study()
    for worker in ("gpu-0", "gpu-1"):
        await front.with_trial(study, worker)
    request = trial_service_pb2.ListTrialsRequest(parent=study.name, page_size=1)
    request.page_token = (await front.trials.ListTrials(request)).next_page_token
    other = trial_service_pb2.ListTrialsRequest()
    other.CopyFrom(request)
    other.filter = "state = RUNNING"

    of_another_query = await refused(front, "TrialService/ListTrials", other)
    await front.studies.DeleteStudy(study_service_pb2.DeleteStudyRequest(name=study.name))
    await front.with_study()
    of_another_study = await refused(front, "TrialService/ListTrials", request)

    for wrong in (of_another_query, of_another_study):
        assert (wrong.code, wrong.reason) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN")
        assert wrong.fields == ["page_token"]


@pytest.mark.parametrize("method", NOT_SERVED_YET)
async def test_what_is_not_served_yet_says_so(front: ServedFront, method: str) -> None:
    """UNIMPLEMENTED with a reason, not an unknown method."""
    wrong = await refused(front, f"AnalysisService/{method}", b"")

    assert (wrong.code, wrong.reason) == ("UNIMPLEMENTED", "NOT_SERVED_YET")
    assert NOT_SERVED_YET[method] in wrong.text


async def test_more_calls_than_fit_are_told_when_to_come_again(tmp_path: Path) -> None:
    """Beyond the bound: RESOURCE_EXHAUSTED with RetryInfo; reports have a reserve of their own."""
    async with serving(tmp_path, bounds=Bounds(max_calls=1)) as front:
        study = await front.with_study()
        trial = await front.with_trial(study)
        front.source.is_dry = True
        front.source.was_asked.clear()
        ask = trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-1")
        waiting = asyncio.ensure_future(front.trials.SuggestTrials(ask, timeout=30))
        await front.source.was_asked.wait()

        wrong = await refused(front, "StudyService/GetStudy", study_service_pb2.GetStudyRequest(name=study.name))
        beat = await front.trials.Heartbeat(
            trial_service_pb2.HeartbeatRequest(name=trial.name, lease_token=trial.lease.token)
        )
        waiting.cancel()

    assert (wrong.code, wrong.reason) == ("RESOURCE_EXHAUSTED", "OVERLOADED")
    assert wrong.retry.retry_delay.ToTimedelta().total_seconds() > 0
    assert beat.directive.action == trial_pb2.DIRECTIVE_ACTION_CONTINUE


async def test_a_missing_objective_is_not_guessed(front: ServedFront) -> None:
    """The best trial by a metric that is no objective is refused, with those that are."""
    study = await front.with_study()
    request = analysis_service_pb2.GetBestTrialRequest(name=study.name, metric="acc")

    wrong = await refused(front, "AnalysisService/GetBestTrial", request)

    assert (wrong.code, wrong.fields) == ("INVALID_ARGUMENT", ["metric"])


async def test_every_call_leaves_a_line_and_an_id(front: ServedFront) -> None:
    """The caller's id, or a drawn one, stands in the log and in the trailing metadata, also of a refusal."""
    request = study_service_pb2.GetStudyRequest(name="projects/default/studies/nowhere")

    with pytest.raises(grpc.aio.AioRpcError) as wrong:
        await front.studies.GetStudy(request, metadata=(("x-request-id", "mine"),))
    listed = front.studies.ListStudies(study_service_pb2.ListStudiesRequest(parent="projects/default"))
    await listed

    assert dict(wrong.value.trailing_metadata())["x-request-id"] == "mine"
    assert dict(await listed.trailing_metadata())["x-request-id"] == "drawn-1"
    assert [(line.code, line.reason, line.request_id) for line in front.log.calls] == [
        ("NOT_FOUND", "STUDY_NOT_FOUND", "mine"),
        ("OK", "", "drawn-1"),
    ]
    counted = front.metrics.registry.get_sample_value(
        "assay_calls_total", {"method": "assay.v1.StudyService/GetStudy", "code": "NOT_FOUND"}
    )
    assert counted == 1
