"""A worker in each language survives half a minute without a server, and loses no report."""

import contextlib
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.executor import Executor
from tests.conformance.languages import Language, all_languages
from tests.conformance.served import Served
from tests.conftest import IN_CI

OUTAGE_S = 30.0
NUM_STEPS = 40
SPEC = {
    "space": {"parameters": [{"name": "lr", "double": {"min": 0, "max": 1}}]},
    "objectives": [{"metric": "loss", "goal": "GOAL_MINIMIZE"}],
    "fidelity": {"name": "epoch", "min": NUM_STEPS, "max": NUM_STEPS},
    "no_default_baseline": True,
    "strategy": {"phases": [{"generator": {"random": {}}}]},
    "budget": {"max_trials": 1},
}
WORK = {"worker": "gpu-0", "step_ms": 50, "metrics": {"loss": {"over_step": "1"}}, "checkpoints": True}


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_outage_of_half_a_minute_costs_no_report(tool: Callable[[str], str], tmp_path: Path) -> None:
    """In no language: all of them train when the server is killed, and their trials have every step after it."""
    languages = [language for language in all_languages() if IN_CI or not language.missing_tools()]
    for name in {name for language in languages for name in language.tools}:
        tool(name)
    with contextlib.ExitStack() as stack:
        served = Served(tmp_path, kind="plain")
        stack.callback(served.close)
        workers = [_working(language, served, tmp_path, stack) for language in languages]
        for language in languages:
            _wait_for_steps(served, language, 3)

        served.kill()
        threading.Event().wait(OUTAGE_S)
        served.start()

        answers = [worker.finish(120) for worker in workers]
        trials = [served.stubs.call("TrialService/GetTrial", {"name": _trial(language)}) for language in languages]

    every_step = [str(step) for step in range(1, NUM_STEPS + 1)]
    for language, answer, trial in zip(languages, answers, trials, strict=True):
        told = json.dumps(answer)
        assert "ok" in answer, f"{language.name}: {told}"
        measurements, attempts = trial["measurements"], trial["attempts"]
        assert isinstance(measurements, list)
        assert isinstance(attempts, list)
        assert [measured["step"] for measured in measurements] == every_step, f"{language.name}: {told}"
        assert len(attempts) == 1, f"{language.name}: {told}"


def _working(language: Language, served: Served, folder: Path, stack: contextlib.ExitStack) -> Executor:
    """A worker that has begun the loop of the README."""
    language.make()
    log = folder / f"{language.name}.log"
    worker = Executor(language.command(), folder=language.folder, log=log, environment={})
    stack.callback(worker.close)
    served.stubs.call("StudyService/CreateStudy", {"study_id": _study_id(language), "study": {"spec": SPEC}})
    for command in (
        {"do": "connect", "as": "c", "address": served.values()["address"]},
        {"do": "get_study", "on": "c", "as": "s", "study": _study_id(language)},
    ):
        worker.begin(command)
        assert "ok" in worker.finish(60)
    worker.begin({"do": "work", "on": "s", **WORK})
    return worker


def _wait_for_steps(served: Served, language: Language, least: int) -> None:
    pause = threading.Event()
    for _ in range(1000):
        listed = served.stubs.call("TrialService/ListTrials", {"parent": _trial(language).rpartition("/trials/")[0]})
        trials = listed.get("trials", [])
        assert isinstance(trials, list)
        if any(int(trial.get("last_step", 0)) >= least for trial in trials):
            return
        pause.wait(0.05)
    pytest.fail(f"{language.name} does not train")


def _study_id(language: Language) -> str:
    return f"outage-{language.name}"


def _trial(language: Language) -> str:
    return f"projects/default/studies/{_study_id(language)}/trials/1"
