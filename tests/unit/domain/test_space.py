"""Configurations: activity, completion, defaults."""

from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Derived,
    Double,
    Fixed,
    Integer,
    LinearTerm,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    Value,
    configuration_violations,
    same,
)

# Declared in reverse, so that order of declaration does not help.
SPACE = SearchSpace(
    parameters=(
        Parameter(
            name="momentum",
            kind=Double(min=0.0, max=1.0, default=0.9),
            conditions=(Condition(parameter="nesterov", values=(True,)),),
        ),
        Parameter(
            name="nesterov", kind=Boolean(default=True), conditions=(Condition(parameter="optimizer", values=("sgd",)),)
        ),
        Parameter(name="optimizer", kind=Categorical(values=("sgd", "adam"))),
        Parameter(name="width", kind=Integer(min=1, max=8)),
        Parameter(
            name="hidden", kind=Derived(terms=(LinearTerm(name="width", weight=2.0),), constant=1.0, integer=True)
        ),
        Parameter(name="seed", kind=Fixed(value=7)),
    ),
    constraints=(ParameterConstraint(terms=(LinearTerm(name="width", weight=1.0),), at_most=True, bound=6.0),),
)


def test_parameters_come_after_those_they_depend_on() -> None:
    """To any depth."""
    order = [p.name for p in SPACE.in_order()]

    assert order.index("optimizer") < order.index("nesterov") < order.index("momentum")
    assert order.index("width") < order.index("hidden")


def test_inactive_parameters_are_absent_and_computed_ones_present() -> None:
    """What a worker gets is complete and has nothing that does not apply."""
    full = SPACE.complete({"optimizer": "adam", "nesterov": True, "momentum": 0.5, "width": 3})

    assert full == {"optimizer": "adam", "width": 3, "hidden": 7, "seed": 7}


def test_defaults_are_declared_or_in_the_middle() -> None:
    """The baseline needs nobody to write it down."""
    assert SPACE.defaults() == {
        "optimizer": "sgd",
        "nesterov": True,
        "momentum": 0.9,
        "width": 4,
        "hidden": 9,
        "seed": 7,
    }


def test_the_default_of_a_log_scale_is_its_geometric_middle() -> None:
    """Half of the decades lie on each side."""
    space = SearchSpace(parameters=(Parameter(name="lr", kind=Double(min=1e-4, max=1e-2, log=True)),))

    assert abs(float(space.defaults()["lr"]) - 1e-3) < 1e-12


def test_each_wrong_value_of_a_configuration_is_named() -> None:
    """Unknown, inactive, out of range, missing."""
    bad: dict[str, Value] = {"optimizer": "adam", "momentum": 0.5, "width": 9, "typo": 1}

    assert [v.field for v in configuration_violations(SPACE, bad, "c")] == [
        "c.values['typo']",
        "c.values['width']",
        "c.values['momentum']",
        "c.values",
    ]


def test_booleans_integers_and_strings_are_not_mixed_up() -> None:
    """True is not 1 and "1" is not 1, but 1 is 1.0."""
    assert not same(True, 1)
    assert not same("1", 1)
    assert same(1, 1.0)


def test_finite_spaces_know_their_size() -> None:
    """Conditions and constraints can only make it smaller."""
    space = SearchSpace(
        parameters=(
            Parameter(name="a", kind=Boolean()),
            Parameter(name="b", kind=Integer(min=1, max=5, step=2)),
            Parameter(name="c", kind=Double(min=0.0, max=1.0, step=0.5)),
        )
    )

    assert space.num_configurations() == 2 * 3 * 3
    assert SPACE.num_configurations() is None
