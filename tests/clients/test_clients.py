"""Every client as a user meets it: its unit tests in its own runner, and the program that its README opens with."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.languages import Language, all_languages
from tests.e2e.processes import running_server

TESTED = [language for language in all_languages() if language.test]
SHOWN = [language for language in all_languages() if language.example]
TOOK_TOO_LONG_S = 250


def named(language: Language) -> str:
    """For test ids."""
    return language.name


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", TESTED, ids=named)
def test_the_unit_tests_of_a_client_pass(language: Language, tool: Callable[[str], str]) -> None:
    """In the runner of its language."""
    for name in language.tools:
        tool(name)
    language.make()

    for command in language.test:
        done = subprocess.run(
            language.filled(command),
            cwd=language.folder,
            capture_output=True,
            text=True,
            timeout=TOOK_TOO_LONG_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", SHOWN, ids=named)
def test_the_program_of_a_readme_runs_as_it_stands(
    language: Language, tool: Callable[[str], str], tmp_path: Path
) -> None:
    """Only the port is another one; it tunes a toy to the end of its budget, and prints the front."""
    for name in language.tools:
        tool(name)
    language.make()
    example = language.example
    assert example is not None
    readme = (language.folder / "README.md").read_text(encoding="utf-8")
    first = re.search(r"^```(\w+)\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)
    assert first is not None
    assert first[1] == example.block
    server_folder, folder = tmp_path / "server", tmp_path / "toy"
    server_folder.mkdir()
    folder.mkdir()
    with running_server(server_folder) as server:
        file = folder / example.file
        file.write_text(first[2].replace("localhost:7077", server.address), encoding="utf-8")

        done = subprocess.run(
            language.filled(example.run, file=str(file)),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TOOK_TOO_LONG_S,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert "error" in done.stdout
    assert "params" in done.stdout


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("clients/go/assay/doc.go", r'Version = "(.+)"'),
        ("clients/typescript/src/version.ts", r'VERSION = "(.+)"'),
        ("clients/typescript/package.json", r'"version": "(.+)"'),
        ("clients/rust/Cargo.toml", r'(?m)^version = "(.+)"'),
        ("clients/java/pom.xml", r"<artifactId>assay-client</artifactId>\s*<version>(.+)</version>"),
    ],
)
def test_all_clients_have_one_version(root: Path, file: str, pattern: str) -> None:
    """A release is one of all of them: what pyproject.toml says."""
    ours = re.search(r'^version = "(.+)"', (root / "pyproject.toml").read_text(), flags=re.MULTILINE)
    theirs = re.search(pattern, (root / file).read_text())

    assert ours is not None
    assert theirs is not None
    assert theirs[1] == ours[1]
