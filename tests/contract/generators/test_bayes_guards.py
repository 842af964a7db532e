"""What hangs, crashes or misleads Ax 1.3.1 does not reach the users of the Bayesian generator."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import (
    Categorical,
    Configuration,
    Derived,
    Double,
    Fixed,
    LinearTerm,
    Parameter,
    ParameterConstraint,
    SearchSpace,
    configuration_violations,
)
from assay_server.domain.trial import TrialState
from assay_server.ports import Exhausted, NotReady
from assay_server.strategies.bayes import BayesianGenerator
from tests.unit.strategies.bayes.studies import (
    TWO,
    Metrics,
    a_result,
    a_snapshot,
    bowl,
    two_bowls,
    with_results,
)

pytestmark = pytest.mark.torch


def first(snapshot: StudySnapshot) -> Configuration:
    """The best candidate, which must be one of the space."""
    found = BayesianGenerator().generate(snapshot, 1)
    assert list(configuration_violations(snapshot.spec.space, found[0], "")) == []
    return found[0]


def test_no_result_yet_is_not_ready() -> None:
    """With all the initial trials still out, somebody else answers."""
    with pytest.raises(NotReady):
        BayesianGenerator().generate(a_snapshot(pending=[{"x": 0.1, "y": 0.1}]), 1)


def test_one_result_is_not_ready() -> None:
    """One point has no direction."""
    snapshot = a_snapshot(observations=[a_result(1, {"x": 0.1, "y": 0.1}, {"loss": 1.0})])

    with pytest.raises(NotReady):
        BayesianGenerator().generate(snapshot, 1)


def test_two_results_suffice() -> None:
    """The model starts as early as it can."""
    first(with_results(a_snapshot(), 2, bowl))


def test_an_objective_that_nobody_reported_is_not_ready() -> None:
    """Without a single complete result nothing can be ranked."""
    with pytest.raises(NotReady):
        BayesianGenerator().generate(with_results(a_snapshot(objectives=TWO), 4, lambda c: {"f": c["x"]}), 1)


def test_a_metric_missing_in_some_results_is_no_obstacle() -> None:
    """The complete ones teach, the others are passed over."""
    snapshot = with_results(a_snapshot(objectives=TWO), 5, two_bowls)
    incomplete = a_result(6, {"x": 0.5, "y": 0.5}, {"f": 0.1})

    first(replace(snapshot, observations=(*snapshot.observations, incomplete)))


def test_noise_known_for_some_results_only_is_inferred() -> None:
    """Ax refuses a mixture of known and unknown noise."""
    snapshot = with_results(a_snapshot(), 4, bowl)
    precise = a_result(5, {"x": 0.5, "y": 0.5}, {"loss": 0.08}, sem=0.01)

    first(replace(snapshot, observations=(*snapshot.observations, precise)))


def test_noise_known_for_all_results_is_used() -> None:
    """Also when it is zero for one of them."""
    points = [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.6, 0.4)]
    results = [
        a_result(i, {"x": x, "y": y}, bowl({"x": x, "y": y}), sem=0.0 if i == 1 else 0.05)
        for i, (x, y) in enumerate(points, start=1)
    ]

    first(a_snapshot(observations=results))


def test_the_same_configuration_twice_is_two_results() -> None:
    """Repeated measurements tell about noise."""
    results = [a_result(i, {"x": 0.5, "y": 0.5}, {"loss": loss}) for i, loss in enumerate((0.1, 0.2, 0.1), start=1)]

    first(a_snapshot(observations=[*results, a_result(4, {"x": 0.1, "y": 0.9}, {"loss": 1.0})]))


def test_an_external_result_outside_the_bounds_is_left_out() -> None:
    """It does not fail the search, and does not pull it there."""
    snapshot = with_results(a_snapshot(), 6, bowl)
    far = a_result(7, {"x": 40.0, "y": -3.0}, {"loss": -100.0}, is_external=True)

    assert first(replace(snapshot, observations=(*snapshot.observations, far))) == first(snapshot)


def test_an_external_result_with_an_unknown_parameter_is_used() -> None:
    """The space decides what matters."""
    results = [
        a_result(1, {"x": 0.1, "y": 0.1, "colour": "red"}, {"loss": 1.0}, is_external=True),
        a_result(2, {"x": 0.6, "y": 0.4, "colour": "blue"}, {"loss": 0.1}, is_external=True),
    ]

    first(a_snapshot(observations=results))


def test_an_external_result_without_a_parameter_is_left_out() -> None:
    """Where it was measured is not known."""
    results = [a_result(1, {"x": 0.1}, {"loss": 1.0}, is_external=True)] * 3

    with pytest.raises(NotReady):
        BayesianGenerator().generate(a_snapshot(observations=results), 1)


@pytest.mark.parametrize("outlier", [1e30, 1.7e308])
def test_an_outlier_does_not_blind_the_search(outlier: float) -> None:
    """One diverged training among good ones: the next candidate is still near the optimum."""
    snapshot = with_results(a_snapshot(), 12, bowl)
    diverged = a_result(13, {"x": 0.05, "y": 0.95}, {"loss": outlier})

    found = first(replace(snapshot, observations=(*snapshot.observations, diverged)))

    assert bowl({k: float(v) for k, v in found.items()})["loss"] < 0.05


def test_tiny_and_huge_units_are_the_same_problem() -> None:
    """Neither 1e-30 nor 1e30 is lost in the surrogate's arithmetic."""
    for unit in (1e-30, 1e30):
        found = first(with_results(a_snapshot(), 12, partial(_bowl_in, unit)))

        assert bowl({k: float(v) for k, v in found.items()})["loss"] < 0.05


