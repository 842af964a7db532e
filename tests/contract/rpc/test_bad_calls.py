"""Wrong calls over the wire: code, reason and the path of each wrong field, and nothing changed afterwards."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from google.protobuf import duration_pb2, field_mask_pb2
from google.protobuf.message import Message

from assay.v1 import space_pb2, study_pb2, study_service_pb2, trial_pb2, trial_service_pb2
from tests.contract.rpc.fronts import ServedFront, a_measurement, serving
from tests.contract.rpc.refusals import refused

NAN, INF = float("nan"), float("inf")
Spec = study_pb2.StudySpec


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


TRIAL = "projects/default/studies/digits/trials/1"


def acting(request_kind: type[Message], /, **fields: object) -> Callable[[str], Message]:
    """A request about the first trial with a token that is put in later."""

    def request(token: str) -> Message:
        return request_kind(**({"name": TRIAL, "lease_token": token} | fields))

    return request


REPORT, COMPLETE = trial_service_pb2.ReportMeasurementsRequest, trial_service_pb2.CompleteTrialRequest
FAIL, RELEASE = trial_service_pb2.FailTrialRequest, trial_service_pb2.ReleaseTrialRequest
CREATE, SUGGEST = trial_service_pb2.CreateTrialRequest, trial_service_pb2.SuggestTrialsRequest
STUDY = "projects/default/studies/digits"


def asking(request_kind: type[Message], /, **fields: object) -> Callable[[str], Message]:
    """A request without a token."""
    return lambda _token: request_kind(**fields)


def queued(**fields: object) -> trial_pb2.Trial:
    """A configuration to be queued."""
    values = {"lr": space_pb2.Value(double_value=0.5)}
    found = {"configuration": space_pb2.Configuration(values=values)} | fields
    return trial_pb2.Trial(**found)  # type: ignore[arg-type]  # by name


CALLS: dict[str, tuple[str, Callable[[str], Message], list[str]]] = {
    "no study": ("SuggestTrials", asking(SUGGEST, worker="w"), ["parent"]),
    "no study's name": ("SuggestTrials", asking(SUGGEST, parent="x", worker="w"), ["parent"]),
    "no worker": ("SuggestTrials", asking(SUGGEST, parent=STUDY), ["worker"]),
    "worker too long": ("SuggestTrials", asking(SUGGEST, parent=STUDY, worker="w" * 257), ["worker"]),
    "unprintable worker": ("SuggestTrials", asking(SUGGEST, parent=STUDY, worker="a\0b"), ["worker"]),
    "count below": ("SuggestTrials", asking(SUGGEST, parent=STUDY, worker="w", count=-1), ["count"]),
    "count above": ("SuggestTrials", asking(SUGGEST, parent=STUDY, worker="w", count=65), ["count"]),
    "no measurements": ("ReportMeasurements", acting(REPORT), ["measurements"]),
    "no token": (
        "ReportMeasurements",
        lambda _token: REPORT(name=TRIAL, measurements=[a_measurement()]),
        ["lease_token"],
    ),
    "no metrics": (
        "ReportMeasurements",
        acting(REPORT, measurements=[trial_pb2.Measurement(step=1)]),
        ["measurements[0].metrics"],
    ),
    "NaN loss": (
        "ReportMeasurements",
        acting(REPORT, measurements=[a_measurement(loss=NAN, acc=INF)]),
        ["measurements[0].metrics['acc'].value", "measurements[0].metrics['loss'].value"],
    ),
    "negative sem": (
        "ReportMeasurements",
        acting(
            REPORT,
            measurements=[trial_pb2.Measurement(step=1, metrics={"loss": trial_pb2.MetricValue(value=0, sem=-1.0)})],
        ),
        ["measurements[0].metrics['loss'].sem"],
    ),
    "steps do not grow": (
        "ReportMeasurements",
        acting(REPORT, measurements=[a_measurement(2), a_measurement(2)]),
        ["measurements[1].step"],
    ),
    "negative step and cost": (
        "ReportMeasurements",
        acting(
            REPORT,
            measurements=[
                trial_pb2.Measurement(step=-1, metrics={"loss": trial_pb2.MetricValue(value=0.0)}, cost=-1.0)
            ],
        ),
        ["measurements[0].step", "measurements[0].cost"],
    ),
    "no duration": (
        "ReportMeasurements",
        acting(
            REPORT,
            measurements=[
                trial_pb2.Measurement(
                    metrics={"loss": trial_pb2.MetricValue(value=0.0)}, elapsed=duration_pb2.Duration(nanos=2 * 10**9)
                )
            ],
        ),
        ["measurements[0].elapsed"],
    ),
    "too many measurements": (
        "ReportMeasurements",
        acting(REPORT, measurements=[a_measurement(i) for i in range(1001)]),
        ["measurements"],
    ),
    "name too long": (
        "ReportMeasurements",
        acting(REPORT, measurements=[a_measurement(1, **{"m" * 129: 1.0})]),
        [f"measurements[0].metrics['{'m' * 129}']"],
    ),
    "no uri": (
        "ReportMeasurements",
        acting(REPORT, measurements=[a_measurement()], checkpoint=trial_pb2.Checkpoint(step=-1, sha256="A")),
        ["checkpoint.uri", "checkpoint.step", "checkpoint.sha256"],
    ),
    "provenance too long": (
        "ReportMeasurements",
        acting(REPORT, measurements=[a_measurement()], provenance=trial_pb2.Provenance(hardware="x" * 1025)),
        ["provenance.hardware"],
    ),
    "no trial's name": ("GetTrial", asking(trial_service_pb2.GetTrialRequest, name="trials/1"), ["name"]),
    "trial zero": (
        "GetTrial",
        asking(trial_service_pb2.GetTrialRequest, name="projects/default/studies/digits/trials/0"),
        ["name"],
    ),
    "nothing reported": ("CompleteTrial", acting(COMPLETE), ["final_measurement.metrics"]),
    "final without the objective": (
        "CompleteTrial",
        acting(COMPLETE, final_measurement=trial_pb2.Measurement(metrics={"acc": trial_pb2.MetricValue(value=1.0)})),
        ["final_measurement.metrics"],
    ),
    "NaN at the end": (
        "CompleteTrial",
        acting(COMPLETE, final_measurement=a_measurement(loss=NAN)),
        ["final_measurement.metrics['loss'].value"],
    ),
    "failure of the server's": (
        "FailTrial",
        acting(FAIL, kind=trial_pb2.FAILURE_KIND_LEASE_EXPIRED),
        ["kind"],
    ),
    "unknown failure": ("FailTrial", acting(FAIL, kind=9), ["kind"]),
    "checkpoint nowhere": ("ReleaseTrial", acting(RELEASE, checkpoint=trial_pb2.Checkpoint()), ["checkpoint.uri"]),
    "no configuration": ("CreateTrial", asking(CREATE, parent=STUDY), ["trial"]),
    "empty configuration": (
        "CreateTrial",
        asking(CREATE, parent=STUDY, trial=trial_pb2.Trial()),
        ["trial.configuration"],
    ),
    "configuration outside": (
        "CreateTrial",
        asking(
            CREATE,
            parent=STUDY,
            trial=queued(
                configuration=space_pb2.Configuration(values={"lr": space_pb2.Value(double_value=2.0)}),
                labels={"A": "b"},
            ),
        ),
        ["trial.configuration.values['lr']", "trial.labels['A']"],
    ),
    "external without the objective": (
        "CreateTrial",
        asking(
            CREATE,
            parent=STUDY,
            trial=queued(),
            measurements=[trial_pb2.Measurement(metrics={"acc": trial_pb2.MetricValue(value=1.0)})],
        ),
        ["measurements[0].metrics"],
    ),
    "negative page": (
        "ListTrials",
        asking(trial_service_pb2.ListTrialsRequest, parent=STUDY, page_size=-1),
        ["page_size"],
    ),
    "unknown view": ("ListTrials", asking(trial_service_pb2.ListTrialsRequest, parent=STUDY, view=9), ["view"]),
    "wrong filter and order": (
        "ListTrials",
        asking(trial_service_pb2.ListTrialsRequest, parent=STUDY, filter="x", order_by="y"),
        ["filter", "order_by"],
    ),
    "no test metrics": (
        "SealTestMetrics",
        asking(trial_service_pb2.SealTestMetricsRequest, name=TRIAL),
        ["metrics"],
    ),
    "NaN on the test data": (
        "SealTestMetrics",
        asking(trial_service_pb2.SealTestMetricsRequest, name=TRIAL, metrics={"acc": trial_pb2.MetricValue(value=NAN)}),
        ["metrics['acc'].value"],
    ),
}


@pytest.mark.parametrize("case", CALLS)
async def test_a_wrong_call_is_refused(front: ServedFront, case: str) -> None:
    """INVALID_ARGUMENT with the path of each wrong field; the study and its trial are as they were."""
    method, request, fields = CALLS[case]
    study = await front.with_study()
    trial = await front.with_trial(study)
    before = await _all_of(front)

    wrong = await refused(front, f"TrialService/{method}", request(trial.lease.token))

    assert (wrong.code, wrong.reason) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")
    assert sorted(wrong.fields) == sorted(fields)
    assert await _all_of(front) == before
    assert front.log.calls[-1].code == "OK"
    assert not front.log.defects


async def _all_of(front: ServedFront) -> list[Message]:
    study = await front.studies.GetStudy(study_service_pb2.GetStudyRequest(name=STUDY))
    trials = await front.trials.ListTrials(
        trial_service_pb2.ListTrialsRequest(parent=STUDY, view=trial_pb2.TRIAL_VIEW_FULL)
    )
    return [study, *trials.trials]


async def test_bytes_that_are_no_message_are_refused(front: ServedFront) -> None:
    """Wrong types on the wire are the caller's fault, not a defect of ours."""
    for path in ("StudyService/CreateStudy", "TrialService/SuggestTrials", "AnalysisService/GetFront"):
        wrong = await refused(front, path, b"\xff\xff\xff")

        assert (wrong.code, wrong.reason) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")
        assert "the bytes are not a" in wrong.text


