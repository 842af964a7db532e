"""`assay fit`: a finished model with its card, from data and no code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from assay.cli.app import run
from assay_trainer.data.files import Reading, open_files
from tests.e2e.processes import ServerProcess

SMALL = ["--trainings=3", "--epochs=3", "--top=1", "--seeds=2", "--seed=1", "--longest=120"]
OVERRIDES = """
model.family: mlp
training: {batch_size: {max: 32}}
"""


def fit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay", "fit", *arguments, f"--dir={folder}", *SMALL]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)


def left_over(folder: Path) -> list[int]:
    return [process.pid for process in psutil.process_iter(["cmdline"]) if str(folder) in str(process.info["cmdline"])]


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_csv_becomes_a_model_with_its_card(tmp_path: Path) -> None:
    """The three scores are told, the server keeps the test metrics, the file answers, and no process is left."""
    draw = np.random.default_rng(0)
    x, kind = draw.normal(size=200), draw.choice(["a", "b"], size=200)
    lines = [f"{value:.4f},{letter},{'yes' if value > 0 else 'no'}" for value, letter in zip(x, kind, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["x,kind,y", *lines, ""]))
    (tmp_path / "narrow.yaml").write_text(OVERRIDES)
    folder = tmp_path / "fit"

    done = fit(folder, str(tmp_path / "data.csv"), "--target=y", f"--override={tmp_path / 'narrow.yaml'}")

    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("selected on a validation error of", "retrained:", "sealed test part, opened once:", "baseline:"):
        assert words in done.stdout
    card = (folder / "model" / "card.md").read_text()
    assert "| winner: " in card
    data = open_files(Reading(path=tmp_path / "data.csv", target="y"))
    test = data.sealed_test()
    answers = torch.export.load(folder / "model" / "model.pt2").module()(test.inputs)
    assert f"opened once: {(answers.argmax(dim=1) != test.targets).double().mean().item():.4f}" in card
    assert left_over(folder) == []
    assert sealed(folder) >= 1
    trained = json.loads((folder / "fit.task.json").read_text())
    assert trained["reading"]["target"] == "y"


def sealed(folder: Path) -> int:
    """Trials of the study in *folder* with test metrics."""
    import assay

    server = ServerProcess(folder)
    try:
        server.start()
        with assay.Client(server.address) as client:
            return sum("test_error" in trial.test_metrics for trial in client.get_study("fit").list_trials())
    finally:
        server.close()


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_folder_of_images_becomes_a_model(tmp_path: Path) -> None:
    """Another kind of data, and another budget than epochs."""
    for label, shade in [("dark", 40), ("light", 200)]:
        (tmp_path / "images" / label).mkdir(parents=True)
        for index in range(40):
            Image.new("L", (8, 8), shade + index).save(tmp_path / "images" / label / f"{index:02d}.png")
    folder = tmp_path / "fit"

    done = fit(folder, str(tmp_path / "images"), "--set=model.family=[mlp, cnn]", "--fidelity=percent_of_data")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "dark, light" in (folder / "model" / "card.html").read_text()


@pytest.mark.torch
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.csv", "--target=y"], "absent.csv: does not exist"),
        (["wine", "--set=model.famly=mlp"], "parameter model.famly: does not exist; did you mean model.family?"),
        (["wine", "--set=model.family=cnn"], "parameter model.family: cannot take 'cnn'"),
        (["wine", "--set=model.family"], "--set takes NAME=VALUE, not 'model.family'"),
        (["wine", "--set=model.family=[mlp"], "overrides are no YAML"),
        (["wine", "--override=absent.yaml"], "absent.yaml cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_anything_is_started(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a sentence, with status 1."""
    monkeypatch.chdir(tmp_path)

    assert run(["fit", *arguments, "--dir=place"]) == 1

    assert message in capsys.readouterr().err.replace("\n", " ")
    assert left_over(tmp_path) == []
