"""Every rule of a specification: what is wrong, where, all at once."""

import math
from dataclasses import replace

import pytest

from assay_server.domain.budget import Budget, Convergence, Target
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Derived,
    Double,
    Fixed,
    Integer,
    Kind,
    LinearTerm,
    Parameter,
    ParameterConstraint,
    SearchSpace,
)
from assay_server.domain.strategy import (
    AsynchronousHalving,
    Bayesian,
    Evolutionary,
    FullFidelity,
    Grid,
    HalvingForm,
    Hyperband,
    Percentile,
    Phase,
    Random,
    SchedulerSpec,
    Sobol,
    Strategy,
    SuccessiveHalving,
)
from assay_server.domain.study import StudySpec
from assay_server.domain.transfer import TransferSource

LR = Parameter(name="lr", kind=Double(min=1e-4, max=1e-1, log=True))
DEPTH = Parameter(name="depth", kind=Integer(min=1, max=6))
ACT = Parameter(name="act", kind=Categorical(values=("relu", "gelu")))
SPEC = StudySpec(space=SearchSpace(parameters=(LR, DEPTH, ACT)), objectives=(Objective(metric="loss", minimize=True),))


def fields(spec: StudySpec) -> list[str]:
    """Paths of all violations."""
    return [v.field for v in spec.violations("spec")]


def with_kind(kind: Kind) -> StudySpec:
    """The specification with one more parameter, `parameters[3]`."""
    return replace(SPEC, space=SearchSpace(parameters=(*SPEC.space.parameters, Parameter(name="x", kind=kind))))


def scheduled(scheduler: SchedulerSpec, *, max_step: int = 9) -> StudySpec:
    """The specification with a scheduler, and epochs from 1."""
    fidelity = Fidelity(name="epoch", min=1, max=max_step)
    return replace(SPEC, fidelity=fidelity, strategy=Strategy(scheduler=scheduler))


@pytest.mark.parametrize(
    "scheduler",
    [
        FullFidelity(),
        SuccessiveHalving(bracket_size=2),
        Hyperband(),
        Hyperband(asynchronous=True),
        AsynchronousHalving(),
        AsynchronousHalving(form=HalvingForm.STOPPING),
        AsynchronousHalving(progressive=True),
        Percentile(percentile=0.1, min_trials=1),
    ],
)
def test_every_scheduler_of_the_contract_is_served(scheduler: SchedulerSpec) -> None:
    """With a fidelity of more than one rung."""
    assert fields(scheduled(scheduler)) == []


def test_a_scheduler_says_what_it_needs() -> None:
    """Which fidelity has too few rungs, and which value is where."""
    (violation,) = scheduled(Hyperband(), max_step=1).violations("spec")

    assert violation.description == "needs a fidelity with two rungs at least; 'epoch' has one, at 1"


def test_a_sound_specification_breaks_no_rule() -> None:
    """The rules below are not broken by accident."""
    assert fields(SPEC) == []


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (Double(min=math.nan, max=1.0), "double.min"),
        (Double(min=0.0, max=math.inf), "double.max"),
        (Double(min=2.0, max=1.0), "double.min"),
        (Double(min=1.0, max=1.0), "double.min"),
        (Double(min=-1e308, max=1e308), "double.max"),
        (Double(min=0.0, max=1.0, log=True), "double.min"),
        (Double(min=0.0, max=1.0, step=0.0), "double.step"),
        (Double(min=0.0, max=1.0, step=-0.1), "double.step"),
        (Double(min=0.0, max=1.0, step=2.0), "double.step"),
        (Double(min=0.1, max=1.0, step=0.1, log=True), "double.step"),
        (Double(min=0.0, max=1.0, default=2.0), "double.default_value"),
        (Double(min=0.0, max=1.0, step=0.25, default=0.3), "double.default_value"),
        (Integer(min=3, max=2), "integer.min"),
        (Integer(min=0, max=2**60), "integer.max"),
        (Integer(min=0, max=9, log=True), "integer.min"),
        (Categorical(values=()), "categorical.values"),
        (Categorical(values=("a", 1)), "categorical.values"),
        (Categorical(values=(True, False)), "categorical.values"),
        (Categorical(values=("a", "a")), "categorical.values[1]"),
        (Categorical(values=(math.nan,)), "categorical.values[0]"),
        (Categorical(values=("a" * 300,)), "categorical.values[0]"),
        (Categorical(values=("a", "b"), default="c"), "categorical.default_value"),
        (Categorical(values=("a", "b"), prior_weights=(1.0,)), "categorical.prior_weights"),
        (Fixed(value=math.inf), "fixed.value"),
        (Derived(terms=()), "derived.terms"),
        (Derived(terms=(LinearTerm(name="nope", weight=1.0),)), "derived.terms[0].name"),
        (Derived(terms=(LinearTerm(name="act", weight=1.0),)), "derived.terms[0].name"),
        (Derived(terms=(LinearTerm(name="depth", weight=0.0),)), "derived.terms[0].weight"),
    ],
)
def test_a_bad_parameter_is_named_with_its_field(kind: Kind, field: str) -> None:
    """One rule each."""
    assert fields(with_kind(kind)) == [f"spec.space.parameters[3].{field}"]


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        (Condition(parameter="nope", values=(1,)), "parameter"),
        (Condition(parameter="lr", values=(0.1,)), "parameter"),
        (Condition(parameter="act", values=("tanh",)), "values[0]"),
        (Condition(parameter="act", values=()), "values"),
    ],
)
def test_a_bad_condition_is_named_with_its_field(condition: Condition, field: str) -> None:
    """Conditions look at discrete parameters of the same space, and at values these have."""
    x = Parameter(name="x", kind=Boolean(), conditions=(condition,))
    spec = replace(SPEC, space=SearchSpace(parameters=(*SPEC.space.parameters, x)))

    assert fields(spec) == [f"spec.space.parameters[3].conditions[0].{field}"]


