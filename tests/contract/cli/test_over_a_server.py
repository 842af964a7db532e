"""The study and trial commands against a real server."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

import assay
from assay.cli.app import run
from tests.e2e.processes import ServerProcess

pytestmark = pytest.mark.e2e

SPEC = """
name: tuned
description: a study from a file
space:
  lr: {double: [1e-4, 1e-1], log: true}
  act: {choice: [relu, gelu]}
objectives:
  - {minimize: loss}
tracked: [params]
constraints: [params <= 100]
fidelity: {name: epoch, min: 1, max: 4, eta: 2}
budget: {trials: 5}
strategy: {phases: [random]}
seed: 3
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of this module; each has its own project."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), "--log-level", "warning")
    try:
        process.start()
        yield process
    finally:
        process.close()


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def assay_run(
    server: ServerProcess, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    """Run a command in this test's project: its exit status, what it printed, what it complained about."""
    (tmp_path / "spec.yaml").write_text(SPEC)

    def execute(*arguments: str) -> tuple[int, str, str]:
        status = run(["--server", server.address, "--project", project_of(request), *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return execute


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """The specification's path."""
    return str(tmp_path / "spec.yaml")


@pytest.fixture
def client(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[assay.Client]:
    """A client in this test's project."""
    with assay.Client(server.address, project=project_of(request)) as client:
        yield client


def project_of(request: pytest.FixtureRequest) -> str:
    """A project that no other test uses."""
    return str(request.node.name).replace("_", "-")[:60].strip("-")


def train(study: assay.Study) -> None:
    """Run all its trials, with numbers made up from their parameters."""
    for trial in study.trials(worker="w"):
        with trial:
            for step in trial.steps():
                trial.report(loss=float(trial.params["lr"]) / step, params=50.0, cost=1.0, checkpoint="file:///x")


def test_a_study_is_created_and_listed(assay_run: Run, spec: str) -> None:
    """The name of the file is its id, and it is there."""
    assert assay_run("study", "create", spec)[0] == 0

    status, out, _ = assay_run("study", "list")
    assert status == 0
    assert "tuned" in out
    assert "active" in out


def test_creating_twice_is_the_same_study(assay_run: Run, spec: str) -> None:
    """A repeated command changes nothing, and another specification under the same name is refused."""
    assert assay_run("study", "create", spec)[0] == 0
    assert assay_run("study", "create", spec)[0] == 0
    Path(spec).write_text(SPEC.replace("seed: 3", "seed: 4"))

    status, _, err = assay_run("study", "create", spec)

    assert status == 1
    assert "tuned" in err
    assert "Traceback" not in err


def test_validation_creates_nothing(assay_run: Run, spec: str) -> None:
    """--validate-only asks the server and leaves it as it was."""
    status, out, _ = assay_run("study", "create", spec, "--validate-only")

    assert status == 0
    assert "would be created" in out
    assert "no studies" in assay_run("study", "list")[1]


def test_what_the_server_refuses_is_told_by_line(assay_run: Run, spec: str) -> None:
    """Rules that only the server knows are explained with the lines of the file, all of them."""
    Path(spec).write_text(SPEC.replace("[1e-4, 1e-1]", "[1, 0.5]").replace("max: 4", "max: 0"))

    status, _, err = assay_run("study", "create", spec)

    assert status == 1
    assert "line 5: space.lr.double[0]:" in err
    assert "fidelity.max:" in err
    assert "no studies" in assay_run("study", "list")[1]


def test_a_finished_study_is_shown(assay_run: Run, spec: str, client: assay.Client) -> None:
    """Facts, best values, rungs and front, for people and for machines."""
    assay_run("study", "create", spec)
    train(client.get_study("tuned"))

    status, out, _ = assay_run("study", "show", "tuned")
    assert status == 0
    assert "completed (max trials)" in out
    assert "a study from a file" in out
    found = json.loads(assay_run("--json", "study", "show", "tuned")[1])
    assert found["progress"]["study"]["state"] == "COMPLETED"
    assert found["front"]["trials"]
    assert found["events"]


def test_a_watch_of_a_finished_study_ends(assay_run: Run, spec: str, client: assay.Client) -> None:
    """Watching ends by itself when there is nothing more to come; once shows it once."""
    assay_run("study", "create", spec)
    train(client.get_study("tuned"))

    for options in ((), ("--once",)):
        status, out, _ = assay_run("study", "watch", "tuned", *options)
        assert status == 0
        assert "completed (max trials)" in out


def test_an_active_study_is_shown_once_for_scripts(assay_run: Run, spec: str) -> None:
    """--once does not wait for the end."""
    assay_run("study", "create", spec)

    status, out, _ = assay_run("study", "watch", "tuned", "--once")

    assert status == 0
    assert out.startswith("active | ")


def test_an_export_holds_every_measurement(assay_run: Run, spec: str, client: assay.Client, tmp_path: Path) -> None:
    """JSON lines hold the study and all that was reported; CSV has a row for each trial."""
    assay_run("study", "create", spec)
    study = client.get_study("tuned")
    train(study)
    expected = list(study.list_trials(full=True))

    lines = [json.loads(line) for line in assay_run("study", "export", "tuned")[1].splitlines()]
    assert lines[0]["study"]["name"] == study.name
    assert [len(line["trial"]["measurements"]) for line in lines[1:]] == [len(t.measurements) for t in expected]

    assert assay_run("study", "export", "tuned", "--csv", "-o", str(tmp_path / "x.csv"))[0] == 0
    rows = list(csv.DictReader(StringIO((tmp_path / "x.csv").read_text())))
    assert [float(row["param.lr"]) for row in rows] == [trial.params["lr"] for trial in expected]


def test_a_trial_is_shown_with_its_curve(assay_run: Run, spec: str, client: assay.Client) -> None:
    """Configuration, measurements and attempts; the baseline has been trained to the end."""
    assay_run("study", "create", spec)
    train(client.get_study("tuned"))

    status, out, _ = assay_run("trial", "show", "tuned", "1")
    assert status == 0
    assert "baseline" in out
    assert "succeeded" in out
    found = json.loads(assay_run("--json", "trial", "show", "tuned", "1")[1])
    assert [m["step"] for m in found["measurements"]] == [1, 2, 3, 4]


def test_a_report_is_written(assay_run: Run, spec: str, client: assay.Client, tmp_path: Path) -> None:
    """The page of a finished study, and of one without results."""
    assay_run("study", "create", spec)
    page = tmp_path / "page.html"
    assert assay_run("study", "report", "tuned", "-o", str(page))[0] == 0
    assert "No trial has been measured yet." in page.read_text()
    train(client.get_study("tuned"))

    assert assay_run("study", "report", "tuned", "-o", str(page))[0] == 0

    assert "1 (baseline)" in page.read_text()


def test_a_study_is_stopped_and_deleted(
    assay_run: Run, spec: str, client: assay.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping ends it; deleting asks first."""
    assay_run("study", "create", spec)
    assert assay_run("study", "stop", "tuned")[0] == 0
    assert client.get_study("tuned").end_reason == "STOPPED_BY_USER"
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    assert assay_run("study", "delete", "tuned")[0] == 1
    assert client.get_study("tuned").id == "tuned"

    assert assay_run("study", "delete", "tuned", "--yes")[0] == 0

    assert "no studies" in assay_run("study", "list")[1]


@pytest.mark.parametrize(
    "command",
    [("study", "show", "nobody"), ("study", "export", "nobody"), ("trial", "show", "nobody", "1")],
    ids=lambda command: "-".join(command),
)
def test_an_unknown_study_is_a_sentence(assay_run: Run, command: tuple[str, ...]) -> None:
    """What does not exist is named in one line."""
    status, _, err = assay_run(*command)

    assert status == 1
    assert "nobody" in err
    assert len(err.splitlines()) == 1
