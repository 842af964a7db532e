"""What a study teaches, as arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective, OutcomeConstraint, Score
from assay_server.domain.trial import TrialState
from assay_server.strategies.bayes.encode import Encoding
from assay_server.strategies.bayes.evidence import MAX_PENDING, Evidence, evidence_of
from assay_server.strategies.bayes.scaling import scaling_of
from assay_server.strategies.bayes.thinning import MAX_ROWS, thinned
from assay_server.strategies.bayes.thresholds import reference_of
from tests.unit.strategies.bayes.studies import SQUARE, TWO, a_result, a_snapshot, bowl, two_bowls, with_results

pytestmark = pytest.mark.torch

EPOCHS = Fidelity(name="epoch", min=1, max=27, eta=3.0)


def taught(snapshot: StudySnapshot) -> Evidence:
    """The evidence, which must be enough."""
    found = evidence_of(snapshot, Encoding(SQUARE))
    assert found is not None
    return found


def test_with_a_fidelity_rungs_and_the_last_point_count() -> None:
    """Of a curve over steps 1 to 7 the rungs 1 and 3 and the last point 7."""
    curve = tuple(Measurement(step=s, metrics={"loss": MetricValue(value=1.0 / s)}) for s in range(1, 8))
    result = replace(a_result(1, {"x": 0.1, "y": 0.1}, {}, state=TrialState.RUNNING), measurements=curve)

    found = taught(a_snapshot(fidelity=EPOCHS, observations=[result]))

    assert np.allclose(found.points_ND[:, -1], np.log([1, 3, 7]) / np.log(27))


def test_without_a_fidelity_only_finished_trials_count() -> None:
    """Half a training says nothing about a whole one."""
    results = [
        a_result(1, {"x": 0.1, "y": 0.1}, {"loss": 1.0}),
        a_result(2, {"x": 0.2, "y": 0.1}, {"loss": 1.0}),
        a_result(3, {"x": 0.3, "y": 0.1}, {"loss": 9.0}, state=TrialState.RUNNING),
        a_result(4, {"x": 0.4, "y": 0.1}, {"loss": 9.0}, state=TrialState.STOPPED),
    ]

    assert len(taught(a_snapshot(observations=results)).points_ND) == 2


def test_a_metric_keeps_its_last_value() -> None:
    """Reports may be partial; together they are complete."""
    first = Measurement(step=1, metrics={"f": MetricValue(value=1.0), "g": MetricValue(value=2.0)})
    second = Measurement(step=2, metrics={"f": MetricValue(value=0.5)})
    results = [replace(a_result(i, {"x": i / 10, "y": 0.0}, {}), measurements=(first, second)) for i in (1, 2)]

    assert not np.isnan(taught(a_snapshot(objectives=TWO, observations=results)).values_NM).any()


def test_values_are_maximised_whatever_the_direction() -> None:
    """The larger of two maximised values, the smaller of two minimised ones, is the better."""
    objectives = (Objective(metric="f", minimize=True), Objective(metric="g", minimize=False))
    results = [a_result(i, {"x": i / 10, "y": 0.0}, {"f": i, "g": i}) for i in (1, 2, 3)]

    values_NM = taught(a_snapshot(objectives=objectives, observations=results)).values_NM

    assert (np.diff(values_NM[:, 0]) < 0).all()
    assert (np.diff(values_NM[:, 1]) > 0).all()


def test_a_slack_is_positive_where_the_constraint_holds() -> None:
    """Its scale may change, its sign may not."""
    bound = OutcomeConstraint(metric="size", at_most=False, bound=5.0)
    results = [
        a_result(i, {"x": i / 10, "y": 0.0}, {"loss": 0.0, "size": s}) for i, s in enumerate([1e9, 5.0, 4.9, -7.0], 1)
    ]

    slacks_N = taught(a_snapshot(constraints=(bound,), observations=results)).slacks_NK[:, 0]

    assert np.sign(slacks_N).tolist() == [1.0, 0.0, -1.0, -1.0]


def test_only_the_newest_pending_points_are_looked_at_and_all_are_remembered() -> None:
    """They cost time in the acquisition, and nothing in the list of what was tried."""
    pending = [{"x": i / 100, "y": 0.0} for i in range(100)]

    found = taught(replace(with_results(a_snapshot(), 2, bowl), pending=tuple(pending)))

    assert np.allclose(found.pending_PD[:, 0], [i / 100 for i in range(100 - MAX_PENDING, 100)])
    assert len(found.tried) == 102


def test_thinning_keeps_the_best_and_the_newest() -> None:
    """A thousand rows become four hundred."""
    rows = [Score(losses=(float((i * 37) % 1000),), violation=0.0) for i in range(1000)]

    kept = thinned(rows, lambda row: row, with_fidelity=False)

    assert len(kept) == MAX_ROWS
    assert {r.losses[0] for r in kept} >= set(map(float, range(MAX_ROWS // 2)))
    assert kept[-MAX_ROWS // 4 :] == rows[-MAX_ROWS // 4 :]


def test_thinning_leaves_few_rows_alone() -> None:
    """In the order in which they came."""
    assert thinned([3, 1, 2], lambda _: None, with_fidelity=True) == [3, 1, 2]


def test_a_given_threshold_is_the_reference() -> None:
    """As a loss, also for a metric that is maximised; the other one is inferred from the feasible results."""
    objectives = (Objective(metric="f", minimize=False, threshold=3.0), Objective(metric="g", minimize=True))
    losses_NM = np.array([[-5.0, 1.0], [-4.0, 0.5], [-9.0, 100.0]])

    reference_M = reference_of(objectives, losses_NM, np.array([True, True, False]))

    assert reference_M[0] == -3.0
    assert 1.0 < reference_M[1] < 2.0


def test_a_threshold_stays_within_the_scaled_range() -> None:
    """Far from all data it is still told apart from it."""
    scaling = scaling_of(np.array([1.0, 2.0, 3.0]), 50.0)

    assert scaling.apply(np.array([50.0]))[0] > scaling.apply(np.array([3.0]))[0] + 1.0


def test_an_outlier_is_brought_back() -> None:
    """The rest keeps its spread."""
    scaled_N = scaling_of(np.array([1.0, 2.0, 3.0, 4.0, 1e300]), None).apply(np.array([1.0, 4.0, 1e300]))

    assert scaled_N[1] - scaled_N[0] > 0.3
    assert scaled_N[2] < 10.0


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [7.0, 7.0, 7.0, 8.0], [-1e-300, -1e-300]])
def test_metrics_without_spread_are_scaled_to_finite_numbers(values: list[float]) -> None:
    """Constant and nearly constant metrics."""
    array_N = np.array(values)

    assert np.isfinite(scaling_of(array_N, None).apply(array_N)).all()


def test_both_objectives_are_scaled_alike() -> None:
    """Whatever their units, their spread is about one."""
    snapshot = with_results(
        a_snapshot(objectives=TWO), 16, lambda c: {"f": 1e6 * two_bowls(c)["f"], "g": 1e-6 * two_bowls(c)["g"]}
    )

    spread_M = taught(snapshot).values_NM.std(axis=0)

    assert np.allclose(spread_M, 1.0, rtol=0.2)
