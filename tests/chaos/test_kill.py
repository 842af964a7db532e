"""kill -9 of each kind of process, for real, and what must be left."""

from collections import Counter
from pathlib import Path

import pytest

import assay
from tests.e2e.processes import ServerProcess, WorkerProcess, running_server, running_workers, wait_for_reports

pytestmark = [pytest.mark.e2e, pytest.mark.chaos]

NUM_TRIALS = 12


def create_study(server: ServerProcess, strategy: assay.Strategy | None = None) -> assay.Study:
    """Two parameters, one objective, a constraint, rungs at 1, 3 and 9."""
    return assay.Client(server.address, connect_timeout_s=60).create_study(
        "chaos",
        space={"x": assay.double(0.0, 1.0), "y": assay.double(0.1, 1.0)},
        objectives=[assay.minimize("loss")],
        constraints=["size <= 0.9"],
        fidelity=assay.Fidelity("step", min=1, max=9, eta=3),
        budget=assay.Budget(trials=NUM_TRIALS),
        seed=1,
        lease_ttl=2.0,
        strategy=strategy,
    )


def judge(server: ServerProcess, workers: list[WorkerProcess]) -> None:
    """Nothing acknowledged is lost, nothing is counted twice, the numbers add up."""
    study = assay.Client(server.address, connect_timeout_s=60).get_study("chaos")
    trials = {t.number: t for t in study.list_trials(full=True)}
    assert sorted(trials) == list(range(1, NUM_TRIALS + 1))
    for worker in workers:
        for line in worker.diary():
            steps = [m.step for m in trials[line["trial"]].measurements]
            assert line["step"] in steps, f"acknowledged report lost: {line}"
    for trial in trials.values():
        steps = [m.step for m in trial.measurements]
        assert steps == sorted(set(steps)), f"trial {trial.number} has a step twice: {steps}"
        assert [a.number for a in trial.attempts] == list(range(1, len(trial.attempts) + 1))
    progress = study.progress()
    states = Counter(t.state.value for t in trials.values())
    assert {k.value: v for k, v in progress.study.counts.items() if v} == dict(states)
    assert not {"RUNNING", "QUEUED", "PAUSED"} & states.keys()
    assert states["SUCCEEDED"] >= 1


def test_workers_outlive_a_killed_server_and_no_acknowledged_report_is_lost(tmp_path: Path) -> None:
    """Three kills under load, each followed by a restart on the same file."""
    with running_server(tmp_path) as server:
        create_study(server)
        with running_workers(server, "chaos", ["a", "b"], step_ms=10) as workers:
            for count in (5, 15, 25):
                wait_for_reports(workers, count)
                server.kill()
                server.start()
            assert [w.wait() for w in workers] == [0, 0], workers[0].log() + workers[1].log()
            judge(server, workers)


def test_a_killed_workers_trial_is_resumed_by_the_other_from_its_checkpoint(tmp_path: Path) -> None:
    """The new attempt starts at the step of the checkpoint, not at zero, and trains no step twice."""
    with running_server(tmp_path) as server:
        study = create_study(server, strategy=assay.Strategy(scheduler=assay.full_fidelity()))
        with running_workers(server, "chaos", ["victim"], step_ms=50) as (victim,):
            wait_for_reports([victim], 4)
            victim.kill()
            victims = victim.diary()
            with running_workers(server, "chaos", ["heir"], step_ms=1) as (heir,):
                assert heir.wait() == 0, heir.log()
                resumed = victims[-1]["trial"]
                trial = study.trial(resumed)
                last_step = max(line["step"] for line in victims if line["trial"] == resumed)
                assert [a.worker for a in trial.attempts] == ["victim", "heir"]
                assert trial.attempts[1].start_step >= last_step
                inherited = [line for line in heir.diary() if line["trial"] == resumed]
                assert all(line["trained"] == line["step"] for line in inherited), "a step was trained twice or lost"
                judge(server, [victim, heir])


def test_a_killed_policy_process_is_seen_in_the_metrics_alone(tmp_path: Path) -> None:
    """Workers notice nothing; the process is replaced and the death is counted."""
    with running_server(tmp_path) as server:
        create_study(server, strategy=assay.Strategy(phases=[assay.Phase(assay.sobol())]))
        with running_workers(server, "chaos", ["a", "b"], step_ms=10) as workers:
            wait_for_reports(workers, 3)
            for child in server.children():
                child.kill()
            assert [w.wait() for w in workers] == [0, 0], workers[0].log() + workers[1].log()
            judge(server, workers)


def test_nothing_is_left_behind_by_a_killed_server(tmp_path: Path) -> None:
    """Its policy processes end by themselves when it is gone."""
    with running_server(tmp_path) as server:
        study = create_study(server, strategy=assay.Strategy(phases=[assay.Phase(assay.sobol())]))
        asked = study.ask(worker="w")
        more = study.ask(worker="v")
        children = server.children()

        server.kill()

        assert asked
        assert more
        assert children
        for child in children:
            child.wait(30)