UPDATES = {
    "what cannot change": (["spec.space"], ["update_mask"]),
    "output only": (["state", "uid"], ["update_mask", "update_mask"]),
    "within the budget": (["spec.budget.max_trials"], ["update_mask"]),
    "unknown field": (["colour"], ["update_mask"]),
}


@pytest.mark.parametrize("case", UPDATES)
async def test_what_is_immutable_cannot_be_updated(front: ServedFront, case: str) -> None:
    """The mask names what may change; anything else is refused, by name."""
    paths, fields = UPDATES[case]
    study = await front.with_study()
    request = study_service_pb2.UpdateStudyRequest(
        study=study_pb2.Study(name=study.name, spec=study_pb2.StudySpec(description="new")),
        update_mask=field_mask_pb2.FieldMask(paths=paths),
    )

    wrong = await refused(front, "StudyService/UpdateStudy", request)

    assert (wrong.code, wrong.fields) == ("INVALID_ARGUMENT", fields)
    assert paths[0] in wrong.text


async def test_what_is_output_only_is_ignored(front: ServedFront) -> None:
    """Fields that only the server sets do not trouble a caller who sends back what was read (AIP-203)."""
    study = await front.with_study()
    study.state = study_pb2.STUDY_STATE_COMPLETED
    study.cost_spent = 7.0
    study.spec.description = "new"

    changed = await front.studies.UpdateStudy(study_service_pb2.UpdateStudyRequest(study=study))

    assert changed.spec.description == "new"
    assert changed.state == study_pb2.STUDY_STATE_ACTIVE
    assert changed.cost_spent == 0.0
