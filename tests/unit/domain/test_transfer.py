"""Configurations of an earlier study, brought into the space of a new one."""

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
    Value,
)
from assay_server.domain.transfer import Fitting, brought_into, shared_parameters


def brought(kind: Kind, value: Value) -> Fitting:
    """Into a space of one parameter `x`."""
    found = brought_into(SearchSpace(parameters=(Parameter(name="x", kind=kind),)), {"x": value})
    assert found is not None
    return found


def test_a_value_that_fits_stays() -> None:
    """Bounds included; zero and False are values."""
    for kind, value in (
        (Double(min=0.0, max=1.0), 0.0),
        (Integer(min=1, max=9), 9),
        (Boolean(), False),
        (Categorical(values=("relu", "gelu")), "gelu"),
    ):
        assert brought(kind, value) == Fitting(configuration={"x": value}, changed=(), filled=())


def test_a_number_outside_of_the_bounds_becomes_the_nearest() -> None:
    """On the new grid, in the new kind; and it is said."""
    for kind, value, nearest in (
        (Double(min=0.1, max=1.0), 0.01, 0.1),
        (Double(min=0.0, max=1.0, step=0.25), 0.6, 0.5),
        (Integer(min=1, max=9), 12, 9),
        (Integer(min=1, max=9, step=4), 7, 9),
        (Integer(min=1, max=9), 2.6, 3),
    ):
        found = brought(kind, value)
        assert (found.configuration, found.changed, found.filled) == ({"x": nearest}, ("x",), ())
        assert type(found.configuration["x"]) is type(nearest)


def test_what_is_of_another_kind_or_missing_is_the_default() -> None:
    """A word where a number is wanted, a choice that there is not any more, a parameter that is new."""
    space = SearchSpace(
        parameters=(
            Parameter(name="lr", kind=Double(min=0.0, max=1.0, default=0.25)),
            Parameter(name="act", kind=Categorical(values=("relu", "gelu"))),
            Parameter(name="depth", kind=Integer(min=1, max=9, default=4)),
        )
    )

    found = brought_into(space, {"lr": "fast", "act": "swish", "gone": 3})

    assert found == Fitting(
        configuration={"lr": 0.25, "act": "relu", "depth": 4}, changed=(), filled=("lr", "act", "depth")
    )


def test_only_what_is_active_is_taken() -> None:
    """A momentum without its optimizer is left out, one that is new has its default; fixed and derived follow."""
    space = SearchSpace(
        parameters=(
            Parameter(name="sgd", kind=Boolean()),
            Parameter(
                name="momentum",
                kind=Double(min=0.0, max=1.0, default=0.9),
                conditions=(Condition(parameter="sgd", values=(True,)),),
            ),
            Parameter(name="classes", kind=Fixed(value=10)),
            Parameter(name="double", kind=Derived(terms=(LinearTerm(name="momentum", weight=2.0),))),
        )
    )

    without = brought_into(space, {"sgd": False, "momentum": 0.5, "classes": 3})
    with_default = brought_into(space, {"sgd": True})

    assert without == Fitting(configuration={"sgd": False}, changed=(), filled=())
    assert with_default == Fitting(configuration={"sgd": True, "momentum": 0.9}, changed=(), filled=("momentum",))


def test_a_configuration_that_breaks_a_constraint_is_not_taken() -> None:
    """It would not be one of the new space."""
    space = SearchSpace(
        parameters=(Parameter(name="x", kind=Double(min=0.0, max=1.0)),),
        constraints=(ParameterConstraint(terms=(LinearTerm(name="x", weight=1.0),), at_most=True, bound=0.5),),
    )

    assert brought_into(space, {"x": 0.4}) is not None
    assert brought_into(space, {"x": 0.6}) is None


def test_shared_are_the_parameters_that_both_search() -> None:
    """In the order of the new space; what is fixed in one of them is not searched there."""
    ours = SearchSpace(parameters=tuple(Parameter(name=n, kind=Boolean()) for n in "abc"))
    theirs = SearchSpace(
        parameters=(
            Parameter(name="c", kind=Integer(min=1, max=2)),
            Parameter(name="a", kind=Fixed(value=True)),
            Parameter(name="b", kind=Boolean()),
        )
    )

    assert shared_parameters(ours, theirs) == ["b", "c"]
