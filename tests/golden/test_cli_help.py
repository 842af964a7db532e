"""The help of every command, word for word: options are a promise to scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli.app import run

COMMANDS = [
    "",
    "worker",
    "demo",
    "study",
    "study create",
    "study list",
    "study show",
    "study watch",
    "study stop",
    "study delete",
    "study export",
    "study importances",
    "study predict",
    "study corrected",
    "study report",
    "trial",
    "trial show",
]
FOLDER = Path(__file__).with_name("cli_help")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command or "assay")
def test_the_help_is_as_published(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed option changes the file beside this test, which is a decision.

    Spaces do not count: how lines are broken is up to the library.
    """
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")

    assert run([*command.split(), "--help"]) == 0

    expected = (FOLDER / f"{'-'.join(['assay', *command.split()])}.txt").read_text()
    assert capsys.readouterr().out.split() == expected.split()


def test_every_command_has_its_help_here() -> None:
    """No file is left over, none is missing."""
    assert {path.stem for path in FOLDER.glob("*.txt")} == {"-".join(["assay", *c.split()]) for c in COMMANDS}
