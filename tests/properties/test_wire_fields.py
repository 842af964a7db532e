"""No field is dropped between the wire and the domain; a new one that nobody handles fails here."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import count
from typing import Any, get_args, get_origin

import pytest
from google.protobuf.message import Message

from assay.v1 import (
    study_pb2,
    trial_pb2,
)
from assay_server.app.front import Front
from assay_server.app.hypervolume_history import HypervolumeHistory
from assay_server.app.progress import Progress
from assay_server.domain.analysis import Importances, LikelyFront, Predictions
from assay_server.domain.budget import Budget
from assay_server.domain.event import StudyEvent
from assay_server.domain.lease import Lease
from assay_server.domain.measurement import Measurement
from assay_server.domain.names import StudyName
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Directive
from assay_server.domain.space import SearchSpace
from assay_server.domain.strategy import Strategy
from assay_server.domain.study import Study, StudySpec, Tally
from assay_server.domain.trial import Attempt, Checkpoint, Trial, TrialState
from assay_server.rpc.wire.analyses import best_trial_to_wire, front_to_wire, history_to_wire, progress_to_wire
from assay_server.rpc.wire.measurements import (
    checkpoint_from_wire,
    checkpoint_to_wire,
    measurement_from_wire,
    measurement_to_wire,
    provenance_from_wire,
    provenance_to_wire,
)
from assay_server.rpc.wire.models import importances_to_wire, predictions_to_wire
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.specs import spec_from_wire, spec_to_wire
from assay_server.rpc.wire.studies import event_to_wire, study_to_wire
from assay_server.rpc.wire.trials import attempt_to_wire, directive_to_wire, lease_to_wire, trial_to_wire
from tests.properties.wire_filling import fields_of, fill, is_output_only, unset

NUM_KINDS = 6
"""The largest oneof: filling six times sets every member of every one."""
STUDY = StudyName("default", "digits")


@pytest.mark.parametrize("choice", range(NUM_KINDS))
@pytest.mark.parametrize(
    ("kind", "through"),
    [
        pytest.param(study_pb2.StudySpec, lambda m: spec_to_wire(spec_from_wire(m, "x", Problems())), id="spec"),
        pytest.param(
            trial_pb2.Measurement,
            lambda m: measurement_to_wire(measurement_from_wire(m, "x", Problems())),
            id="measurement",
        ),
        pytest.param(
            trial_pb2.Checkpoint,
            lambda m: checkpoint_to_wire(checkpoint_from_wire(m, "x", Problems())),
            id="checkpoint",
        ),
        pytest.param(
            trial_pb2.Provenance,
            lambda m: provenance_to_wire(provenance_from_wire(m, "x", Problems())),
            id="provenance",
        ),
    ],
)
def test_no_wire_field_is_dropped(kind: type[Message], through: Callable[[Message], Message], choice: int) -> None:
    """What callers may set comes back as it went in, whichever member of each oneof they set."""
    message = fill(kind(), choice)
    for field in fields_of(kind):
        if is_output_only(field):
            message.ClearField(field.name)

    assert through(message) == message


def made(kind: Any, choice: int, numbers: Any = None) -> Any:
    """A value of a domain type with every field set, each to a value of its own; of a union, member *choice*."""
    numbers = count(1) if numbers is None else numbers
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = {f.name: made(hints[f.name], choice, numbers) for f in dataclasses.fields(kind) if f.init}
        return kind(**fields)
    if get_origin(kind) in (typing.Union, types.UnionType):
        members = [m for m in get_args(kind) if m is not type(None)]
        return made(members[choice % len(members)], choice, numbers)
    if get_origin(kind) is tuple:
        return tuple(made(get_args(kind)[0], choice, numbers) for _ in range(2))
    if isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):
        return {made(k, choice, numbers): made(v, choice, numbers) for k, v in [get_args(kind)]}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[-1]
    number = next(numbers)
    plain = {bool: True, int: number, float: number + 0.5, str: f"text-{number}"}
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number) if kind is datetime else plain[kind]


def _trial(choice: int) -> Message:
    trial = dataclasses.replace(made(Trial, choice), state=TrialState.RUNNING)
    measurements = [made(Measurement, choice)]
    return trial_to_wire(STUDY, trial, to_holder=True, measurements=measurements, attempts=[made(Attempt, choice)])


def _study(choice: int) -> Study:
    tally = dataclasses.replace(made(Tally, choice), trials={state: 1 + i for i, state in enumerate(TrialState)})
    study: Study = made(Study, choice)
    return dataclasses.replace(study, tally=tally)


def _progress(choice: int) -> Message:
    return progress_to_wire(dataclasses.replace(made(Progress, choice), study=_study(choice)))


def _front(choice: int) -> Message:
    front: Front = dataclasses.replace(made(Front, choice), study=_study(choice))
    running = tuple(dataclasses.replace(t, state=TrialState.RUNNING) for t in front.trials)
    return front_to_wire(dataclasses.replace(front, trials=running), made(LikelyFront, choice))


def _best(choice: int) -> Message:
    trial = dataclasses.replace(made(Trial, choice), state=TrialState.RUNNING)
    return best_trial_to_wire(_study(choice), trial, made(LikelyFront, choice))


def _history(choice: int) -> Message:
    return history_to_wire(dataclasses.replace(made(HypervolumeHistory, choice), study=_study(choice)))


_WITHOUT_TOKENS = {"trials.lease.token", "trials.measurements", "trials.attempts"}
"""Of trials that are not sent to their holder, or not in full."""


@pytest.mark.parametrize("choice", range(NUM_KINDS))
@pytest.mark.parametrize(
    ("encoded", "not_sent"),
    [
        pytest.param(lambda c: study_to_wire(_study(c)), set(), id="study"),
        pytest.param(_trial, set(), id="trial"),
        pytest.param(lambda c: lease_to_wire(made(Lease, c), to_holder=True), set(), id="lease"),
        pytest.param(lambda c: directive_to_wire(made(Directive, c)), set(), id="directive"),
        pytest.param(lambda c: attempt_to_wire(made(Attempt, c)), set(), id="attempt"),
        pytest.param(lambda c: event_to_wire(STUDY, made(StudyEvent, c)), set(), id="event"),
        pytest.param(_front, _WITHOUT_TOKENS, id="front"),
        pytest.param(_best, {f"trial.{p.removeprefix('trials.')}" for p in _WITHOUT_TOKENS}, id="best"),
        pytest.param(lambda c: predictions_to_wire(made(Predictions, c)), set(), id="predictions"),
        pytest.param(lambda c: importances_to_wire(made(Importances, c)), set(), id="importances"),
        pytest.param(_progress, set(), id="progress"),
        pytest.param(_history, set(), id="history"),
    ],
)
def test_no_answers_field_is_left_out(encoded: Callable[[int], Message], not_sent: set[str], choice: int) -> None:
    """When the domain knows everything, every field of the answer is set."""
    message = encoded(choice)

    left_out = {path for path in unset(message, choice) if not _is_another_kind(path)}
    assert left_out == not_sent


def _is_another_kind(path: str) -> bool:
    """Members of oneofs within a specification: covered, member by member, by the round trip above."""
    return "spec." in path or "strategy." in path or "configuration." in path


@pytest.mark.parametrize(
    "part",
    [Budget, Checkpoint, Measurement, Provenance, SearchSpace, Strategy, StudySpec],
)
@pytest.mark.parametrize("choice", range(NUM_KINDS))
def test_no_domain_field_is_dropped(part: type, choice: int) -> None:
    """A specification or a report made of anything the domain can say reads back as it was."""
    original = made(part, choice)

    assert _through_the_wire(original) == _without_stamps(original)


def _without_stamps(value: Any) -> Any:
    return dataclasses.replace(value, created_at=None) if isinstance(value, Measurement) else value


def _through_the_wire(value: Any) -> Any:
    problems = Problems()
    match value:
        case StudySpec():
            return spec_from_wire(spec_to_wire(value), "x", problems)
        case Budget() | SearchSpace() | Strategy():
            name = {Budget: "budget", SearchSpace: "space", Strategy: "strategy"}[type(value)]
            spec = dataclasses.replace(made(StudySpec, 0), **{name: value})
            return getattr(spec_from_wire(spec_to_wire(spec), "x", problems), name)
        case Checkpoint():
            return checkpoint_from_wire(checkpoint_to_wire(value), "x", problems)
        case Measurement():
            return measurement_from_wire(measurement_to_wire(value), "x", problems)
        case Provenance():
            return provenance_from_wire(provenance_to_wire(value), "x", problems)
    raise AssertionError(value)
