"""Questions to models: predictions in the metrics' own units, honest about what they know."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from assay_server.domain.analysis import (
    FrontQuestion,
    ImportanceQuestion,
    LikelyFront,
    PredictionQuestion,
    Predictions,
)
from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import Configuration, Fixed, Parameter, SearchSpace
from assay_server.domain.trial import TrialState
from assay_server.ports import NotReady
from assay_server.strategies.bayes.analyst import BayesianAnalyst
from assay_server.strategies.bayes.columns import Array
from assay_server.strategies.bayes.encode import key_of
from assay_server.strategies.bayes.fitted import fitted
from assay_server.strategies.bayes.leave_out import groups_of, left_out
from assay_server.strategies.bayes.posterior import processes_of
from assay_server.strategies.bayes.quality import qualities_of
from assay_server.strategies.bayes.surrogate import Surrogate
from tests.unit.strategies.bayes.studies import TWO, a_result, a_snapshot, bowl, two_bowls, with_results

pytestmark = pytest.mark.torch

ACCURACY = (Objective(metric="accuracy", minimize=False),)
SMALL = OutcomeConstraint(metric="size", at_most=True, bound=2e6)
CHEAP = OutcomeConstraint(metric="dollars", at_most=False, bound=0.002, soft_weight=3.0)


def predicted(snapshot: StudySnapshot, *configurations: Configuration, step: int | None = None) -> Predictions:
    answer = BayesianAnalyst().analyse(snapshot, PredictionQuestion(configurations=configurations, step=step))
    assert isinstance(answer, Predictions)
    return answer


def in_units(c: Mapping[str, float]) -> Mapping[str, float]:
    """Metrics of very different sizes: percent, bytes, dollars."""
    return {
        "accuracy": 93.0 - 4.0 * bowl(c)["loss"],
        "size": 1e6 * (1.0 + 2.0 * c["x"]),
        "dollars": 0.001 + 0.003 * c["y"],
    }


def test_predictions_are_in_the_units_of_each_metric() -> None:
    """Objectives and constrained metrics, hard or soft, are told as they are reported, not as they are modelled."""
    snapshot = with_results(a_snapshot(objectives=ACCURACY, constraints=(SMALL, CHEAP)), 30, in_units)

    answer = predicted(snapshot, {"x": 0.4, "y": 0.8}, {"x": 0.7, "y": 0.3})

    for point, estimates in zip(({"x": 0.4, "y": 0.8}, {"x": 0.7, "y": 0.3}), answer.estimates, strict=True):
        truth = in_units(point)
        assert set(estimates) == set(truth)
        assert {n: e.mean for n, e in estimates.items()} == pytest.approx(truth, rel=0.01)
        assert all(0 < e.deviation < 0.02 * abs(e.mean) for e in estimates.values())


def test_a_soft_constraint_does_not_change_what_an_objective_is_predicted_to_be() -> None:
    """The generator's objectives have penalties in them; a prediction of accuracy is one of accuracy."""
    costly = replace(CHEAP, soft_weight=1000.0)
    snapshot = with_results(a_snapshot(objectives=ACCURACY, constraints=(costly,)), 30, in_units)

    answer = predicted(snapshot, {"x": 0.7, "y": 0.1})

    assert answer.estimates[0]["accuracy"].mean == pytest.approx(in_units({"x": 0.7, "y": 0.1})["accuracy"], rel=0.01)


def test_a_prediction_is_less_certain_where_nothing_was_tried() -> None:
    """The deviation says what the model does not know."""
    near = tuple(
        a_result(i, {"x": 0.1 + 0.02 * i, "y": 0.1 + 0.03 * ((i * 7) % 10)}, {"loss": float((i * 3) % 5)})
        for i in range(1, 11)
    )
    snapshot = a_snapshot(observations=near)

    close, far = (e["loss"] for e in predicted(snapshot, {"x": 0.12, "y": 0.31}, {"x": 1.0, "y": 1.0}).estimates)

    assert far.deviation > 1.5 * close.deviation


def test_a_step_is_predicted_as_asked() -> None:
    """The same configuration is predicted early in its training, and at its end when no step is said."""
    fidelity = Fidelity(name="epoch", min=1, max=27, eta=3.0)
    bare = with_results(a_snapshot(fidelity=fidelity), 25, bowl)
    curves = tuple(replace(o, measurements=_curve(o.configuration)) for o in bare.observations)
    snapshot = replace(bare, observations=curves)

    early, late = (predicted(snapshot, {"x": 0.5, "y": 0.5}, step=step).estimates[0]["loss"].mean for step in (3, None))

    assert early == pytest.approx(_curve_loss({"x": 0.5, "y": 0.5}, 3), abs=0.03)
    assert late == pytest.approx(_curve_loss({"x": 0.5, "y": 0.5}, 27), abs=0.03)


