"""Bad input over the wire: the exact code, reason and paths, and nothing changed afterwards."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf import duration_pb2, field_mask_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from assay.v1 import space_pb2, study_pb2, study_service_pb2, trial_pb2, trial_service_pb2
from assay_server.rpc.status import DETAILS_KEY
from tests.contract.rpc.fronts import ServedFront, a_measurement, a_spec, serving

NAN, INF = float("nan"), float("inf")
Spec = study_pb2.StudySpec


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


class Refused:
    """What a caller learnt of a refused call."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code = error.code().name
        self.text = error.details() or ""
        self.info = error_details_pb2.ErrorInfo()
        self.bad = error_details_pb2.BadRequest()
        packed = dict(error.trailing_metadata())[DETAILS_KEY]
        assert isinstance(packed, bytes)
        for detail in status_pb2.Status.FromString(packed).details:
            detail.Unpack(self.info)
            detail.Unpack(self.bad)

    @property
    def reason(self) -> str:
        """Of the ErrorInfo."""
        return self.info.reason

    @property
    def fields(self) -> list[str]:
        """Paths of the violations."""
        return [v.field for v in self.bad.field_violations]


async def refused(front: ServedFront, path: str, request: Message | bytes) -> Refused:
    """How a call was refused, which it must be."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await front.call(f"assay.v1.{path}", request)
    return Refused(error.value)


def parameter(name: str = "x", **kind: Message) -> space_pb2.Parameter:
    """A parameter; a double in [0, 1] unless a kind is given."""
    kinds = kind or {"double": space_pb2.DoubleParameter(max=1.0)}
    return space_pb2.Parameter(name=name, **kinds)  # type: ignore[arg-type]  # one member of the oneof, by name


def double(**fields: float) -> space_pb2.Parameter:
    """A double parameter in [0, 1] unless said otherwise."""
    return parameter(double=space_pb2.DoubleParameter(**({"max": 1.0} | fields)))  # type: ignore[arg-type]  # by name


def text(value: str) -> space_pb2.Value:
    """A string value."""
    return space_pb2.Value(string_value=value)


def choice(*values: str, **fields: object) -> space_pb2.Parameter:
    """A categorical parameter."""
    kind = space_pb2.CategoricalParameter(values=[text(v) for v in values], **fields)  # type: ignore[arg-type]  # by name
    return parameter(categorical=kind)


def when(name: str, on: str, value: str) -> space_pb2.Parameter:
    """A choice of a and b that exists only while *on* has *value*."""
    found = choice("a", "b")
    found.name = name
    found.conditions.add(parameter=on, values=[text(value)])
    return found


def space(*parameters: space_pb2.Parameter, **fields: object) -> Callable[[Spec], None]:
    """A specification over these parameters."""

    def change(spec: Spec) -> None:
        spec.space.CopyFrom(space_pb2.SearchSpace(parameters=parameters, **fields))  # type: ignore[arg-type]  # by name

    return change


def with_(**fields: object) -> Callable[[Spec], None]:
    """A specification with these fields replaced."""

    def change(spec: Spec) -> None:
        for name in fields:
            spec.ClearField(name)  # type: ignore[arg-type]  # by name
        spec.MergeFrom(Spec(**fields))  # type: ignore[arg-type]  # by name

    return change


def objective(metric: str = "loss", goal: int = study_pb2.GOAL_MINIMIZE, **fields: float) -> study_pb2.Objective:
    """An objective."""
    return study_pb2.Objective(metric=metric, goal=goal, **fields)  # type: ignore[arg-type]  # by number


def constraint(metric: str = "loss", **fields: object) -> study_pb2.OutcomeConstraint:
    """An outcome constraint."""
    side = {"comparison": space_pb2.COMPARISON_LESS_EQUAL} | fields
    return study_pb2.OutcomeConstraint(metric=metric, **side)  # type: ignore[arg-type]  # by name


def phases(*found: study_pb2.Phase) -> Callable[[Spec], None]:
    """A specification with these phases."""
    return with_(strategy=study_pb2.Strategy(phases=found))


RANDOM = study_pb2.Generator(random=study_pb2.RandomGenerator())
P0 = "study.spec.space.parameters[0]"

SPECS = {
    "missing space": (lambda s: s.ClearField("space"), ["study.spec.space"]),
    "no parameters": (space(), ["study.spec.space.parameters"]),
    "no kind": (space(space_pb2.Parameter(name="x")), [P0]),
    "no name": (space(parameter("")), [f"{P0}.name"]),
    "name too long": (space(parameter("x" * 129)), [f"{P0}.name"]),
    "unprintable name": (space(parameter("a\nb")), [f"{P0}.name"]),
    "name twice": (space(parameter(), parameter()), [f"{P0}.name", "study.spec.space.parameters[1].name"]),
    "min above max": (space(double(min=2.0)), [f"{P0}.double.min"]),
    "min is max": (space(double(min=1.0)), [f"{P0}.double.min"]),
    "NaN and infinity": (space(double(min=NAN, max=INF)), [f"{P0}.double.min", f"{P0}.double.max"]),
    "log from zero": (space(double(scale=space_pb2.SCALE_LOG)), [f"{P0}.double.min"]),
    "unknown scale": (space(double(scale=7)), [f"{P0}.double.scale"]),
    "step zero": (space(double(step=0.0)), [f"{P0}.double.step"]),
    "step on log": (space(double(min=0.1, scale=space_pb2.SCALE_LOG, step=0.1)), [f"{P0}.double.step"]),
    "default outside": (space(double(default_value=3.0)), [f"{P0}.double.default_value"]),
    "integer beyond 2^53": (
        space(parameter(integer=space_pb2.IntegerParameter(max=2**60))),
        [f"{P0}.integer.max"],
    ),
    "empty choices": (space(choice()), [f"{P0}.categorical.values"]),
    "choice twice": (space(choice("a", "a")), [f"{P0}.categorical.values[1]"]),
    "choice without kind": (
        space(parameter(categorical=space_pb2.CategoricalParameter(values=[text("a"), space_pb2.Value()]))),
        [f"{P0}.categorical.values[1]"],
    ),
    "too many choices": (space(choice(*(str(i) for i in range(1001)))), [f"{P0}.categorical.values"]),
    "default no choice": (space(choice("a", default_value=text("b"))), [f"{P0}.categorical.default_value"]),
    "weights do not fit": (space(choice("a", prior_weights=[1.0, 2.0])), [f"{P0}.categorical.prior_weights"]),
    "fixed without value": (space(parameter(fixed=space_pb2.FixedParameter())), [f"{P0}.fixed.value"]),
    "unknown condition": (space(when("x", "y", "a")), [f"{P0}.conditions[0].parameter"]),
    "condition on no value": (
        space(choice("a"), when("y", "x", "c")),
        ["study.spec.space.parameters[1].conditions[0].values[0]"],
    ),
    "cyclic conditions": (
        space(when("x", "y", "a"), when("y", "x", "a")),
        [f"{P0}.conditions", "study.spec.space.parameters[1].conditions"],
    ),
    "constraint on unknown parameter": (
        space(
            parameter(),
            constraints=[
                space_pb2.ParameterConstraint(
                    terms=[space_pb2.LinearTerm(name="y", weight=1.0)], comparison=space_pb2.COMPARISON_LESS_EQUAL
                )
            ],
        ),
        ["study.spec.space.constraints[0].terms[0].name"],
    ),
    "constraint without comparison": (
        space(
            parameter(),
            constraints=[space_pb2.ParameterConstraint(terms=[space_pb2.LinearTerm(name="x", weight=1.0)])],
        ),
        ["study.spec.space.constraints[0].comparison"],
    ),
    "no objective": (with_(objectives=[]), ["study.spec.objectives"]),
    "objective twice": (
        with_(objectives=[objective(), objective()]),
        ["study.spec.objectives[0].metric", "study.spec.objectives[1].metric"],
    ),
    "no goal": (with_(objectives=[objective(goal=0)]), ["study.spec.objectives[0].goal"]),
    "unknown goal": (with_(objectives=[objective(goal=9)]), ["study.spec.objectives[0].goal"]),
    "NaN threshold": (with_(objectives=[objective(threshold=NAN)]), ["study.spec.objectives[0].threshold"]),
    "constraint on unknown metric": (with_(constraints=[constraint("size")]), ["study.spec.constraints[0].metric"]),
    "constraint on a parameter": (with_(constraints=[constraint("lr")]), ["study.spec.constraints[0].metric"]),
    "infinite bound": (with_(constraints=[constraint(bound=INF)]), ["study.spec.constraints[0].bound"]),
    "no side": (with_(constraints=[constraint(comparison=0)]), ["study.spec.constraints[0].comparison"]),
    "soft weight zero": (with_(constraints=[constraint(soft_weight=0.0)]), ["study.spec.constraints[0].soft_weight"]),
    "tracked twice": (with_(tracked_metrics=["loss"]), ["study.spec.tracked_metrics[0]"]),
    "fidelity with no rung": (
        with_(fidelity=study_pb2.Fidelity(name="epoch", min=9, max=3)),
        ["study.spec.fidelity.max"],
    ),
    "rungs shrink": (
        with_(fidelity=study_pb2.Fidelity(name="epoch", min=1, max=9, rungs=[1, 3, 2, 9])),
        ["study.spec.fidelity.rungs"],
    ),
    "eta one": (with_(fidelity=study_pb2.Fidelity(name="epoch", min=1, max=9, eta=1.0)), ["study.spec.fidelity.eta"]),
    "step for nothing": (
        with_(fidelity=study_pb2.Fidelity(name="epoch", min=1, max=9, cost_model=study_pb2.CostModel())),
        ["study.spec.fidelity.cost_model.cost_per_step"],
    ),
    "budget of nothing": (
        with_(budget=study_pb2.Budget(max_trials=0, max_cost=0.0, parallelism=0)),
        ["study.spec.budget.max_trials", "study.spec.budget.parallelism", "study.spec.budget.max_cost"],
    ),
    "no duration": (
        with_(budget=study_pb2.Budget(max_duration=duration_pb2.Duration(seconds=1, nanos=-1))),
        ["study.spec.budget.max_duration"],
    ),
    "unknown target": (
        with_(budget=study_pb2.Budget(targets=[study_pb2.Target(metric="acc")])),
        ["study.spec.budget.targets[0].metric"],
    ),
    "no generator": (phases(study_pb2.Phase()), ["study.spec.strategy.phases[0].generator"]),
    "endless first phase": (
        phases(study_pb2.Phase(generator=RANDOM), study_pb2.Phase(generator=RANDOM)),
        ["study.spec.strategy.phases[0]"],
    ),
    "generator not served": (
        phases(study_pb2.Phase(generator=study_pb2.Generator(evolutionary=study_pb2.EvolutionaryGenerator()))),
        ["study.spec.strategy.phases[0].generator.evolutionary"],
    ),
    "no scheduler": (
        with_(strategy=study_pb2.Strategy(scheduler=study_pb2.Scheduler())),
        ["study.spec.strategy.scheduler"],
    ),
    "scheduler without fidelity": (
        with_(
            strategy=study_pb2.Strategy(
                scheduler=study_pb2.Scheduler(asynchronous_halving=study_pb2.AsynchronousHalvingScheduler())
            )
        ),
        ["study.spec.strategy.scheduler.asynchronous_halving"],
    ),
    "unknown freshness": (
        with_(strategy=study_pb2.Strategy(freshness=9)),  # type: ignore[arg-type]  # an unknown number
        ["study.spec.strategy.freshness"],
    ),
    "baseline of nothing": (
        with_(baselines=[space_pb2.Configuration()]),
        ["study.spec.baselines[0].values['lr']"],
    ),
    "baseline of another kind": (
        with_(baselines=[space_pb2.Configuration(values={"lr": text("high"), "y": text("z")})]),
        ["study.spec.baselines[0].values['y']", "study.spec.baselines[0].values['lr']"],
    ),
    "too many attempts": (with_(max_attempts=101), ["study.spec.max_attempts"]),
    "lease too short": (with_(lease_ttl=duration_pb2.Duration(nanos=5)), ["study.spec.lease_ttl"]),
    "description too long": (with_(description="x" * 4097), ["study.spec.description"]),
    "label key": (with_(labels={"A B": "x"}), ["study.spec.labels['A B']"]),
    "label too long": (with_(labels={"a": "x" * 257}), ["study.spec.labels['a']"]),
    "fingerprint too long": (
        with_(comparability=study_pb2.ComparabilityKey(dataset_fingerprint="x" * 1025)),
        ["study.spec.comparability.dataset_fingerprint"],
    ),
}


@pytest.mark.parametrize("case", SPECS)
async def test_a_wrong_specification_is_refused(front: ServedFront, case: str) -> None:
    """INVALID_ARGUMENT with the path of each wrong field, and no study."""
    change, fields = SPECS[case]
    spec = a_spec()
    change(spec)
    request = study_service_pb2.CreateStudyRequest(study_id="digits", study=study_pb2.Study(spec=spec))

    wrong = await refused(front, "StudyService/CreateStudy", request)

    assert (wrong.code, wrong.reason) == ("INVALID_ARGUMENT", "INVALID_ARGUMENT")
    assert sorted(wrong.fields) == sorted(fields)
    listed = await front.studies.ListStudies(study_service_pb2.ListStudiesRequest(parent="projects/default"))
    assert not listed.studies


async def test_all_violations_come_at_once(front: ServedFront) -> None:
    """What the wire cannot read and what the domain forbids are told together."""
    spec = a_spec(max_attempts=0)
    spec.objectives[0].goal = study_pb2.GOAL_UNSPECIFIED
    spec.space.parameters.add(name="depth")
    spec.space.parameters.add(name="width", integer=space_pb2.IntegerParameter(min=5, max=1))
    request = study_service_pb2.CreateStudyRequest(
        parent="somewhere", study_id="No Good", study=study_pb2.Study(spec=spec), request_id="x" * 129
    )

    wrong = await refused(front, "StudyService/CreateStudy", request)

    assert set(wrong.fields) == {
        "parent",
        "study_id",
        "request_id",
        "study.spec.max_attempts",
        "study.spec.objectives[0].goal",
        "study.spec.space.parameters[1]",
        "study.spec.space.parameters[2].integer.min",
    }


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
        study=study_pb2.Study(name=study.name, spec=Spec(description="new")),
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
