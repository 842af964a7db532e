"""A study over the wire: created, asked, told, read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.v1 import analysis_service_pb2, study_pb2, study_service_pb2, trial_pb2, trial_service_pb2
from tests.contract.rpc.fronts import ServedFront, a_measurement, a_spec, serving


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


async def test_a_study_reads_back_as_it_was_specified(front: ServedFront) -> None:
    """The specification that a study shows is the one it was created from."""
    spec = a_spec(seed=0, labels={"team": "vision"}, budget=study_pb2.Budget(max_trials=3))
    created = await front.with_study(seed=0, labels={"team": "vision"}, budget=study_pb2.Budget(max_trials=3))

    study = await front.studies.GetStudy(study_service_pb2.GetStudyRequest(name=created.name))

    assert study == created
    assert study.spec.labels == {"team": "vision"}
    assert study.spec.seed == 0
    assert study.spec.HasField("seed")
    assert study.spec.budget == spec.budget
    assert study.spec.space.parameters[0].name == "lr"
    assert study.state == study_pb2.STUDY_STATE_ACTIVE


async def test_a_trial_is_asked_for_and_completed(front: ServedFront) -> None:
    """Ask, report, complete: the result stands in the trial and in the front."""
    study = await front.with_study()
    trial = await front.with_trial(study)

    report = await front.trials.ReportMeasurements(
        trial_service_pb2.ReportMeasurementsRequest(
            name=trial.name, lease_token=trial.lease.token, measurements=[a_measurement(loss=0.0)]
        )
    )
    done = await front.trials.CompleteTrial(
        trial_service_pb2.CompleteTrialRequest(name=trial.name, lease_token=trial.lease.token)
    )

    assert report.directive.action == trial_pb2.DIRECTIVE_ACTION_CONTINUE
    assert report.state == trial_pb2.TRIAL_STATE_RUNNING
    assert done.trial.state == trial_pb2.TRIAL_STATE_SUCCEEDED
    assert done.trial.final_measurement.metrics["loss"].value == 0.0
    front_ = await front.analyses.GetFront(analysis_service_pb2.GetFrontRequest(name=study.name))
    assert [t.name for t in front_.trials] == [trial.name]


async def test_only_the_holder_sees_the_lease_token(front: ServedFront) -> None:
    """Whoever reads a trial cannot act in its holder's place."""
    study = await front.with_study()
    trial = await front.with_trial(study)

    read = await front.trials.GetTrial(trial_service_pb2.GetTrialRequest(name=trial.name))
    beat = await front.trials.Heartbeat(
        trial_service_pb2.HeartbeatRequest(name=trial.name, lease_token=trial.lease.token)
    )

    assert trial.lease.token
    assert read.lease.worker == "gpu-0"
    assert read.lease.token == ""
    assert beat.lease.token == ""


async def test_a_full_view_has_measurements_and_attempts(front: ServedFront) -> None:
    """GetTrial and a full list show what happened; a basic list does not."""
    study = await front.with_study()
    trial = await front.with_trial(study)
    await front.trials.ReportMeasurements(
        trial_service_pb2.ReportMeasurementsRequest(
            name=trial.name, lease_token=trial.lease.token, measurements=[a_measurement(1), a_measurement(2)]
        )
    )

    one = await front.trials.GetTrial(trial_service_pb2.GetTrialRequest(name=trial.name))
    full = await front.trials.ListTrials(
        trial_service_pb2.ListTrialsRequest(parent=study.name, view=trial_pb2.TRIAL_VIEW_FULL)
    )
    basic = await front.trials.ListTrials(trial_service_pb2.ListTrialsRequest(parent=study.name))

    assert [m.step for m in one.measurements] == [1, 2]
    assert [a.number for a in one.attempts] == [1]
    assert list(full.trials) == [one]
    assert not basic.trials[0].measurements
    assert not basic.trials[0].attempts


async def test_a_repeated_call_has_one_effect_and_one_answer(front: ServedFront) -> None:
    """The same request_id gives the same trial, whatever happened in between."""
    study = await front.with_study()
    request = trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0", request_id="once")

    first = await front.trials.SuggestTrials(request, timeout=20)
    again = await front.trials.SuggestTrials(request, timeout=20)

    assert first.trials
    assert again == first


async def test_nothing_ready_is_no_error(front: ServedFront) -> None:
    """An asker whose deadline comes first gets no trials, and when to ask again."""
    study = await front.with_study()
    front.source.is_dry = True

    answer = await front.trials.SuggestTrials(
        trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0"), timeout=0.3
    )

    assert not answer.trials
    assert answer.HasField("retry_delay")
    assert answer.end_reason == study_pb2.STUDY_END_REASON_UNSPECIFIED


async def test_a_study_that_is_over_says_so(front: ServedFront) -> None:
    """A worker that asks a stopped study learns that there is nothing to ask for any more."""
    study = await front.with_study()
    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name))

    answer = await front.trials.SuggestTrials(
        trial_service_pb2.SuggestTrialsRequest(parent=study.name, worker="gpu-0"), timeout=5
    )

    assert not answer.trials
    assert answer.end_reason == study_pb2.STUDY_END_REASON_STOPPED_BY_USER