def test_too_little_data_says_what_is_missing() -> None:
    """Four configurations are too few, however often they were measured; results without a metric do not count."""
    few = tuple(a_result(i, {"x": 0.1 * (i % 4), "y": 0.5}, {"loss": float(i)}) for i in range(1, 21))
    with pytest.raises(NotReady, match="4 configurations have results with all of loss; it takes 5"):
        predicted(a_snapshot(observations=few), {"x": 0.5, "y": 0.5})

    bounded = with_results(a_snapshot(constraints=(SMALL,)), 10, bowl)
    with pytest.raises(NotReady, match="0 configurations have results with all of loss, size"):
        predicted(bounded, {"x": 0.5, "y": 0.5})


def test_a_space_without_a_searched_parameter_is_not_modelled() -> None:
    """There is nothing on which a metric could depend."""
    fixed = SearchSpace(parameters=(Parameter(name="x", kind=Fixed(value=1.0)),))
    with pytest.raises(NotReady, match="no parameter that is searched"):
        predicted(a_snapshot(fixed, observations=(a_result(1, {"x": 1.0}, {"loss": 0.0}),)), {"x": 1.0})


def test_leaving_a_configuration_out_is_what_the_rest_predicts() -> None:
    """The closed form agrees with conditioning on the other rows, one configuration after the other."""
    fidelity = Fidelity(name="epoch", min=1, max=27, eta=3.0)
    bare = with_results(a_snapshot(fidelity=fidelity), 8, bowl)
    models = fitted(
        replace(bare, observations=tuple(replace(o, measurements=_curve(o.configuration)) for o in bare.observations))
    )
    metric = models.metrics[0]
    groups_N = groups_of(metric.points_ND[:, : models.encoding.width])

    values_N, predicted_N = left_out(processes_of(metric.model)[0], groups_N)

    expected_N = _conditioned(metric.model, values_N, groups_N)
    assert len(set(groups_N)) == 8 < len(values_N)
    np.testing.assert_allclose(predicted_N, expected_N, atol=1e-4)


def _conditioned(model: Surrogate, values_N: Array, groups_N: Array) -> Array:
    import torch

    assert model.train_inputs is not None
    with torch.no_grad():
        points = model.train_inputs[0]
        kernel_NN = model.covar_module(points).to_dense().numpy()
        mean = float(torch.as_tensor(model.mean_module.constant))
        noise = float(torch.as_tensor(model.likelihood.noise))
    out_N = np.empty(len(values_N))
    for group in set(groups_N):
        left, kept = groups_N == group, groups_N != group
        covariance = kernel_NN[np.ix_(kept, kept)] + noise * np.eye(kept.sum())
        out_N[left] = mean + kernel_NN[np.ix_(left, kept)] @ np.linalg.solve(covariance, values_N[kept] - mean)
    return out_N


def test_the_quality_tells_signal_from_noise() -> None:
    """A smooth metric is ranked rightly before it is seen; one of pure chance is not."""
    chance = np.random.default_rng(5)

    def evaluate(c: Mapping[str, float]) -> Mapping[str, float]:
        return {"f": bowl(c)["loss"], "g": float(chance.normal())}

    smooth, random = qualities_of(fitted(with_results(a_snapshot(objectives=TWO), 40, evaluate)))

    assert (smooth.metric, smooth.num_trials, smooth.step) == ("f", 40, None)
    assert smooth.rank_correlation is not None
    assert smooth.rank_correlation > 0.95
    assert random.rank_correlation is None or random.rank_correlation < 0.4


def test_the_quality_compares_trials_at_one_step() -> None:
    """That losses fall while training is no merit of a model: trials are compared at one step that enough reached."""
    fidelity = Fidelity(name="epoch", min=1, max=27, eta=3.0)
    bare = with_results(a_snapshot(fidelity=fidelity), 12, bowl)
    stopped = tuple(
        replace(o, measurements=_curve(o.configuration)[: 27 if o.number <= 3 else 9]) for o in bare.observations
    )

    (quality,) = qualities_of(fitted(replace(bare, observations=stopped)))

    assert (quality.step, quality.num_trials) == (9, 12)


def test_the_same_question_has_the_same_answer() -> None:
    """An analysis is a function of the snapshot and the question."""
    snapshot = with_results(a_snapshot(objectives=TWO), 12, two_bowls)
    for question in (
        PredictionQuestion(configurations=({"x": 0.5, "y": 0.5},)),
        ImportanceQuestion(reference=(1.0, 1.0)),
        FrontQuestion(trials=tuple(range(1, 13)), observed=()),
    ):
        assert BayesianAnalyst().analyse(snapshot, question) == BayesianAnalyst().analyse(snapshot, question)


def likely(snapshot: StudySnapshot, *, observed: tuple[int, ...] = (), objective: int | None = None) -> LikelyFront:
    numbers = tuple(o.number for o in snapshot.observations)
    answer = BayesianAnalyst().analyse(snapshot, FrontQuestion(trials=numbers, observed=observed, objective=objective))
    assert isinstance(answer, LikelyFront)
    return answer


