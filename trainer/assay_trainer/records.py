"""Provenance: under which circumstances an attempt was made, as far as the machine can tell."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import torch

LIBRARIES = ("torch", "lightning-fabric", "numpy", "scikit-learn", "pydantic")
GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Which code ran."""

    version: str
    """The last commit that changed it when it lies in a git repository, otherwise the installed version."""
    is_dirty: bool | None
    """Whether the trainer's files differed from the commit; unknown outside of a repository."""
    diff_sha256: str | None
    """Hash of that difference; two dirty trees are the same only if theirs agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Everything that is needed to run an attempt again, beside its parameters."""

    seed: int
    code: Code
    dataset_fingerprint: str
    evaluation_protocol: str
    """How the metrics were computed; two trials are comparable only when theirs agree."""
    environment: dict[str, str]
    hardware: str


def collect_provenance(
    *, seed: int, dataset_fingerprint: str, evaluation_protocol: str, device: torch.device, precision: str
) -> Provenance:
    """The provenance of an attempt that runs in this process."""
    code = code_at(Path(__file__).parent)
    environment = {**library_versions(), "precision": precision, "threads": str(torch.get_num_threads())}
    if code.diff_sha256 is not None:
        environment["code_diff_sha256"] = code.diff_sha256
    return Provenance(
        seed=seed,
        code=code,
        dataset_fingerprint=dataset_fingerprint,
        evaluation_protocol=evaluation_protocol,
        environment=environment,
        hardware=describe_hardware(device),
    )


@cache
def code_at(folder: Path) -> Code:
    """Version of the code in *folder*; asked once per process, which cannot change what it has imported."""
    # The last commit that changed this folder: others do not change what is trained. An environment
    # inside somebody's repository has none, for it is not that repository's code.
    commit = _git(folder, "log", "-1", "--format=%H", "--", ".")
    if not commit:
        return Code(version=_installed("assay"), is_dirty=None, diff_sha256=None)
    changes, difference = _git(folder, "status", "--porcelain", "--", "."), _git(folder, "diff", "HEAD", "--", ".")
    digest = sha256(f"{changes}\n{difference}".encode()).hexdigest() if changes else None
    return Code(version=commit, is_dirty=bool(changes), diff_sha256=digest)


@cache
def library_versions() -> dict[str, str]:
    """Versions of Python and of what decides the numbers."""
    return {"python": platform.python_version(), **{name: _installed(name) for name in LIBRARIES}}


@cache
def describe_hardware(device: torch.device) -> str:
    """The machine in one line."""
    memory = psutil.virtual_memory().total / GIB
    cores = psutil.cpu_count(logical=True)
    host = f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()}"
    if device.type != "cuda":
        return host
    accelerator = torch.cuda.get_device_properties(device)
    return f"{accelerator.name} {accelerator.total_memory / GIB:.0f} GiB; {host}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def _git(folder: Path, *arguments: str) -> str:
    """What git says, or nothing when there is no git, no repository or no answer in time."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").strip()
