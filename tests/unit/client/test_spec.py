"""Specifications: what the user writes, and what becomes of it."""

import inspect
from datetime import timedelta

import pytest

import assay
from assay.spec import SpecOptions

SPACE = {"lr": assay.double(1e-4, 1e-1, log=True), "depth": assay.integer(1, 6), "width": assay.integer(8, 64)}
LOSS = [assay.minimize("loss")]


def test_names_decide_what_a_constraint_bounds() -> None:
    """Parameters alone bound configurations; another name bounds that metric."""
    spec = assay.study_spec(space=SPACE, objectives=LOSS, constraints=["lr + 2*depth <= 3", "2 * params <= 400_000"])

    assert spec.parameter_constraints == (
        assay.ParameterConstraint(weights={"lr": 1.0, "depth": 2.0}, at_most=True, bound=3.0),
    )
    assert spec.outcome_constraints == (assay.OutcomeConstraint(metric="params", at_most=True, bound=200_000.0),)


def test_a_negative_weight_turns_the_comparison_around() -> None:
    """-accuracy <= -0.5 is accuracy >= 0.5."""
    spec = assay.study_spec(space=SPACE, objectives=LOSS, constraints=["-accuracy <= -0.5"])

    assert spec.outcome_constraints == (assay.OutcomeConstraint(metric="accuracy", at_most=False, bound=0.5),)


def test_metrics_that_constraints_need_are_tracked() -> None:
    """A constrained metric is declared by itself, unless it is an objective already."""
    spec = assay.study_spec(space=SPACE, objectives=LOSS, constraints=["params <= 9", "loss <= 3", "params >= 1"])

    assert spec.tracked == ("params",)


def test_what_is_tracked_can_be_said() -> None:
    """A given list is taken as it is."""
    spec = assay.study_spec(space=SPACE, objectives=LOSS, constraints=["params <= 9"], tracked=["flops", "params"])

    assert spec.tracked == ("flops", "params")


def test_a_soft_constraint_keeps_its_weight() -> None:
    """The price of breaking a bound goes along."""
    spec = assay.study_spec(
        space=SPACE, objectives=LOSS, constraints=[assay.constraint("params <= 2e5", soft_weight=1.5)]
    )

    assert spec.outcome_constraints[0].soft_weight == 1.5


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("wdith <= 2 * depth", "mixes parameters with 'wdith' (did you mean 'width'?)"),
        ("a + b <= 3", "bounds several metrics at once ('a', 'b')"),
        (assay.constraint("lr <= 0.1", soft_weight=1.0), "soft ones bound a metric"),
    ],
)
def test_a_constraint_that_fits_neither_kind_is_refused(bound: str | assay.Constraint, told: str) -> None:
    """The error says why, and guesses what was meant."""
    with pytest.raises(assay.InvalidArgument) as refused:
        assay.study_spec(space=SPACE, objectives=LOSS, constraints=[bound])

    assert told in str(refused.value)


def test_freshness_is_a_shorthand() -> None:
    """freshness="strict" leaves the rest of the strategy alone."""
    strategy = assay.Strategy([assay.Phase(assay.sobol())], max_staleness=2)
    spec = assay.study_spec(space=SPACE, objectives=LOSS, strategy=strategy, freshness="strict")

    assert spec.strategy == assay.Strategy([assay.Phase(assay.sobol())], None, assay.Freshness.STRICT, 2)


def test_an_unknown_freshness_is_refused() -> None:
    """Not silently buffered."""
    with pytest.raises(assay.InvalidArgument, match="'fresh' is neither"):
        assay.study_spec(space=SPACE, objectives=LOSS, freshness="fresh")


def test_baselines_take_the_kinds_of_the_space() -> None:
    """lr=1 means 1.0 where lr is real."""
    spec = assay.study_spec(space=SPACE, objectives=LOSS, baselines=[{"lr": 1, "depth": 2, "width": 8}])

    assert repr(spec.baselines[0]["lr"]) == "1.0"
    assert repr(spec.baselines[0]["depth"]) == "2"


def test_durations_are_seconds_or_timedeltas() -> None:
    """Both say the same."""
    a = assay.study_spec(space=SPACE, objectives=LOSS, lease_ttl=90)
    b = assay.study_spec(space=SPACE, objectives=LOSS, lease_ttl=timedelta(minutes=1.5))

    assert a == b


def test_options_that_are_passed_on_are_those_that_are_taken() -> None:
    """create_study of both clients takes exactly what study_spec takes."""
    assert set(SpecOptions.__annotations__) == set(inspect.signature(assay.study_spec).parameters)


@pytest.mark.parametrize(
    ("values", "expected"),
    [((16, 32), (16, 32)), ((0, 0.5), (0.0, 0.5)), (("a", "b"), ("a", "b"))],
)
def test_choices_are_of_one_kind(values: tuple[int | float | str, ...], expected: tuple[object, ...]) -> None:
    """Whole and real numbers together are real."""
    kind = assay.choice(*values).kind

    assert isinstance(kind, assay.Choice)
    assert list(map(repr, kind.values)) == list(map(repr, expected))


@pytest.mark.parametrize(
    ("values", "told"), [((), "at least one"), ((True, False), "boolean()"), ((1, "a"), "not all numbers")]
)
def test_choices_of_no_kind_are_refused(values: tuple[int | str, ...], told: str) -> None:
    """Each with what to do instead."""
    with pytest.raises(assay.InvalidArgument, match=told.replace("(", r"\(").replace(")", r"\)")):
        assay.choice(*values)


def test_an_integer_is_whole() -> None:
    """1.5 is not quietly cut."""
    with pytest.raises(assay.InvalidArgument, match=r"1\.5 is not a whole number"):
        assay.integer(1.5, 3)  # type: ignore[arg-type]  # what a user without a type checker writes


def test_a_derived_parameter_names_others() -> None:
    """A number alone is a fixed parameter."""
    kind = assay.derived("2 * width + 1", integer=True).kind

    assert kind == assay.Derived(weights={"width": 2.0}, constant=1.0, integer=True)
    with pytest.raises(assay.InvalidArgument, match="use fixed"):
        assay.derived("3")
