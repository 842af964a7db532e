"""Wrong specifications over the wire: code, reason and the path of each wrong field, and no study afterwards."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from google.protobuf import duration_pb2
from google.protobuf.message import Message

from assay.v1 import space_pb2, study_pb2, study_service_pb2
from tests.contract.rpc.fronts import ServedFront, a_spec, serving
from tests.contract.rpc.refusals import refused

NAN, INF = float("nan"), float("inf")
Spec = study_pb2.StudySpec


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


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
            spec.ClearField(name)
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

SPECS: dict[str, tuple[Callable[[Spec], None], list[str]]] = {
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
    "half a bracket": (
        with_(
            fidelity=study_pb2.Fidelity(name="epoch", min=1, max=9),
            strategy=study_pb2.Strategy(
                scheduler=study_pb2.Scheduler(successive_halving=study_pb2.SuccessiveHalvingScheduler(bracket_size=1))
            ),
        ),
        ["study.spec.strategy.scheduler.successive_halving.bracket_size"],
    ),
    "all percent": (
        with_(
            fidelity=study_pb2.Fidelity(name="epoch", min=1, max=9),
            strategy=study_pb2.Strategy(
                scheduler=study_pb2.Scheduler(percentile=study_pb2.PercentileScheduler(percentile=100))
            ),
        ),
        [
            "study.spec.strategy.scheduler.percentile.percentile",
            "study.spec.strategy.scheduler.percentile.min_trials",
        ],
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
