"""What a model makes of paused trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.fidelity import CostModel, Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.space import Configuration
from assay_server.domain.trial import TrialState
from assay_server.strategies.bayes import BayesianGenerator
from tests.unit.strategies.bayes.studies import Metrics, a_snapshot, bowl, with_results

pytestmark = pytest.mark.torch

FIDELITY = Fidelity(name="epoch", min=1, max=27, eta=3.0, cost_model=CostModel(cost_per_step=1.0))


def paused(number: int, configuration: Configuration, metrics: Metrics, step: int) -> Observation:
    """A trial that waits at a rung."""
    measurement = Measurement(step=step, metrics={name: MetricValue(value=v) for name, v in metrics.items()})
    return Observation(number=number, configuration=configuration, state=TrialState.PAUSED, measurements=(measurement,))


def early(c: Mapping[str, float], step: int) -> Metrics:
    """Like the bowl, and a little worse the earlier it is."""
    return {"loss": bowl(c)["loss"] + 0.2 / step}


def study(*others: Observation) -> StudySnapshot:
    """Twelve trials at the end of their training, and *others*."""
    full = with_results(a_snapshot(fidelity=FIDELITY), 12, bowl)
    finished = tuple(
        replace(o, measurements=tuple(replace(m, step=27) for m in o.measurements)) for o in full.observations
    )
    return replace(
        full, observations=(*finished, *others), pending=tuple(o.configuration for o in others), num_created=30
    )


def test_a_hopeful_trial_is_better_than_a_hopeless_one() -> None:
    """One waits at the bottom of the bowl, one at its rim."""
    good, bad = {"x": 0.7, "y": 0.3}, {"x": 0.02, "y": 0.95}
    rivals = [paused(20, bad, early(bad, 9), 9), paused(21, good, early(good, 9), 9)]

    (proposal,) = BayesianGenerator().propose(study(*rivals), 1)

    assert proposal.verdict is not None
    assert [*proposal.verdict.better, *proposal.verdict.worse] == [21, 20]
    assert 20 in proposal.verdict.worse


def test_what_is_nearly_finished_is_cheap() -> None:
    """Of two equally hopeful trials the one that was trained longer comes first."""
    left, right = {"x": 0.69, "y": 0.3}, {"x": 0.71, "y": 0.3}
    rivals = [paused(20, left, early(left, 3), 3), paused(21, right, early(right, 26), 26)]

    (proposal,) = BayesianGenerator().propose(study(*rivals), 1)

    assert proposal.verdict is not None
    assert [*proposal.verdict.better, *proposal.verdict.worse][0] == 21


def test_without_paused_trials_there_is_nothing_to_judge() -> None:
    """The candidate comes without a verdict."""
    (proposal,) = BayesianGenerator().propose(study(), 1)

    assert proposal.verdict is None


def test_a_model_that_predicts_badly_has_no_say() -> None:
    """Neighbours have opposite results: the scheduler decides."""
    place = {"x": 0.5, "y": 0.5}
    known = study(paused(20, place, {"loss": 0.4}, 9))
    spots = [(0.1, 0.1), (0.1, 0.9), (0.9, 0.1), (0.9, 0.9), (0.3, 0.6), (0.6, 0.8)]
    chaotic = tuple(
        replace(
            paused(2 * i + side + 1, {"x": x + 0.02 * side, "y": y}, {"loss": float((i + side) % 2)}, 27),
            state=TrialState.SUCCEEDED,
        )
        for i, (x, y) in enumerate(spots)
        for side in (0, 1)
    )

    (proposal,) = BayesianGenerator().propose(replace(known, observations=(*chaotic, known.observations[-1])), 1)

    assert proposal.verdict is None


def test_every_candidate_of_a_batch_has_a_verdict() -> None:
    """Also those that are sampled."""
    place = {"x": 0.5, "y": 0.5}

    proposals = BayesianGenerator().propose(study(paused(20, place, early(place, 9), 9)), 5)

    assert all(proposal.verdict is not None for proposal in proposals)
