"""The problems of bench-quality: what they say of their best is true."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from assay.space import Boolean, Choice, Double, Integer, Scalar
from tests.bench.quality.errors import WrongArgument
from tests.bench.quality.problem import Configuration, Problem, active, from_unit
from tests.bench.quality.problems import conditional_network, digits, mixed_probe
from tests.bench.quality.problems.table import PROBLEMS, problem_named, source_of
from tests.bench.quality.regret import FEASIBLE, regret_of
from tests.bench.quality.volume import hypervolume

NAMES = list(PROBLEMS)
MANY = 300


def _drawn(problem: Problem, seed: int) -> dict[str, Scalar]:
    unit = np.random.default_rng(seed).random(len(problem.space))
    pairs = zip(problem.space.items(), unit, strict=True)
    return active(problem.space, {name: from_unit(parameter, float(u)) for (name, parameter), u in pairs})


def _values(problem: Problem, configuration: Configuration, step: int | None = None) -> list[float]:
    metrics = problem.evaluate(configuration, step or problem.max_step)
    return [metrics[name] for name in (*problem.objectives, *problem.constraints)]


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_measures_what_it_says(name: str) -> None:
    """Every objective and constraint, and nothing else, is a finite number anywhere and at every step."""
    problem = problem_named(name)

    for seed, step in itertools.product(range(20), {1, problem.max_step}):
        metrics = problem.evaluate(_drawn(problem, seed), step)
        assert metrics.keys() == {*problem.objectives, *problem.constraints}
        assert all(math.isfinite(value) for value in metrics.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_is_a_function(name: str) -> None:
    """The same configuration and step give the same metrics, so that contenders can be compared."""
    problem = problem_named(name)
    drawn = _drawn(problem, 0)

    assert problem.evaluate(drawn, problem.max_step) == problem.evaluate(drawn, problem.max_step)


@pytest.mark.parametrize("name", NAMES)
def test_no_random_point_is_better_than_the_best(name: str) -> None:
    """What a problem calls its best is not beaten by what many random points reach together."""
    problem = problem_named(name)
    values = [_values(problem, _drawn(problem, seed)) for seed in range(MANY)]
    feasible = [v for v in values if all(c <= FEASIBLE for c in v[len(problem.objectives) :])]

    assert regret_of(problem, feasible) >= 0.0


@pytest.mark.parametrize(
    ("name", "configuration"),
    [
        ("hartmann6", dict(zip("012345", (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.657301), strict=True))),
        ("aug_branin", {"0": math.pi, "1": 2.275}),
        ("aug_branin", {"0": -math.pi, "1": 12.275}),
    ],
)
def test_a_known_minimum_is_the_best(name: str, configuration: dict[str, float]) -> None:
    """The optimum that the literature gives has no regret."""
    problem = problem_named(name)

    values = _values(problem, {f"x{at}": value for at, value in configuration.items()})

    assert regret_of(problem, [values]) == pytest.approx(0.0, abs=1e-6)


def test_the_front_of_zdt1_is_the_best() -> None:
    """Points on the edge come as close to the largest hypervolume as their number allows."""
    problem = problem_named("zdt1_6d")
    rest = {f"x{i}": 0.0 for i in range(1, 6)}
    front = [_values(problem, {"x0": float(u), **rest}) for u in np.linspace(0.0, 1.0, 2001)]

    assert 0.0 <= regret_of(problem, front) < 1e-5


def test_the_front_of_dtlz2_is_the_best() -> None:
    """Points on the eighth of the sphere come close to the largest hypervolume, from below."""
    problem = problem_named("dtlz2_3obj")
    half = {f"x{i}": 0.5 for i in range(2, 5)}
    angles = np.linspace(0.0, 1.0, 61)
    front = [_values(problem, {"x0": float(a), "x1": float(b), **half}) for a in angles for b in angles]

    assert 0.0 <= regret_of(problem, front) < 0.02


def test_the_feasible_pieces_of_c2dtlz2_are_the_best() -> None:
    """Feasible points on and near the front come close to the largest hypervolume, from below."""
    problem = problem_named("c2dtlz2_4d")
    points = (
        _values(problem, {"x0": float(a), "x1": 0.5 + float(d), "x2": 0.5, "x3": 0.5})
        for a in np.linspace(0.0, 1.0, 801)
        for d in np.linspace(0.0, 0.5, 26)
    )
    feasible = [v for v in points if v[2] <= 0.0]

    assert 0.0 <= regret_of(problem, feasible) < 0.005


def test_a_grid_on_branin_and_currin_is_close_to_the_best() -> None:
    """A dense grid reaches nearly all of the hypervolume that the problem calls its largest."""
    problem = problem_named("branin_currin")
    line = [float(u) for u in np.linspace(0.0, 1.0, 201)]
    grid = [_values(problem, {"x0": u, "x1": v}) for u in line for v in line]

    assert 0.0 <= regret_of(problem, grid) < 0.03


def test_a_grid_on_branin_and_currin_with_cheap_steps_is_close_to_the_best() -> None:
    """The largest hypervolume is one that points of the problem reach: the paper's number is not."""
    problem = problem_named("momf_branin_currin")
    line = [float(u) for u in np.linspace(0.0, 1.0, 301)]
    grid = [_values(problem, {"x0": u, "x1": v}) for u in line for v in line]

    assert 0.0 <= regret_of(problem, grid) < 0.02


