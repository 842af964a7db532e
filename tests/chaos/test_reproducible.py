"""A STRICT study with one worker and a seed is a function of its seed, restart or not."""

from pathlib import Path

import pytest

import assay
from tests.e2e.processes import ServerProcess, running_server

pytestmark = [pytest.mark.e2e, pytest.mark.chaos]

NUM_TRIALS = 9
NUM_SOBOL = 4


def run_study(folder: Path, phase: assay.Phase, *, kill_after: int | None = None) -> list[dict[str, object]]:
    """All configurations of a study in order; the server is killed and restarted after some trials."""
    folder.mkdir()
    with running_server(folder) as server:
        study = create_study(server, phase)
        for num_done, trial in enumerate(study.trials(worker="only"), start=1):
            with trial:
                x, y = float(trial.params["x"]), int(trial.params["y"])
                trial.report(a=(x - 0.2) ** 2 + y, b=(x - 0.8) ** 2 - 0.1 * y)
            if num_done == kill_after:
                server.kill()
                server.start()
        return [dict(t.params) for t in study.list_trials()]


def create_study(server: ServerProcess, phase: assay.Phase) -> assay.Study:
    """Two objectives, quasi-random first, then *phase*."""
    return assay.Client(server.address, connect_timeout_s=60).create_study(
        "strict",
        space={"x": assay.double(0.0, 1.0), "y": assay.integer(0, 3)},
        objectives=[assay.minimize("a"), assay.minimize("b")],
        budget=assay.Budget(trials=NUM_TRIALS),
        strategy=assay.Strategy(
            phases=[assay.Phase(assay.sobol(), trials=NUM_SOBOL), phase],
            freshness=assay.Freshness.STRICT,
        ),
        seed=7,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "phase",
    [
        assay.Phase(assay.bayesian()),
        assay.Phase(assay.evolutionary(population_size=4)),
        assay.Phase(assay.evolutionary(population_size=4, regularised=True)),
    ],
    ids=["bayesian", "nsga2", "regularised"],
)
def test_the_same_seed_gives_the_same_trials_also_across_a_kill(tmp_path: Path, phase: assay.Phase) -> None:
    """Three runs: two undisturbed, one with the server killed half-way through the phase that learns."""
    first = run_study(tmp_path / "first", phase)

    assert len(first) == NUM_TRIALS
    assert run_study(tmp_path / "second", phase) == first
    assert run_study(tmp_path / "killed", phase, kill_after=NUM_SOBOL + 2) == first
