"""Provenance says where a number comes from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch

from assay_trainer.records import code_at, collect_provenance

pytestmark = pytest.mark.torch


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def a_repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    (folder / "train.py").write_text("lr = 1\n")
    git(folder, "add", "train.py")
    git(folder, "commit", "-q", "-m", "start")
    return folder


def test_committed_code_is_named_by_its_commit(tmp_path: Path) -> None:
    """A clean tree is exactly that commit."""
    code = code_at(a_repository(tmp_path))

    assert code.version == git(tmp_path, "rev-parse", "HEAD")
    assert (code.is_dirty, code.diff_sha256) == (False, None)


def test_a_commit_to_something_else_is_no_new_version(tmp_path: Path) -> None:
    """Trials before and after it stay comparable."""
    trainer = tmp_path / "trainer"
    trainer.mkdir()
    a_repository(trainer)
    before = code_at(trainer)
    git(trainer, "commit", "-q", "--allow-empty", "-m", "elsewhere")
    code_at.cache_clear()

    assert code_at(trainer) == before


def test_changed_code_is_dirty_and_its_difference_is_hashed(tmp_path: Path) -> None:
    """Two dirty trees can be told apart."""
    (a_repository(tmp_path) / "train.py").write_text("lr = 2\n")

    code = code_at(tmp_path)

    assert code.is_dirty
    assert code.diff_sha256 is not None
    assert len(code.diff_sha256) == 64


def test_outside_of_a_repository_the_installed_version_counts(tmp_path: Path) -> None:
    """Whether it was changed is then unknown, which is not the same as no."""
    assert code_at(tmp_path).is_dirty is None


def test_somebody_else_s_repository_is_not_our_code(tmp_path: Path) -> None:
    """An environment that is not tracked lies inside a project of the user."""
    installed = a_repository(tmp_path) / "venv"
    installed.mkdir()

    assert code_at(installed).version != git(tmp_path, "rev-parse", "HEAD")


def test_provenance_is_complete() -> None:
    """Every item of it is there, and fits what the wire takes."""
    provenance = collect_provenance(
        seed=3,
        dataset_fingerprint="abc",
        evaluation_protocol="top-1; 1",
        device=torch.device("cpu"),
        precision="32-true",
    )

    assert provenance.seed == 3
    assert provenance.code.version
    assert {"python", "torch", "numpy", "precision", "threads"} <= provenance.environment.keys()
    assert "unknown" not in provenance.environment.values()
    assert "cores" in provenance.hardware