def test_a_cycle_of_conditions_is_refused_for_each_member() -> None:
    """Nobody could ever be the first to be active."""
    a = Parameter(name="a", kind=Boolean(), conditions=(Condition(parameter="b", values=(True,)),))
    b = Parameter(name="b", kind=Boolean(), conditions=(Condition(parameter="a", values=(True,)),))
    spec = replace(SPEC, space=SearchSpace(parameters=(a, b)))

    assert fields(spec) == ["spec.space.parameters[0].conditions", "spec.space.parameters[1].conditions"]


def test_a_parameter_named_twice_is_refused_at_both_places() -> None:
    """Names are unique."""
    spec = replace(SPEC, space=SearchSpace(parameters=(LR, LR)))

    assert fields(spec) == ["spec.space.parameters[0].name", "spec.space.parameters[1].name"]


@pytest.mark.parametrize(
    ("constraint", "field"),
    [
        (ParameterConstraint(terms=(), at_most=True, bound=1.0), "terms"),
        (ParameterConstraint(terms=(LinearTerm(name="lr", weight=1.0),), at_most=True, bound=1.0), "terms[0].name"),
        (ParameterConstraint(terms=(LinearTerm(name="act", weight=1.0),), at_most=True, bound=1.0), "terms[0].name"),
        (
            ParameterConstraint(terms=(LinearTerm(name="depth", weight=math.inf),), at_most=True, bound=1.0),
            "terms[0].weight",
        ),
        (ParameterConstraint(terms=(LinearTerm(name="depth", weight=1.0),), at_most=True, bound=math.nan), "bound"),
    ],
)
def test_a_bad_parameter_constraint_is_named_with_its_field(constraint: ParameterConstraint, field: str) -> None:
    """Constraints are linear over numeric parameters on a linear scale."""
    spec = replace(SPEC, space=replace(SPEC.space, constraints=(constraint,)))

    assert fields(spec) == [f"spec.space.constraints[0].{field}"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (replace(SPEC, space=SearchSpace(parameters=())), ["space.parameters"]),
        (replace(SPEC, objectives=()), ["objectives"]),
        (replace(SPEC, objectives=SPEC.objectives * 2), ["objectives[0].metric", "objectives[1].metric"]),
        (replace(SPEC, objectives=(Objective(metric="", minimize=True),)), ["objectives[0].metric"]),
        (
            replace(SPEC, objectives=(Objective(metric="a", minimize=True, threshold=math.nan),)),
            ["objectives[0].threshold"],
        ),
        (
            replace(SPEC, constraints=(OutcomeConstraint(metric="size", at_most=True, bound=1.0),)),
            ["constraints[0].metric"],
        ),
        (
            replace(SPEC, constraints=(OutcomeConstraint(metric="loss", at_most=True, bound=math.inf),)),
            ["constraints[0].bound"],
        ),
        (
            replace(SPEC, constraints=(OutcomeConstraint(metric="loss", at_most=True, bound=1.0, soft_weight=0.0),)),
            ["constraints[0].soft_weight"],
        ),
        (replace(SPEC, tracked_metrics=("a", "a")), ["tracked_metrics[1]"]),
        (replace(SPEC, labels={"Team": "x"}), ["labels['Team']"]),
        (replace(SPEC, description="x" * 5000), ["description"]),
        (replace(SPEC, budget=Budget(max_trials=0)), ["budget.max_trials"]),
        (replace(SPEC, budget=Budget(max_cost=math.nan)), ["budget.max_cost"]),
        (replace(SPEC, budget=Budget(max_duration_s=-1.0)), ["budget.max_duration"]),
        (replace(SPEC, budget=Budget(parallelism=0)), ["budget.parallelism"]),
        (
            replace(SPEC, transfer=(TransferSource(study="A b", max_trials=0),)),
            ["transfer[0].study", "transfer[0].max_trials"],
        ),
        (replace(SPEC, transfer=(TransferSource(study="a"), TransferSource(study="a"))), ["transfer[1].study"]),
        (replace(SPEC, transfer=tuple(TransferSource(study=f"s{i}") for i in range(9))), ["transfer"]),
        (
            replace(SPEC, budget=Budget(convergence=Convergence(window_trials=1, min_relative_improvement=1.0))),
            ["budget.convergence.window_trials", "budget.convergence.min_relative_improvement"],
        ),
        (
            replace(SPEC, budget=Budget(convergence=Convergence(window_trials=2, min_relative_improvement=math.nan))),
            ["budget.convergence.min_relative_improvement"],
        ),
        (replace(SPEC, budget=Budget(targets=(Target(metric="x", value=1.0),))), ["budget.targets[0].metric"]),
        (replace(SPEC, max_attempts=0), ["max_attempts"]),
        (replace(SPEC, lease_ttl_s=0.0), ["lease_ttl"]),
        (
            replace(SPEC, baselines=({"lr": 1.0, "depth": 1},)),
            ["baselines[0].values['lr']", "baselines[0].values['act']"],
        ),
        (replace(SPEC, strategy=Strategy(max_staleness=0)), ["strategy.max_staleness"]),
        (
            replace(SPEC, strategy=Strategy(phases=(Phase(generator=Grid()),))),
            ["strategy.phases[0].generator.grid.resolution"],
        ),
        (
            replace(SPEC, strategy=Strategy(phases=(Phase(generator=Random()), Phase(generator=Sobol())))),
            ["strategy.phases[0]"],
        ),
        (
            replace(SPEC, strategy=Strategy(phases=(Phase(generator=Sobol(), max_trials=8, min_feasible=2),))),
            ["strategy.phases[0].max_trials", "strategy.phases[0].min_feasible"],
        ),
        (
            replace(SPEC, strategy=Strategy(phases=(Phase(generator=Bayesian(batch_size=0)),))),
            ["strategy.phases[0].generator.bayesian.batch_size"],
        ),
        (
            replace(SPEC, strategy=Strategy(phases=(Phase(generator=Evolutionary()),))),
            ["strategy.phases[0].generator.evolutionary"],
        ),
        (
            replace(SPEC, strategy=Strategy(scheduler=AsynchronousHalving())),
            ["strategy.scheduler.asynchronous_halving"],
        ),
        (replace(SPEC, strategy=Strategy(scheduler=Hyperband())), ["strategy.scheduler.hyperband"]),
        (scheduled(Hyperband(), max_step=1), ["strategy.scheduler.hyperband"]),
        (scheduled(Percentile(percentile=50, min_trials=1), max_step=1), ["strategy.scheduler.percentile"]),
        (scheduled(SuccessiveHalving(bracket_size=1)), ["strategy.scheduler.successive_halving.bracket_size"]),
        (scheduled(SuccessiveHalving(bracket_size=10_001)), ["strategy.scheduler.successive_halving.bracket_size"]),
        (
            scheduled(AsynchronousHalving(form=HalvingForm.STOPPING, progressive=True)),
            ["strategy.scheduler.asynchronous_halving.progressive"],
        ),
        *(
            (scheduled(Percentile(percentile=percentile, min_trials=1)), ["strategy.scheduler.percentile.percentile"])
            for percentile in (0.0, 100.0, -1.0, math.nan, math.inf)
        ),
        (scheduled(Percentile(percentile=50, min_trials=0)), ["strategy.scheduler.percentile.min_trials"]),
    ],
)
def test_a_bad_specification_is_told_every_field(spec: StudySpec, expected: list[str]) -> None:
    """Wrong in one place: exactly that place is named."""
    assert fields(spec) == [f"spec.{field}" for field in expected]


def test_all_violations_come_at_once() -> None:
    """Nobody wants to learn of their mistakes one by one."""
    spec = replace(SPEC, objectives=(), budget=Budget(max_trials=0), max_attempts=0)

    assert fields(spec) == ["spec.objectives", "spec.budget.max_trials", "spec.max_attempts"]
