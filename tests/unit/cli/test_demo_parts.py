"""Parts of the demonstration that need no process."""

from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.cli.demo.ending import box_volume
from assay.cli.failures import Refused
from assay.cli.local.place import prepare
from tests.unit.cli.builders import a_front, a_trial


def test_a_folder_is_emptied_only_of_what_is_ours(tmp_path: Path) -> None:
    """The next demonstration starts afresh, and a note that somebody put beside it stays."""
    place = prepare(tmp_path / "demo", command="demo", keep=False)
    place.database.write_text("old")
    (place.checkpoints / "digits").mkdir(parents=True)
    (place.root / "note.txt").write_text("mine")

    prepare(tmp_path / "demo", command="demo", keep=False)

    assert not place.database.exists()
    assert not place.checkpoints.exists()
    assert (place.root / "note.txt").read_text() == "mine"


def test_a_kept_folder_is_left_as_it_is(tmp_path: Path) -> None:
    """--keep goes on with the database that is there."""
    place = prepare(tmp_path / "demo", command="demo", keep=False)
    place.database.write_text("old")

    assert prepare(tmp_path / "demo", command="demo", keep=True).database.read_text() == "old"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """A wrong --dir costs nobody anything."""
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(Refused, match="--dir"):
        prepare(tmp_path, command="demo", keep=False)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """It is told, not raised as it comes."""
    (tmp_path / "file").touch()

    with pytest.raises(Refused, match="cannot use"):
        prepare(tmp_path / "file", command="demo", keep=False)


@pytest.mark.parametrize(
    ("metrics", "feasible", "expected"),
    [
        ({"val_error": 0.5, "latency_ms": 3.0}, True, 1.0),
        ({"val_error": 0.5, "latency_ms": 3.0}, False, 0.0),
        ({"val_error": 2.0, "latency_ms": 3.0}, True, 0.0),
    ],
)
def test_one_trial_dominates_a_box(metrics: dict[str, float], feasible: bool, expected: float) -> None:
    """From its values to the reference point (1 and 5); nothing beyond it, nothing when it breaks a constraint."""
    assert box_volume(a_front([]), a_trial(metrics=metrics, feasible=feasible)) == expected


def test_a_trial_that_did_not_finish_has_no_volume() -> None:
    """Its values are those of a cheap evaluation."""
    paused = replace(a_trial(), state=assay.TrialState.PAUSED)

    assert box_volume(a_front([]), paused) is None


def test_maximised_objectives_count_the_other_way() -> None:
    """More than the reference point is what counts."""
    front = replace(a_front([]), objectives=(assay.maximize("score"),), reference_point={"score": 1.0})

    assert box_volume(front, a_trial(metrics={"score": 3.0})) == 2.0
