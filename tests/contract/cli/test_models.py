"""The commands that ask models, against a real server with its policy processes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import assay
from assay.cli.app import run
from tests.e2e.processes import ServerProcess

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.torch]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a study of twelve results."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), "--log-level", "warning")
    try:
        process.start()
        with assay.Client(process.address) as client:
            study = client.create_study(
                "modelled",
                space={"lr": assay.double(0.0, 1.0), "act": assay.choice("relu", "gelu")},
                objectives=[assay.minimize("loss")],
                strategy=assay.Strategy([assay.Phase(assay.random())]),
                baseline=False,
            )
            for i in range(12):
                study.attach({"lr": i / 11, "act": ("relu", "gelu")[i % 2]}, {"loss": 10.0 + (i / 11 - 0.4) ** 2})
        yield process.address
    finally:
        process.close()


def test_models_are_asked_from_the_command_line(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command prints its table and how far to trust it; with --json, for machines."""
    assert run(["--server", address, "study", "importances", "modelled"]) == 0
    importances = capsys.readouterr().out
    assert run(["--server", address, "study", "predict", "modelled", "lr=0.4", "act=relu"]) == 0
    prediction = capsys.readouterr().out
    assert run(["--server", address, "--json", "study", "corrected", "modelled"]) == 0
    corrected = json.loads(capsys.readouterr().out)

    assert "lr" in importances
    assert "hypervolume" in importances
    assert "rank correlation" in importances
    assert prediction.split()[prediction.split().index("loss") + 1].startswith("10")
    assert corrected["trials"][0]["trial"] in {5, 6}  # lr = 4/11 and 5/11
    assert corrected["quality"]["loss"]["num_trials"] == 12


def test_a_configuration_outside_of_the_space_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the path of what is wrong, and no traceback."""
    status = run(["--server", address, "study", "predict", "modelled", "lr=4", "act=relu"])

    assert status == 1
    assert "configurations[0].values['lr']: 4.0 is not in [0.0, 1.0]" in capsys.readouterr().err
