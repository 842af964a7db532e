"""The languages: what builds and runs their executors, and which cases they are known to fail."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = Path(__file__).with_name("clients.toml")
BUILD = ROOT / "build/conformance"
LOG_TAIL = 4000
"""Characters of a build's output that are shown when it fails."""


class NotBuilt(Exception):
    """The executor could not be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The program that a README opens with."""

    block: str
    """The kind of the fenced block."""
    file: str
    """The name of the file that it becomes, in an empty folder."""
    run: Sequence[str]
    """The command that runs it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One column of the table."""

    name: str
    folder: Path
    tools: Sequence[str]
    """Programs that its build and its executor need."""
    build: Sequence[Sequence[str]]
    run: Sequence[str]
    test: Sequence[Sequence[str]]
    """Commands of its unit tests."""
    example: Example | None
    bench: Sequence[str]
    """Measures its cycles (tests/bench/clients.py); empty when there is no such program yet."""

    def missing_tools(self) -> list[str]:
        """Programs that are not there."""
        return [tool for tool in self.tools if shutil.which(tool) is None]

    def known_failing(self) -> frozenset[str]:
        """Names of the cases that it does not pass yet."""
        path = self.folder / "known_failing.txt"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return frozenset(name for line in lines if (name := line.partition("#")[0].strip()))

    def command(self) -> list[str]:
        """What runs the executor."""
        return self.filled(self.run)

    def filled(self, command: Sequence[str], **more: str) -> list[str]:
        """A command with its placeholders filled in."""
        known = {"out": str(self._out), "python": sys.executable, "folder": str(self.folder), **more}
        return [re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), part) for part in command]

    def make(self) -> None:
        """Build the executor, unless that was done since its files last changed.

        Raises:
            NotBuilt: a command failed.
        """
        if not self.build:
            return
        self._out.mkdir(parents=True, exist_ok=True)
        stamp = self._out / ".built"
        with FileLock(self._out.with_suffix(".lock")):  # several test processes want it at once
            fingerprint = self._fingerprint()
            if stamp.exists() and stamp.read_text() == fingerprint:
                return
            stamp.unlink(missing_ok=True)
            for command in self.build:
                self._run_build(self.filled(command))
            stamp.write_text(fingerprint)

    @property
    def _out(self) -> Path:
        return BUILD / self.name

    def _run_build(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_calm(), check=False
        )
        if done.returncode != 0:
            told = done.stdout.decode(errors="replace")[-LOG_TAIL:]
            raise NotBuilt(f"{self.name}: {' '.join(command)} ended with {done.returncode}:\n{told}")

    def _fingerprint(self) -> str:
        """Of everything that git knows or would know in its folder, and of the contract."""
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", str(self.folder), "proto"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        digest = hashlib.sha256(repr(self.build).encode())
        for name in sorted(filter(None, listing.split(b"\0"))):
            path = ROOT / os.fsdecode(name)
            if path.is_file():
                digest.update(name + b"\0" + path.read_bytes())
        return digest.hexdigest()


def all_languages(path: Path = CLIENTS) -> list[Language]:
    """Every language, in the order of the table."""
    return [_language(name, row) for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items()]


def _language(name: str, row: Mapping[str, object]) -> Language:
    folder, tools, build, run, example = row["folder"], row["tools"], row["build"], row["run"], row.get("example")
    test, bench = row.get("test", []), row.get("bench", [])
    assert isinstance(folder, str)
    assert isinstance(tools, list)
    assert isinstance(build, list)
    assert isinstance(run, list)
    assert isinstance(test, list)
    assert isinstance(bench, list)
    return Language(
        name=name,
        folder=ROOT / folder,
        tools=tools,
        build=build,
        run=run,
        test=test,
        example=Example(**example) if isinstance(example, dict) else None,
        bench=bench,
    )


def _calm() -> dict[str, str]:
    """The environment for builds: no progress bars, no questions."""
    return {**os.environ, "CI": "true", "NO_COLOR": "1"}