def test_cheap_steps_mislead_where_they_shall() -> None:
    """After one step the mirror image of a good point looks better than the point; after all of them it is worse."""
    problem = problem_named("misleading_fidelity")
    good, mirrored = {"x0": 0.12, "x1": 0.82}, {"x0": 0.88, "x1": 0.18}

    cheap, full = ([_values(problem, c, step)[0] for c in (good, mirrored)] for step in (1, problem.max_step))

    assert cheap[0] > cheap[1]
    assert full[0] < full[1]


def test_the_best_of_the_mixed_probe_is_enumerated() -> None:
    """No batch, depth and width, everything else at its best, goes beyond the front that is called the best."""
    problem = mixed_probe.PROBLEM
    best: dict[str, Scalar] = {
        "lr": 1e-3,
        "decay": 1e-4,
        "dropout": 0.2,
        "momentum": 0.9,
        "norm": False,
        "act": "gelu",
        "opt": "adam",
    }
    sizes = itertools.product((16, 32, 64, 128), range(1, 21), range(16, 513, 4))
    points = [_values(problem, {**best, "batch": b, "depth": d, "width": w}) for b, d, w in sizes]

    found = hypervolume([v[:2] for v in points if v[2] <= 0.0], problem.reference)

    assert 0.0 <= 1.0 - found / problem.best < 1e-3


def test_the_best_of_the_conditional_network_is_reached() -> None:
    """The parts of the formula can all be at their least together."""
    best: dict[str, Scalar] = {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "depth": 3}
    best |= {"width0": 128, "width1": 64, "width2": 32}

    assert conditional_network.evaluate(best, 1)["error"] == pytest.approx(0.0, abs=1e-12)


def test_the_digits_are_what_was_trained() -> None:
    """The table has all configurations, and the smallest network's parameters are those that arithmetic gives."""
    smallest: dict[str, Scalar] = dict.fromkeys(digits.NUMERIC, 0)
    smallest |= {"optimizer": "adam", "activation": "relu"}

    assert digits.errors().shape == (5, 2, 2, 4, 2, 2, 2, 2, 27)
    assert digits.error_and_size(smallest, 1)["size"] == 0.0
    with np.load(digits.TABLE) as table:
        assert table["params"].min() == 64 * 8 + 8 + 8 * 10 + 10


def test_inactive_parameters_are_left_out() -> None:
    """An optimizer that knows no conditions may propose everything: what does not exist is dropped."""
    space = conditional_network.PROBLEM.space
    everything: dict[str, Scalar] = {
        "optimizer": "adam", "lr": 0.1, "momentum": 0.9, "epsilon": 1e-6,
        "depth": 2, "width0": 8, "width1": 8, "width2": 8,
    }  # fmt: skip

    assert active(space, everything).keys() == {"optimizer", "lr", "epsilon", "depth", "width0", "width1"}


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_of_each_range_are_within_it(name: str) -> None:
    """Random baselines in tests and elsewhere propose nothing outside of the space."""
    for parameter in problem_named(name).space.values():
        for at in (0.0, 1.0):
            value = from_unit(parameter, at)
            match parameter.kind:
                case Double(min=low, max=high) | Integer(min=low, max=high):
                    assert low <= float(value) <= high * (1.0 + 1e-12)
                case Choice(values=values):
                    assert value in values
                case kind:
                    assert isinstance(kind, Boolean)


def test_a_problem_of_ones_own_is_a_file(tmp_path: Path) -> None:
    """Whoever adds a problem need not touch the table."""
    path = tmp_path / "bowl.py"
    path.write_text(
        "from assay.space import double\n"
        "from tests.bench.quality.problem import Problem\n"
        "PROBLEM = Problem(name='bowl', summary='', space={'x': double(-1, 1)}, objectives=('y',), best=0.0,\n"
        "                  evaluate=lambda c, step: {'y': float(c['x']) ** 2})\n"
    )

    assert problem_named(str(path)).evaluate({"x": 0.5}, 1) == {"y": 0.25}
    assert source_of(str(path)) == path


def test_an_unknown_problem_is_named() -> None:
    """The message says what there is instead."""
    with pytest.raises(WrongArgument, match="there is no problem 'brannin'; there are branin_currin"):
        problem_named("brannin")


def test_a_reference_point_has_a_coordinate_for_each_objective(tmp_path: Path) -> None:
    """A problem whose hypervolume cannot be computed is refused before anything is run."""
    path = tmp_path / "flat.py"
    path.write_text(
        "from assay.space import double\n"
        "from tests.bench.quality.problem import Problem\n"
        "PROBLEM = Problem(name='flat', summary='', space={'x': double(0, 1)}, objectives=('a', 'b'), best=1.0,\n"
        "                  reference=(1.0,), evaluate=lambda c, step: {'a': 0.0, 'b': 0.0})\n"
    )

    with pytest.raises(WrongArgument, match="flat: 1 coordinates of a reference point, not 2"):
        problem_named(str(path))