def test_without_noise_the_likely_front_is_the_observed_one() -> None:
    """Trials on the front are so with near certainty; trials far behind it are not told of."""
    snapshot = with_results(a_snapshot(objectives=TWO), 40, two_bowls)
    losses = {o.number: tuple(two_bowls(_numbers(o)).values()) for o in snapshot.observations}
    front = {n for n, a in losses.items() if not any(b[0] <= a[0] and b[1] <= a[1] and b != a for b in losses.values())}

    answer = likely(snapshot)

    sure = {t.trial for t in answer.trials if t.probability > 0.5}
    assert sure == front
    assert len(answer.trials) < 25
    assert [t.probability for t in answer.trials] == sorted((t.probability for t in answer.trials), reverse=True)


def test_the_corrected_best_is_nearer_to_the_truth_than_the_observed() -> None:
    """The winner's curse: the best of many noisy values is too good; the model takes most of its luck away."""
    observed_errors, corrected_errors = [], []
    for seed in range(8):
        noise = np.random.default_rng(seed)

        def noisy(c: Mapping[str, float], noise: np.random.Generator = noise) -> Mapping[str, float]:
            return {"loss": bowl(c)["loss"] + 0.15 * float(noise.normal())}

        snapshot = with_results(a_snapshot(seed=seed), 40, noisy)
        shown = {o.number: o.measurements[-1].metrics["loss"].value for o in snapshot.observations}
        best = min(shown, key=lambda n: shown[n])
        truth = bowl(_numbers(next(o for o in snapshot.observations if o.number == best)))["loss"]
        told = next(t for t in likely(snapshot, observed=(best,), objective=0).trials if t.trial == best)
        observed_errors.append(abs(shown[best] - truth))
        corrected_errors.append(abs(told.estimates["loss"].mean - truth))

    assert np.mean(corrected_errors) < 0.5 * np.mean(observed_errors)


def test_reported_noise_decides_how_much_is_luck() -> None:
    """The same values are believed when they are said to be exact, and doubted when they are said to be vague."""
    snapshot = with_results(a_snapshot(), 20, bowl)
    spoilt = next(o for o in snapshot.observations if o.number == 7)
    lucky = replace(
        snapshot,
        observations=tuple(
            a_result(7, spoilt.configuration, {"loss": -0.3}) if o is spoilt else o for o in snapshot.observations
        ),
    )

    exact, vague = (
        next(t for t in likely(_with_sem(lucky, sem), observed=(7,), objective=0).trials if t.trial == 7)
        for sem in (1e-4, 0.4)
    )

    assert exact.probability > 0.9
    assert vague.probability < exact.probability
    assert vague.estimates["loss"].mean > exact.estimates["loss"].mean + 0.1


def test_the_likely_front_keeps_hard_constraints() -> None:
    """A trial that breaks a bound is not on the front, however good its objectives."""
    bound = OutcomeConstraint(metric="size", at_most=True, bound=0.5)
    snapshot = with_results(
        a_snapshot(constraints=(bound,)), 30, lambda c: {"loss": -c["x"], "size": c["x"] + 0.1 * c["y"]}
    )

    answer = likely(snapshot, objective=0)

    sizes = {o.number: o.measurements[-1].metrics["size"].value for o in snapshot.observations}
    assert answer.trials
    assert all(sizes[t.trial] <= 0.51 for t in answer.trials)


def test_what_was_measured_outside_of_the_space_is_not_judged() -> None:
    """A model knows nothing of a configuration that the space cannot say; the other trials are judged without it."""
    snapshot = with_results(a_snapshot(), 10, bowl)
    outside = a_result(11, {"x": 7.0, "y": 0.5}, {"loss": -5.0}, is_external=True)

    answer = likely(replace(snapshot, observations=(*snapshot.observations, outside)), observed=(11,), objective=0)

    assert 11 not in {t.trial for t in answer.trials}
    assert answer.trials


def test_groups_are_configurations() -> None:
    """A configuration that was run twice is left out as a whole."""
    snapshot = with_results(a_snapshot(), 6, bowl)
    twice = replace(snapshot.observations[0], number=7)
    models = fitted(replace(snapshot, observations=(*snapshot.observations, twice)))

    groups_N = groups_of(models.metrics[0].points_ND)

    assert len(groups_N) == 7
    assert len(set(groups_N)) == 6
    assert key_of(models.metrics[0].points_ND[0]) == key_of(models.metrics[0].points_ND[6])


def _numbers(observation: Observation) -> Mapping[str, float]:
    return {k: float(v) for k, v in observation.configuration.items() if not isinstance(v, str)}


def _curve_loss(c: Configuration, step: int) -> float:
    return bowl({k: float(v) for k, v in c.items()})["loss"] + 0.5 / step


def _curve(c: Configuration) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(step=step, metrics={"loss": MetricValue(value=_curve_loss(c, step))}) for step in range(1, 28)
    )


def _with_sem(snapshot: StudySnapshot, sem: float) -> StudySnapshot:
    return replace(
        snapshot,
        observations=tuple(
            a_result(o.number, o.configuration, o.measurements[-1].values(), sem=sem, state=TrialState.SUCCEEDED)
            for o in snapshot.observations
        ),
    )
