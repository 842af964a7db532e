"""The README says what is true: its code runs against a real server, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import running_server

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "clients/README.md",
    "clients/go/README.md",
    "clients/java/README.md",
    "clients/python/README.md",
    "clients/rust/README.md",
    "clients/typescript/README.md",
    "docs/cli.md",
    "docs/conformance.md",
    "tests/README.md",
    "tests/conformance/README.md",
]


def code_blocks(page: Path, language: str) -> list[str]:
    """Fenced blocks of that language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.e2e
def test_the_loop_of_the_readme_runs_as_it_stands(root: Path, tmp_path: Path) -> None:
    """Only the port is another one; it ends by itself and prints a front."""
    (loop,) = code_blocks(root / "README.md", "python")
    with running_server(tmp_path) as server:
        script = tmp_path / "loop.py"
        script.write_text(loop.replace("localhost:7077", server.address))

        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=110, check=False)

        assert done.returncode == 0, done.stderr
        assert "error" in done.stdout
        assert "params" in done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_no_link_leads_nowhere(root: Path, page: str) -> None:
    """Every relative link of a page is a file of the checkout."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", (root / page).read_text())

    assert [link for link in links if not ((root / page).parent / link).exists()] == []
