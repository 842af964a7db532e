"""Filters and orders: the documented subset, and a precise word about everything else."""

from datetime import UTC, datetime, timedelta

import pytest

from assay_server.domain.errors import InvalidArgument
from assay_server.domain.listing import Filter, MetricBound
from assay_server.domain.study import StudyState
from assay_server.domain.trial import TrialState
from assay_server.rpc.filters import Order, study_filter, study_order, trial_filter, trial_order
from assay_server.rpc.wire.problems import Problems

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def parsed(text: str) -> Filter:
    """The filter, which must be right."""
    problems = Problems()
    found = trial_filter(text, problems)
    problems.raise_any()
    return found


def test_the_contracts_example_is_read() -> None:
    """What the .proto shows works as it is written there."""
    found = parsed(
        'state = "SUCCEEDED" AND labels.kind = "a" AND create_time > "2026-01-01T00:00:00Z" AND metrics.loss < 0.1'
    )

    assert found == Filter(
        states=frozenset({TrialState.SUCCEEDED}),
        labels=(("kind", "a"),),
        created_after=NEW_YEAR,
        metrics=(MetricBound(metric="loss", operator="<", value=0.1),),
    )


def test_an_empty_filter_is_everything() -> None:
    """Nothing said, nothing narrowed."""
    assert parsed("  ") == Filter()


def test_names_and_values_with_other_characters_stand_in_quotes() -> None:
    """Any metric and any label can be named."""
    found = parsed(r'metrics."top 1 \"acc\"" >= -1e-3 AND labels."a b" = "x AND y"')

    assert found.metrics == (MetricBound(metric='top 1 "acc"', operator=">=", value=-1e-3),)
    assert found.labels == (("a b", "x AND y"),)


def test_states_are_joined() -> None:
    """Not this one and not that one: all the others."""
    found = parsed("state != RUNNING AND state != QUEUED")

    assert found.states == frozenset(TrialState) - {TrialState.RUNNING, TrialState.QUEUED}


def test_or_equal_includes_the_instant_itself() -> None:
    """The store's bounds are open, the filter's may be closed."""
    found = parsed('create_time >= "2026-01-01T00:00:00Z" AND create_time <= "2026-01-01T00:00:00Z"')

    tick = timedelta(microseconds=1)
    assert (found.created_after, found.created_before) == (NEW_YEAR - tick, NEW_YEAR + tick)


def test_studies_have_states_of_their_own() -> None:
    """A study is ACTIVE; a trial never is."""
    problems = Problems()

    found = study_filter("state = ACTIVE", problems)

    problems.raise_any()
    assert found.study_states == frozenset({StudyState.ACTIVE})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("state", "ends after 'state'"),
        ("state = ", "ends after '='"),
        ("state = ACTIVE", "'ACTIVE' is not a state"),
        ("state < RUNNING", "compared by = or !="),
        ("colour = red", "unknown field 'colour'"),
        ("labels.a != b", "compared by ="),
        ("labels. = b", "unknown field 'labels.'"),
        ("metrics.loss < nan", "not a finite number"),
        ("metrics.loss < much", "not a finite number"),
        ("metrics.loss ~ 1", "cannot read '~'"),
        ("create_time > yesterday", "not a time"),
        ('create_time != "2026-01-01T00:00:00Z"', "not !="),
        ('create_time >= "0001-01-01T00:00:00Z"', "out of range"),
        ("state = RUNNING OR state = QUEUED", "joined by AND"),
        ("state = RUNNING AND", "joined by AND"),
        ("(state = RUNNING)", "cannot read '('"),
        ('state = "RUN', "cannot read"),
        ("x" * 5000, "longer than 4096"),
    ],
)
def test_a_wrong_filter_says_what_is_wrong(text: str, told: str) -> None:
    """One violation of the field `filter`, with the part that was not understood."""
    problems = Problems()
    trial_filter(text, problems)

    with pytest.raises(InvalidArgument) as wrong:
        problems.raise_any()

    assert [v.field for v in wrong.value.violations] == ["filter"]
    assert told in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", Order()),
        ("number desc", Order(by="number", descending=True)),
        ("create_time", Order(by="create_time")),
        ("metrics.top 1 desc", Order(by="metrics.top 1", descending=True)),
        ("create_time asc", Order(by="create_time")),
    ],
)
def test_orders_are_read(text: str, order: Order) -> None:
    """A field, and a direction if need be."""
    problems = Problems()

    found = trial_order(text, problems)

    problems.raise_any()
    assert found == order


def test_studies_come_newest_first() -> None:
    """As the contract says of a list without an order."""
    assert study_order("", Problems()) == Order(by="create_time", descending=True)


@pytest.mark.parametrize("text", ["colour", "number, create_time", "metrics.", "desc", "number DESC"])
def test_a_wrong_order_is_refused(text: str) -> None:
    """One violation of the field `order_by`."""
    problems = Problems()
    trial_order(text, problems)

    with pytest.raises(InvalidArgument) as wrong:
        problems.raise_any()

    assert [v.field for v in wrong.value.violations] == ["order_by"]
