"""Any specification and any measurement can be judged: wrong ones are refused, right ones can be worked with."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.v1 import space_pb2, study_pb2, trial_pb2
from assay_server.domain.errors import InvalidArgument
from assay_server.domain.strategy import resolve
from assay_server.rpc.wire.measurements import measurement_from_wire
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.specs import spec_from_wire, spec_to_wire

doubles = st.sampled_from([0.0, 1.0, 0.5, -1.0, 1e308, 5e-324, 1e-9, float("nan"), float("inf")])
wholes = st.sampled_from([0, 1, 2, 3, -1, 10, 2**53, 2**62, -(2**63)])
maybe_double, maybe_whole = st.none() | doubles, st.none() | wholes
names = st.sampled_from(["x", "y", "z"])
scales = st.sampled_from([space_pb2.SCALE_UNSPECIFIED, space_pb2.SCALE_LINEAR, space_pb2.SCALE_LOG])
values = st.one_of(
    st.builds(space_pb2.Value, double_value=doubles),
    st.builds(space_pb2.Value, integer_value=wholes),
    st.builds(space_pb2.Value, string_value=st.sampled_from(["a", "b", ""])),
    st.builds(space_pb2.Value, boolean_value=st.booleans()),
    st.just(space_pb2.Value()),
)
terms = st.lists(st.builds(space_pb2.LinearTerm, name=names, weight=doubles), max_size=2)
priors = st.none() | st.builds(space_pb2.NormalPrior, mean=doubles, standard_deviation=doubles)
parameters = st.one_of(
    st.builds(
        lambda name, conditions, **kind: space_pb2.Parameter(
            name=name, conditions=conditions, double=space_pb2.DoubleParameter(**kind)
        ),
        name=names,
        conditions=st.just([]),
        min=doubles,
        max=doubles,
        scale=scales,
        step=maybe_double,
        default_value=maybe_double,
        prior=priors,
    ),
    st.builds(
        lambda name, **kind: space_pb2.Parameter(name=name, integer=space_pb2.IntegerParameter(**kind)),
        name=names,
        min=wholes,
        max=wholes,
        scale=scales,
        step=maybe_whole,
        default_value=maybe_whole,
        prior=priors,
    ),
    st.builds(
        lambda name, parent, value, kind: space_pb2.Parameter(
            name=name, categorical=kind, conditions=[space_pb2.Condition(parameter=parent, values=[value])]
        ),
        name=names,
        parent=names,
        value=values,
        kind=st.builds(
            space_pb2.CategoricalParameter,
            values=st.lists(values, max_size=3),
            default_value=st.none() | values,
            prior_weights=st.lists(doubles, max_size=3),
        ),
    ),
    st.builds(
        lambda name, **kind: space_pb2.Parameter(name=name, derived=space_pb2.DerivedParameter(**kind)),
        name=names,
        terms=terms,
        constant=doubles,
        integer=st.booleans(),
    ),
    st.builds(lambda name: space_pb2.Parameter(name=name), name=names),
)
constraints = st.builds(
    space_pb2.ParameterConstraint, terms=terms, comparison=st.sampled_from([0, 1, 2]), bound=doubles
)
spaces = st.builds(
    space_pb2.SearchSpace,
    parameters=st.lists(parameters, min_size=1, max_size=3),
    constraints=st.lists(constraints, max_size=1),
)
fidelities = st.builds(
    study_pb2.Fidelity,
    name=names,
    min=wholes,
    max=wholes,
    eta=maybe_double,
    rungs=st.lists(wholes, max_size=3),
)
baselines = st.lists(
    st.dictionaries(names, values, max_size=3).map(lambda found: space_pb2.Configuration(values=found)), max_size=1
)
specs = st.builds(
    study_pb2.StudySpec,
    space=spaces,
    objectives=st.just([study_pb2.Objective(metric="loss", goal=study_pb2.GOAL_MINIMIZE)]),
    fidelity=st.none() | fidelities,
    baselines=baselines,
)


@settings(max_examples=500)
@given(specs)
def test_any_specification_is_judged(spec: study_pb2.StudySpec) -> None:
    """No specification breaks the rules' own arithmetic; one that passes has rungs, defaults and a strategy."""
    problems = Problems()
    with suppress(InvalidArgument):
        read = spec_from_wire(spec, "study.spec", problems)
        problems.raise_any()
        resolve(read.strategy, read.space, read.fidelity)
        read.space.is_feasible(read.space.defaults())
        read.space.num_configurations()
        assert spec_from_wire(spec_to_wire(read), "study.spec", Problems()) == read


@settings(max_examples=300)
@given(
    st.builds(
        trial_pb2.Measurement,
        step=wholes,
        metrics=st.dictionaries(names, st.builds(trial_pb2.MetricValue, value=doubles, sem=maybe_double), max_size=2),
        cost=maybe_double,
    )
)
def test_any_measurement_is_judged(message: trial_pb2.Measurement) -> None:
    """A measurement is refused, or it has finite values alone."""
    problems = Problems()
    with suppress(InvalidArgument):
        read = measurement_from_wire(message, "measurements[0]", problems)
        problems.raise_any()
        assert all(abs(value) < float("inf") for value in read.values().values())
