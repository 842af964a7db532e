"""The copies of Google's protos below clients/googleapis."""

from importlib.resources import files
from pathlib import Path

import pytest

COPIES = [
    "api/annotations.proto",
    "api/client.proto",
    "api/field_behavior.proto",
    "api/http.proto",
    "api/launch_stage.proto",
    "api/resource.proto",
    "rpc/error_details.proto",
    "rpc/status.proto",
]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_what_the_pinned_package_has(root: Path, name: str) -> None:
    """Every client is generated from the same files; a new version of the package is copied anew."""
    folder, _, file = name.partition("/")
    original = files(f"google.{folder}").joinpath(file).read_text(encoding="utf-8")

    assert (root / "clients/googleapis/google" / name).read_text(encoding="utf-8") == original


def test_there_is_no_other_copy(root: Path) -> None:
    """What is not compared would drift."""
    found = root.joinpath("clients/googleapis/google").rglob("*.proto")

    assert sorted(path.relative_to(root / "clients/googleapis/google").as_posix() for path in found) == COPIES
