"""Importances against functions whose indices are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from assay_server.domain.analysis import Importance, ImportanceQuestion, Importances
from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.objective import OutcomeConstraint
from assay_server.domain.space import Boolean, Categorical, Condition, Double, Integer, Parameter, SearchSpace
from assay_server.strategies.bayes.analyst import BayesianAnalyst
from assay_server.strategies.bayes.columns import Array
from assay_server.strategies.bayes.encode import Encoding
from assay_server.strategies.bayes.fitted import Fitted
from assay_server.strategies.bayes.sensitivity import importances_of
from tests.unit.strategies.bayes.studies import TWO, a_snapshot, two_bowls, with_results

pytestmark = pytest.mark.torch

CUBE = SearchSpace(parameters=tuple(Parameter(name=n, kind=Double(min=0.0, max=1.0)) for n in "abc"))


@dataclass(frozen=True, kw_only=True)
class Known(Fitted):
    """As if a model had learnt a function exactly."""

    function: Callable[[Mapping[str, object]], tuple[float, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(o.metric for o in self.spec.objectives)

    def means(self, points_ND: Array) -> Array:
        return np.array([self.function(self.encoding.decode(p_D)) for p_D in points_ND])


def known(space: SearchSpace, function: Callable[[Mapping[str, object]], tuple[float, ...]], *, num: int = 1) -> Known:
    spec = a_snapshot(space, objectives=TWO[:num]).spec
    return Known(spec=spec, encoding=Encoding(space), metrics=(), function=function)


def indices(models: Fitted, reference: tuple[float, ...] | None = None) -> tuple[Importance, ...]:
    return importances_of(models, reference, np.random.default_rng(0))


def number(configuration: Mapping[str, object], name: str) -> float:
    value = configuration[name]
    assert isinstance(value, int | float)
    return float(value)


def test_the_indices_of_ishigamis_function() -> None:
    """First-order and total indices agree with the closed form (Ishigami and Homma 1990), interactions included."""

    def ishigami(c: Mapping[str, object]) -> tuple[float]:
        a, b, z = (math.pi * (2.0 * number(c, n) - 1.0) for n in "abc")
        return (math.sin(a) + 7.0 * math.sin(b) ** 2 + 0.1 * z**4 * math.sin(a),)

    (found,) = indices(known(CUBE, ishigami))

    assert found.first_order == pytest.approx({"a": 0.314, "b": 0.442, "c": 0.0}, abs=0.03)
    assert found.total == pytest.approx({"a": 0.558, "b": 0.442, "c": 0.244}, abs=0.03)
    assert sum(found.shares.values()) == pytest.approx(1.0)


def test_a_sum_has_no_interactions() -> None:
    """Of an additive function first-order and total indices are the same and sum to 1, in the ratio of variances."""
    (found,) = indices(known(CUBE, lambda c: (1.0 * number(c, "a") - 2.0 * number(c, "b"),)))

    assert found.first_order == pytest.approx({"a": 0.2, "b": 0.8, "c": 0.0}, abs=0.02)
    assert found.total == pytest.approx(found.first_order, abs=0.02)
    assert all(0.0 <= share <= 1.0 for share in found.total.values())


def test_a_choice_is_one_parameter_however_many_columns_it_has() -> None:
    """The columns of an unordered choice move together: all of the variance is its own, and none is an interaction."""
    space = SearchSpace(
        parameters=(
            Parameter(name="act", kind=Categorical(values=("relu", "gelu", "tanh", "elu", "silu"))),
            Parameter(name="lr", kind=Double(min=1e-4, max=1.0, log=True)),
        )
    )
    worth = {"relu": 0.0, "gelu": 3.0, "tanh": -1.0, "elu": 2.0, "silu": 7.0}

    (found,) = indices(known(space, lambda c: (worth[str(c["act"])],)))

    assert found.first_order == pytest.approx({"act": 1.0, "lr": 0.0}, abs=0.02)
    assert found.total == pytest.approx({"act": 1.0, "lr": 0.0}, abs=0.02)


def test_a_conditional_parameter_counts_where_it_is_active() -> None:
    """f = momentum if sgd else 0: of the variance 3/5 are the optimizer's alone, 1/5 is the momentum's."""
    space = SearchSpace(
        parameters=(
            Parameter(name="sgd", kind=Boolean()),
            Parameter(
                name="momentum",
                kind=Double(min=0.0, max=1.0),
                conditions=(Condition(parameter="sgd", values=(True,)),),
            ),
        )
    )

    # E[f] = 1/4, E[f^2] = 1/6, so V = 5/48; V[E[f|sgd]] = 1/16 = 3/48; V[E[f|m]] = V[m/2] = 1/48.
    (found,) = indices(known(space, lambda c: (number(c, "momentum") if c["sgd"] else 0.0,)))

    assert found.first_order == pytest.approx({"sgd": 3 / 5, "momentum": 1 / 5}, abs=0.03)
    assert found.total == pytest.approx({"sgd": 4 / 5, "momentum": 2 / 5}, abs=0.03)


def test_a_log_scale_is_uniform_on_its_scale() -> None:
    """The logarithm of a log-scaled parameter and a linear one of the same range matter equally."""
    space = SearchSpace(
        parameters=(
            Parameter(name="lr", kind=Double(min=1e-4, max=1.0, log=True)),
            Parameter(name="layers", kind=Integer(min=0, max=1000)),
        )
    )

    (found,) = indices(known(space, lambda c: (math.log10(number(c, "lr")) / 4 + number(c, "layers") / 1000,)))

    assert found.first_order == pytest.approx({"lr": 0.5, "layers": 0.5}, abs=0.03)


def test_a_constant_metric_has_no_importances() -> None:
    """Nothing is shared out where nothing varies."""
    (found,) = indices(known(CUBE, lambda _: (3.0,)))

    assert (found.first_order, found.total, found.shares) == ({}, {}, {})


def test_the_only_parameter_has_it_all() -> None:
    """There is nothing else that a metric could vary with; nor the hypervolume."""
    space = SearchSpace(parameters=CUBE.parameters[:1])

    metric, volume = indices(known(space, lambda c: (number(c, "a") ** 2,)), reference=(1.0,))

    assert (metric.first_order, metric.total) == ({"a": 1.0}, {"a": 1.0})
    assert volume.shares == {"a": 1.0}


def test_the_hypervolume_depends_on_what_the_objectives_depend_on() -> None:
    """A parameter that no objective depends on has no part in the hypervolume; the two that trade off have the same."""
    models = known(CUBE, lambda c: (number(c, "a"), number(c, "b")), num=2)

    f, g, volume = indices(models, reference=(1.0, 1.0))

    assert (f.metric, g.metric, volume.metric) == ("f", "g", "hypervolume")
    assert volume.total["c"] == 0.0
    assert volume.shares["a"] == pytest.approx(0.5, abs=0.05)
    assert volume.first_order["a"] < volume.total["a"]


def test_what_is_worse_than_the_reference_is_worth_nothing() -> None:
    """A parameter that matters only beyond the threshold matters for a metric, not for the hypervolume."""

    def function(c: Mapping[str, object]) -> tuple[float]:
        is_bad = number(c, "a") > 0.5
        return (10.0 + 5.0 * number(c, "b") if is_bad else number(c, "c"),)

    metric, volume = indices(known(CUBE, function), reference=(1.0,))

    assert metric.total["b"] > 0.02
    assert volume.total["b"] == 0.0
    assert volume.total["c"] > 0.2


def test_without_a_reference_the_hypervolume_is_left_out() -> None:
    """Before there is a feasible result nothing is said about it."""
    assert [i.metric for i in indices(known(CUBE, lambda c: (number(c, "a"),)))] == ["f"]


def test_a_model_of_results_finds_what_matters() -> None:
    """From forty trials: both parameters of the two bowls, for each metric, and the bound's for the constrained one."""
    bound = OutcomeConstraint(metric="size", at_most=True, bound=0.9)
    snapshot = with_results(
        a_snapshot(objectives=TWO, constraints=(bound,)), 40, lambda c: {**two_bowls(c), "size": c["x"]}
    )

    answer = _importances(snapshot, (1.0, 1.0))

    assert [m.metric for m in answer.metrics] == ["f", "g", "size", "hypervolume"]
    assert [q.metric for q in answer.qualities] == ["f", "g", "size"]
    by_metric = {m.metric: m for m in answer.metrics}
    assert by_metric["f"].shares == pytest.approx({"x": 0.5, "y": 0.5}, abs=0.06)
    assert by_metric["size"].shares == pytest.approx({"x": 1.0, "y": 0.0}, abs=0.03)
    assert sum(by_metric["hypervolume"].shares.values()) == pytest.approx(1.0)


def _importances(snapshot: StudySnapshot, reference: tuple[float, ...]) -> Importances:
    answer = BayesianAnalyst().analyse(snapshot, ImportanceQuestion(reference=reference))
    assert isinstance(answer, Importances)
    return answer