def test_a_constant_objective_is_no_obstacle() -> None:
    """Also as one of two."""
    first(with_results(a_snapshot(), 4, lambda _: {"loss": 5.0}))
    first(with_results(a_snapshot(objectives=TWO), 4, lambda c: {"f": 1.0, "g": c["x"]}))


def test_nothing_feasible_yet_moves_towards_feasibility() -> None:
    """While every result breaks a hard constraint, the next candidate breaks it less than they did."""
    constraint = OutcomeConstraint(metric="size", at_most=True, bound=0.2)
    snapshot = with_results(
        a_snapshot(constraints=(constraint,)), 8, lambda c: {**bowl(c), "size": 0.4 + c["x"] + c["y"]}
    )

    found = first(snapshot)

    assert float(found["x"]) + float(found["y"]) < 0.3


@pytest.mark.parametrize("state", [TrialState.INFEASIBLE, TrialState.FAILED])
def test_failures_move_the_search_away(state: TrialState) -> None:
    """Configurations around the optimum cannot be run: the candidate is not among them."""
    snapshot = with_results(a_snapshot(), 12, bowl)
    dead = [
        a_result(20 + i, {"x": 0.7 + dx, "y": 0.3 + dy}, {}, state=state)
        for i, (dx, dy) in enumerate([(0.0, 0.0), (0.08, 0.0), (-0.08, 0.0), (0.0, 0.08), (0.0, -0.08)])
    ]

    found = first(replace(snapshot, observations=(*snapshot.observations, *dead)))

    assert bowl({k: float(v) for k, v in found.items()})["loss"] > 0.08**2
    assert bowl({k: float(v) for k, v in first(snapshot).items()})["loss"] < 0.08**2


def test_a_pending_point_is_not_proposed_again() -> None:
    """What is being tried moves the search on."""
    snapshot = with_results(a_snapshot(), 8, bowl)
    found = first(snapshot)

    again = first(replace(snapshot, pending=(found,)))

    assert max(abs(float(again[k]) - float(found[k])) for k in ("x", "y")) > 0.005


