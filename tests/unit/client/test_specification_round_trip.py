"""A specification survives the wire, every field of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay import decode_spec, encode
from assay.space import Kind
from assay.v1 import study_pb2

finite = st.sampled_from([0.0, 1.0]) | st.floats(allow_nan=False, allow_infinity=False)
names = st.text(min_size=1, max_size=8)
int64 = st.integers(-(2**63), 2**63 - 1)
int32 = st.integers(-(2**31), 2**31 - 1)
priors = st.none() | st.builds(assay.NormalPrior, mean=finite, standard_deviation=finite)
scalars = st.booleans() | int64 | finite | names


def maybe(strategy: st.SearchStrategy[int] | st.SearchStrategy[float]) -> st.SearchStrategy[int | float | None]:
    """It, or None."""
    return st.none() | strategy


kinds: st.SearchStrategy[Kind] = st.one_of(
    st.builds(
        assay.Double,
        min=finite,
        max=finite,
        log=st.booleans(),
        step=maybe(finite),
        default=maybe(finite),
        prior=priors,
    ),
    st.builds(
        assay.Integer, min=int64, max=int64, log=st.booleans(), step=maybe(int64), default=maybe(int64), prior=priors
    ),
    st.builds(
        assay.Choice,
        values=st.lists(scalars, max_size=3).map(tuple),
        ordered=st.booleans(),
        default=st.none() | scalars,
        weights=st.lists(finite, max_size=3).map(tuple),
    ),
    st.builds(assay.Boolean, default=st.none() | st.booleans()),
    st.builds(assay.Fixed, value=scalars),
    st.builds(
        assay.Derived, weights=st.dictionaries(names, finite, max_size=3), constant=finite, integer=st.booleans()
    ),
)
parameters = st.builds(
    assay.Parameter,
    kind=kinds,
    conditions=st.lists(
        st.builds(assay.Condition, parameter=names, values=st.lists(scalars, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
)
generators = st.one_of(
    st.builds(assay.grid, maybe(int32)),
    st.builds(assay.random),
    st.builds(assay.sobol),
    st.builds(assay.bayesian, maybe(int32)),
    st.builds(assay.evolutionary, maybe(int32), regularised=st.booleans()),
    st.builds(assay.population_based, int32, int64, bandit=st.booleans()),
)
schedulers = st.one_of(
    st.builds(assay.full_fidelity),
    st.builds(assay.successive_halving, int32),
    st.builds(assay.hyperband, asynchronous=st.booleans()),
    st.builds(assay.asynchronous_halving, stopping=st.booleans(), progressive=st.booleans()),
    st.builds(assay.percentile, finite, int32),
)
strategies = st.builds(
    assay.Strategy,
    phases=st.lists(st.builds(assay.Phase, generators, maybe(int64), maybe(int64), maybe(finite)), max_size=2),
    scheduler=st.none() | schedulers,
    freshness=st.sampled_from(assay.Freshness),
    max_staleness=maybe(int32),
)
fidelities = st.builds(
    assay.Fidelity,
    names,
    min=int64,
    max=int64,
    eta=maybe(finite),
    rungs=st.lists(int64, max_size=3),
    cost_model=st.none() | st.builds(assay.CostModel, cost_per_step=finite, startup_cost=finite),
)
budgets = st.builds(
    assay.Budget,
    trials=maybe(int64),
    cost=maybe(finite),
    duration=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000)),
    parallelism=maybe(int32),
    targets=st.dictionaries(names, finite, max_size=2),
)
specs = st.builds(
    assay.StudySpec,
    space=st.dictionaries(names, parameters, max_size=3),
    objectives=st.lists(
        st.builds(assay.Objective, metric=names, maximize=st.booleans(), threshold=maybe(finite)), max_size=2
    ).map(tuple),
    parameter_constraints=st.lists(
        st.builds(
            assay.ParameterConstraint,
            weights=st.dictionaries(names, finite, max_size=2),
            at_most=st.booleans(),
            bound=finite,
        ),
        max_size=2,
    ).map(tuple),
    outcome_constraints=st.lists(
        st.builds(
            assay.OutcomeConstraint, metric=names, at_most=st.booleans(), bound=finite, soft_weight=maybe(finite)
        ),
        max_size=2,
    ).map(tuple),
    tracked=st.lists(names, max_size=2).map(tuple),
    fidelity=st.none() | fidelities,
    budget=budgets,
    strategy=strategies,
    seed=maybe(int64),
    baselines=st.lists(st.dictionaries(names, scalars, max_size=2), max_size=2).map(tuple),
    baseline=st.booleans(),
    max_attempts=maybe(int32),
    lease_ttl_s=maybe(st.integers(0, 10**9)),
    comparability=st.builds(
        assay.Comparability, dataset_fingerprint=names, code_version=names, evaluation_protocol=names
    ),
    description=names,
    labels=st.dictionaries(names, names, max_size=2),
)


GENERATORS = (
    assay.grid(3),
    assay.random(),
    assay.sobol(),
    assay.bayesian(4),
    assay.evolutionary(8, regularised=True),
    assay.population_based(8, 2, bandit=True),
)
SCHEDULERS = (
    assay.full_fidelity(),
    assay.successive_halving(9),
    assay.hyperband(asynchronous=True),
    assay.asynchronous_halving(stopping=True, progressive=True),
    assay.percentile(50, 3),
)
SPACE = {
    "lr": assay.double(1, 2, log=True, step=0.5, default=1.5, prior=assay.normal(1, 2)),
    "depth": assay.integer(1, 9, log=True, step=2, default=3, prior=assay.normal(1, 2)),
    "act": assay.choice("relu", "gelu", ordered=True, default="gelu", weights=(1, 2), when={"depth": (1, 2)}),
    "dropout": assay.boolean(default=False),
    "lucky": assay.choice(0.5, 1.5),
    "heads": assay.derived("2 * depth + 1", integer=True),
    "seed": assay.fixed(value=True),
}
EVERYTHING = [
    assay.study_spec(
        space=SPACE,
        objectives=[assay.maximize("accuracy", threshold=0.5)],
        constraints=["depth <= 3", assay.constraint("params <= 3", soft_weight=1.0)],
        fidelity=assay.Fidelity("epoch", 1, 9, 3.0, (1, 9), assay.CostModel(cost_per_step=1.0, startup_cost=2.0)),
        budget=assay.Budget(
            trials=1,
            cost=2.0,
            duration=3.0,
            parallelism=4,
            targets={"accuracy": 0.9},
            convergence=assay.Convergence(20, 0.01),
        ),
        strategy=assay.Strategy([assay.Phase(g, 1, 2, 0.5) for g in GENERATORS], scheduler, assay.Freshness.STRICT, 1),
        seed=0,
        baselines=[{"lr": 1}],
        baseline=False,
        max_attempts=3,
        lease_ttl=60,
        comparability=assay.Comparability(dataset_fingerprint="a", code_version="b", evaluation_protocol="c"),
        transfer={"earlier": 2},
        description="d",
        labels={"team": "vision"},
    )
    for scheduler in SCHEDULERS
]
"""Between them they say everything that can be said."""


@settings(max_examples=30)  # each one is large
@given(specs)
def test_a_specification_survives_the_wire(spec: assay.StudySpec) -> None:
    """Encoding then decoding changes nothing; nor does encoding again."""
    message = encode.study_spec(spec)

    assert decode_spec.study_spec(message) == spec
    for sent, read in zip(spec.baselines, decode_spec.study_spec(message).baselines, strict=True):
        assert {name: type(value) for name, value in read.items()} == {name: type(v) for name, v in sent.items()}


def test_no_field_of_a_specification_is_out_of_reach() -> None:
    """Whatever the contract lets a user say, this client can say."""
    said = {name for spec in EVERYTHING for name in _said(encode.study_spec(spec))}

    assert _sayable(study_pb2.StudySpec) - said == set()


def test_what_does_not_fit_the_wire_is_refused_by_name() -> None:
    """A parameter's value of the wrong kind is named before anything is sent."""
    with pytest.raises(assay.InvalidArgument, match=r"lr: \[1\] is not a bool, an int, a float or a str"):
        encode.configuration({"lr": [1]})  # type: ignore[dict-item]  # what a user without a type checker writes
    with pytest.raises(assay.InvalidArgument, match="does not fit 64 bits"):
        encode.configuration({"n": 2**63})


def _said(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        yield field.full_name
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            values = list(value.values())
        else:
            values = list(value) if field.is_repeated else [value]
        for inner in values:
            if isinstance(inner, Message):
                yield from _said(inner)


def _sayable(message: type[Message]) -> set[str]:
    found: set[str] = set()
    waiting = [message.DESCRIPTOR]
    while waiting:
        for field in waiting.pop().fields:
            inner = field.message_type
            if inner is not None and inner.GetOptions().map_entry:
                inner = inner.fields_by_name["value"].message_type
            if field.full_name not in found and inner is not None and inner.full_name.startswith("assay."):
                waiting.append(inner)
            found.add(field.full_name)
    return found
