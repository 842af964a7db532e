"""A front prints as a table that a person reads."""

from assay import decode
from assay.objectives import maximize, minimize
from assay.v1 import analysis_service_pb2, trial_pb2
from tests.unit.client.held import a_trial

OBJECTIVES = (minimize("val_error"), maximize("speed"))


def a_result(number: int, **metrics: float) -> trial_pb2.Trial:
    """A trial that succeeded with these metrics."""
    trial = a_trial(number=number)
    values = {name: trial_pb2.MetricValue(value=value) for name, value in metrics.items()}
    trial.final_measurement.CopyFrom(trial_pb2.Measurement(step=27, metrics=values))
    return trial


def test_a_front_prints_as_a_table() -> None:
    """Objectives first, with the way that is better; then other metrics, then parameters; all aligned."""
    front = decode.front(
        analysis_service_pb2.GetFrontResponse(
            trials=[a_result(3, val_error=0.03125, speed=12.0), a_result(12, val_error=0.5, speed=1e6, params=2e5)],
            hypervolume=1.25,
            reference_point=[1.0, 0.0],
            reference_inferred=[True, False],
        ),
        OBJECTIVES,
    )

    assert str(front).splitlines() == [
        "front: 2 trials, hypervolume 1.25",
        "trial  val_error ↓  speed ↑  params   lr",
        "    3      0.03125       12       -  0.1",
        "   12          0.5  1000000  200000  0.1",
    ]
    assert front.reference_point == {"val_error": 1.0, "speed": 0.0}
    assert front.inferred == {"val_error"}
    assert [trial.number for trial in front] == [3, 12]
    assert front[1].metrics["params"] == 2e5


def test_an_empty_front_says_so() -> None:
    """Not a table without lines."""
    front = decode.front(analysis_service_pb2.GetFrontResponse(), OBJECTIVES)

    assert str(front) == "front: no feasible trial at full fidelity yet"
    assert front.hypervolume is None
