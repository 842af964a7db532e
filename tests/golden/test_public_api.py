"""The names that users import: adding one is a decision, removing one breaks somebody."""

from pathlib import Path

import assay

PUBLIC = Path(__file__).with_name("public_api.txt").read_text().split()


def test_the_public_names_are_these() -> None:
    """`from assay import *` gives exactly them."""
    assert sorted(assay.__all__) == sorted(PUBLIC)


def test_every_public_name_can_be_imported() -> None:
    """None is promised and missing; and an editor can list them."""
    assert {name for name in PUBLIC if getattr(assay, name, None) is None} == set()
    assert set(PUBLIC) <= set(dir(assay))
