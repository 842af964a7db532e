"""The top of the command line: exit statuses, and errors without tracebacks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from assay.cli import failures
from assay.cli.app import run


def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown option is explained, and the status is the usual one."""
    assert run(["study", "list", "--nope"]) == 2
    assert "--nope" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """assay --version says what is installed."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("assay 0.")


def test_a_wrong_file_never_reaches_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt key is told with its line; no server is asked, for there is none."""
    file = tmp_path / "spec.yaml"
    file.write_text("space: {a: boolean}\nobjectives: [{minimize: loss}]\nbudgett: {}\n")

    assert run(["study", "create", str(file), "--name", "x"]) == 1

    captured = capsys.readouterr()
    assert captured.err == "line 3: budgett: a study has no 'budgett'; did you mean 'budget'?\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "cannot read"), (b"\xff\xfe", "is not text in UTF-8"), (b"space: {a: boolean}", "needs 'objectives'")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(
    content: bytes | None, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing, binary or incomplete: each is said in a line."""
    file = tmp_path / "spec.yaml"
    if content is not None:
        file.write_bytes(content)

    assert run(["study", "create", str(file), "--name", "x"]) == 1

    err = capsys.readouterr().err
    assert expected in err
    assert "Traceback" not in err


def test_a_study_needs_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the file or from --name."""
    file = tmp_path / "spec.yaml"
    file.write_text("space: {a: boolean}\nobjectives: [{minimize: loss}]\n")

    assert run(["study", "create", str(file)]) == 1
    assert "--name" in capsys.readouterr().err


@pytest.mark.slow
def test_no_server_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listening is told in one line, with what to do."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"

        assert run(["--server", address, "study", "list"]) == 1

    err = capsys.readouterr().err
    assert err.startswith("no server answers")
    assert "assay server" in err
    assert len(err.splitlines()) == 1


def test_a_missing_extra_says_what_to_install() -> None:
    """The sentence can be copied into a shell."""
    with pytest.raises(failures.Refused, match=r"pip install 'assay\[server\]'"):
        failures.load_part("a_part_that_nobody_has_installed", extra="server")
