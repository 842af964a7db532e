"""Checkpoints are whole, known by their hash, and never in each other's way."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import torch

from assay_trainer.checkpoints import CheckpointLost, Checkpoints, path_of

pytestmark = pytest.mark.torch


def a_state(value: float = 1.0) -> dict[str, object]:
    return {"weights": {"w": torch.full((3,), value)}, "epoch": 2}


def value_in(state: dict[str, object]) -> float:
    weights = state["weights"]
    assert isinstance(weights, dict)
    return float(weights["w"][0])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_state_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """Under a URI that survives spaces in the path."""
    checkpoints = Checkpoints(tmp_path / "with space")

    uri = checkpoints.save("study/trial-1", a_state(0.25), epoch=3)
    resumed = checkpoints.load(uri)

    assert uri.startswith("file:///")
    assert value_in(resumed.state) == 0.25
    assert (resumed.epoch, resumed.uri, resumed.skipped) == (3, uri, ())


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    """One more than the newest, which may turn out damaged; and no draft is left behind."""
    checkpoints = Checkpoints(tmp_path)

    for epoch in (1, 2, 3, 4):
        checkpoints.save("trial", a_state(), epoch=epoch)

    assert names(tmp_path) == ["epoch-000003-attempt-001.ckpt", "epoch-000004-attempt-001.ckpt"]


def test_trials_keep_their_own(tmp_path: Path) -> None:
    """One trial's progress costs another nothing."""
    checkpoints = Checkpoints(tmp_path)
    uri = checkpoints.save("trial-1", a_state(), epoch=1)

    for epoch in (1, 2, 3):
        checkpoints.save("trial-2", a_state(), epoch=epoch)

    assert checkpoints.load(uri).epoch == 1


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "foreign", "removed"])
def test_a_damaged_checkpoint_is_detected_and_the_previous_one_used(tmp_path: Path, damage: str) -> None:
    """Whatever happened to the file, and the reason is told."""
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("trial", a_state(1.0), epoch=1)
    uri = checkpoints.save("trial", a_state(2.0), epoch=2)
    path, content = path_of(uri), path_of(uri).read_bytes()
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    match damage:
        case "removed":
            path.unlink()
        case _:
            damaged = {"cut": content[:-7], "flipped": flipped, "emptied": b"", "foreign": b"hello\nyou"}
            path.write_bytes(damaged[damage])

    resumed = checkpoints.load(uri)

    assert (resumed.epoch, value_in(resumed.state)) == (1, 1.0)
    assert len(resumed.skipped) == 1
    assert path.name in resumed.skipped[0]


def test_a_newer_checkpoint_than_asked_for_is_not_used(tmp_path: Path) -> None:
    """It was never acknowledged, and the server counts from the one that was."""
    checkpoints = Checkpoints(tmp_path)
    uri = checkpoints.save("trial", a_state(1.0), epoch=1)
    checkpoints.save("trial", a_state(2.0), epoch=2)

    assert checkpoints.load(uri).epoch == 1


def test_nothing_readable_is_an_error_with_all_reasons(tmp_path: Path) -> None:
    """The caller decides whether to start from scratch."""
    checkpoints = Checkpoints(tmp_path)
    uri = checkpoints.save("trial", a_state(), epoch=1)
    path_of(uri).write_bytes(b"")

    with pytest.raises(CheckpointLost, match="does not begin like a checkpoint"):
        checkpoints.load(uri)


@pytest.mark.parametrize("uri", ["s3://bucket/epoch-000001-attempt-001.ckpt", "file:///etc/passwd", "nonsense"])
def test_what_is_no_checkpoint_of_ours_is_not_opened(tmp_path: Path, uri: str) -> None:
    """A URI comes over the wire."""
    with pytest.raises(CheckpointLost, match="not the URI of a checkpoint file"):
        Checkpoints(tmp_path).load(uri)


def test_a_worker_that_lost_its_trial_takes_nothing_from_the_next(tmp_path: Path) -> None:
    """A zombie of attempt 1 races ahead; attempt 2 still finds what it wrote itself."""
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("trial", a_state(), epoch=4, attempt=1)
    ours = checkpoints.save("trial", a_state(2.0), epoch=5, attempt=2)

    for epoch in (5, 6, 7, 8):
        checkpoints.save("trial", a_state(), epoch=epoch, attempt=1)

    assert checkpoints.load(ours).uri == ours


def test_a_later_attempt_clears_up_after_an_earlier_one(tmp_path: Path) -> None:
    """Attempts do not add up to more files."""
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("trial", a_state(), epoch=1, attempt=1)
    checkpoints.save("trial", a_state(), epoch=2, attempt=1)

    checkpoints.save("trial", a_state(), epoch=3, attempt=2)
    checkpoints.save("trial", a_state(), epoch=4, attempt=2)

    assert names(tmp_path) == ["epoch-000003-attempt-002.ckpt", "epoch-000004-attempt-002.ckpt"]


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a way to fail a write")
def test_a_write_that_fails_harms_nothing(tmp_path: Path) -> None:
    """A folder in the way of the draft's final name: the older checkpoint is still there and whole."""
    checkpoints = Checkpoints(tmp_path)
    uri = checkpoints.save("trial", a_state(1.0), epoch=1)
    (path_of(uri).parent / "epoch-000002-attempt-001.ckpt").mkdir()

    with pytest.raises(OSError, match="epoch-000002"):
        checkpoints.save("trial", a_state(2.0), epoch=2)

    assert names(tmp_path) == ["epoch-000001-attempt-001.ckpt"]
    assert value_in(checkpoints.load(uri).state) == 1.0


def test_a_checkpoint_holds_data_and_no_code(tmp_path: Path) -> None:
    """An object of a class of its own is refused on reading, whoever wrote it."""
    checkpoints = Checkpoints(tmp_path)
    uri = checkpoints.save("trial", {"path": stat.S_IFMT, "weights": {}}, epoch=1)

    with pytest.raises(CheckpointLost, match="something other than tensors"):
        checkpoints.load(uri)
