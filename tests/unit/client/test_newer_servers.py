"""A client that is older than its server reads on."""

import pytest

import assay
from assay import decode, decode_spec
from assay.v1 import space_pb2, study_pb2, trial_pb2
from tests.unit.client.held import a_holding, a_trial, told

FUTURE = 99


def test_unknown_states_are_unknown() -> None:
    """Enum values that this version does not know are no errors."""
    trial = a_trial()
    trial.state = FUTURE  # type: ignore[assignment]  # what a newer server may send
    study = study_pb2.Study(state=FUTURE, end_reason=FUTURE)  # type: ignore[arg-type]  # the same

    assert decode.trial(trial).state is assay.TrialState.UNKNOWN
    assert decode.study(study).state is assay.StudyState.UNKNOWN
    assert decode.study(study).end_reason == ""


def test_an_unknown_order_is_to_leave() -> None:
    """Leaving loses nothing; going on might."""
    holding = a_holding()
    call = holding.report({"loss": 1.0}, step=None, checkpoint=None, cost=None, provenance=None, sem=None)
    holding.reported(call, told(FUTURE))  # type: ignore[arg-type]  # what a newer server may send

    assert holding.should_stop


def test_a_parameter_of_an_unknown_kind_is_named() -> None:
    """Whoever cannot read a specification says what to do."""
    spec = study_pb2.StudySpec(space=space_pb2.SearchSpace(parameters=[space_pb2.Parameter(name="graph")]))

    with pytest.raises(assay.AssayError, match="parameter 'graph' is of an unknown kind; upgrade assay"):
        decode_spec.study_spec(spec)


def test_absent_and_zero_are_not_the_same() -> None:
    """Presence is told by the field, not by its value."""
    trial = trial_pb2.Trial(number=1, until_step=0, feasible=False, bracket=0)

    assert decode.trial(trial).bracket == 0
    assert decode.trial(trial_pb2.Trial(number=1)).bracket is None
    assert decode.trial(trial).until_step == 0
    assert decode.trial(trial).feasible is False
    assert decode.trial(trial_pb2.Trial(number=1)).until_step is None
    assert decode.trial(trial_pb2.Trial(number=1)).feasible is None