def test_hundreds_of_pending_points_are_no_obstacle() -> None:
    """Only the newest are looked at; all are avoided."""
    snapshot = with_results(a_snapshot(), 4, bowl)
    waiting = tuple({"x": i / 300, "y": (i * 7 % 300) / 300} for i in range(300))

    assert dict(first(replace(snapshot, pending=waiting))) not in waiting


HOSTILE = [
    '__import__("os").system("touch {0}")',
    '"].append(__import__("os").system("touch {0}")) or m["',
    "E",
    "I",
    "lambda",
    "beta",
    "step",
    "metadata",
    "9**9**9*x",
    "p0 <= 1, -m0",
    "ünï çødé 名前",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(name: str, tmp_path: Path) -> None:
    """Parameters, values, objectives, constraints and formulas named like code do not run it, nor hang."""
    trap = tmp_path / "trap"
    text = name.format(trap)
    space = SearchSpace(
        parameters=(
            Parameter(name=text, kind=Double(min=0.0, max=1.0)),
            Parameter(name=f"{text} too", kind=Categorical(values=(text, "other", "third"))),
            Parameter(name=f"{text} sum", kind=Derived(terms=(LinearTerm(name=text, weight=2.0),))),
            Parameter(name=f"{text} fixed", kind=Fixed(value=text)),
        ),
        constraints=(ParameterConstraint(terms=(LinearTerm(name=text, weight=1.0),), at_most=True, bound=0.9),),
    )
    objectives = (Objective(metric=text, minimize=True), Objective(metric=f"{text} b", minimize=False))
    bound = OutcomeConstraint(metric=f"{text} c", at_most=True, bound=0.7)
    results = [
        a_result(
            i,
            {text: x, f"{text} too": value},
            {text: x * x, f"{text} b": x, f"{text} c": x},
        )
        for i, (x, value) in enumerate([(0.1, text), (0.5, "other"), (0.8, "third")], start=1)
    ]

    found = first(a_snapshot(space, objectives=objectives, constraints=(bound,), observations=results))

    assert set(found) == {text, f"{text} too", f"{text} sum", f"{text} fixed"}
    assert not trap.exists()


@pytest.mark.parametrize("num_objectives", [1, 2, 3, 4, 20])
def test_any_number_of_objectives_is_served(num_objectives: int) -> None:
    """From one to twenty, minimised and maximised in turn, with and without thresholds."""
    objectives = tuple(
        Objective(metric=f"f{i}", minimize=i % 2 == 0, threshold=0.5 if i % 3 == 0 else None)
        for i in range(num_objectives)
    )
    snapshot = with_results(
        a_snapshot(objectives=objectives),
        5,
        lambda c: {f"f{i}": (c["x"] - i / num_objectives) ** 2 + c["y"] for i in range(num_objectives)},
    )

    first(snapshot)


def test_soft_constraints_cost_but_do_not_forbid() -> None:
    """A soft bound is paid for in the objective, as in the ranking of results."""
    soft = OutcomeConstraint(metric="size", at_most=True, bound=0.5, soft_weight=10.0)
    snapshot = with_results(a_snapshot(constraints=(soft,)), 14, lambda c: {**bowl(c), "size": c["x"]})

    found = first(snapshot)

    assert float(found["x"]) < 0.6
    assert float(first(with_results(a_snapshot(), 14, bowl))["x"]) > 0.6


def test_rungs_teach_the_search_at_the_target() -> None:
    """Cheap results whose optimum moves with the step: candidates are for the largest step."""
    fidelity = Fidelity(name="epoch", min=1, max=9, eta=3.0)
    snapshot = a_snapshot(fidelity=fidelity)
    tried = [c.configuration for c in with_results(a_snapshot(), 14, bowl).observations]

    def curve(configuration: Configuration, last: int) -> tuple[Measurement, ...]:
        x, y = float(configuration["x"]), float(configuration["y"])
        return tuple(
            Measurement(
                step=step,
                metrics={"loss": MetricValue(value=(x - 0.7 + 0.5 / step) ** 2 + (y - 0.3) ** 2 + 1 / step)},
            )
            for step in range(1, last + 1)
        )

    results = tuple(
        replace(
            a_result(i, c, {}, state=TrialState.STOPPED if i % 3 else TrialState.SUCCEEDED),
            measurements=curve(c, 9 if i % 3 == 0 else 3 if i % 2 else 1),
        )
        for i, c in enumerate(tried, start=1)
    )

    found = first(replace(snapshot, observations=results, first_index=14))

    assert abs(float(found["x"]) - 0.65) < 0.15


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_stale_lock_does_not_hold_anybody_up(tmp_path: Path) -> None:
    """BoTorch's compiled kernel waits for ever for a lock whose owner was killed: it is never asked for."""
    build = tmp_path / "logei_fused_ext"
    build.mkdir()
    (build / "lock").touch()
    snapshot = "with_results(a_snapshot(objectives=TWO), 4, two_bowls)"
    code = (
        "from tests.unit.strategies.bayes.studies import *\n"
        "from assay_server.strategies.bayes import BayesianGenerator\n"
        f"print(sorted(BayesianGenerator().generate({snapshot}, 1)[0].items()))"
    )

    found = _fresh_process(code, TORCH_EXTENSIONS_DIR=str(tmp_path))

    assert found == repr(sorted(first(with_results(a_snapshot(objectives=TWO), 4, two_bowls)).items()))
    assert [p.name for p in build.iterdir()] == ["lock"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_fresh_process_proposes_the_same() -> None:
    """A restart changes nothing: candidates depend on the snapshot alone, mixed spaces and batches included."""
    code = (
        "from tests.unit.strategies.bayes.studies import *\n"
        "from assay_server.testing.generator_contract import BRANCHING\n"
        "from assay_server.strategies.bayes import BayesianGenerator\n"
        "snapshot = with_results(a_snapshot(BRANCHING), 6, lambda c: {'loss': sum(map(float, c.values()))})\n"
        "print([sorted(c.items()) for c in BayesianGenerator().generate(snapshot, 4)])"
    )

    assert _fresh_process(code, PYTHONHASHSEED="1") == _fresh_process(code, PYTHONHASHSEED="2")


def test_a_tried_out_space_is_exhausted() -> None:
    """Whether its configurations were measured or are still out."""
    space = SearchSpace(parameters=(Parameter(name="c", kind=Categorical(values=("a", "b", "c"))),))
    results = [a_result(i, {"c": c}, {"loss": float(i)}) for i, c in enumerate("ab", start=1)]

    with pytest.raises(Exhausted):
        BayesianGenerator().generate(a_snapshot(space, observations=results, pending=[{"c": "c"}]), 1)


def test_a_space_with_nothing_to_search_has_one_candidate() -> None:
    """Fixed parameters only: its only configuration, then nothing."""
    space = SearchSpace(parameters=(Parameter(name="a", kind=Fixed(value=1)),))

    assert len(BayesianGenerator().generate(a_snapshot(space), 3)) == 1
    with pytest.raises(Exhausted):
        BayesianGenerator().generate(a_snapshot(space, observations=[a_result(1, {"a": 1}, {"loss": 1.0})]), 1)


def test_many_candidates_of_one_fit_are_distinct() -> None:
    """Beyond the optimised ones, samples of the posterior: as many as asked for."""
    snapshot = with_results(a_snapshot(objectives=TWO), 6, two_bowls)

    found = BayesianGenerator().generate(snapshot, 40)

    assert len({tuple(c.items()) for c in found}) == 40


def _bowl_in(unit: float, c: Mapping[str, float]) -> Metrics:
    return {"loss": unit * bowl(c)["loss"]}


def _fresh_process(code: str, **environment: str) -> str:
    """What *code* prints in a new interpreter, within two minutes."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path.cwd())])},
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().splitlines()[-1]
