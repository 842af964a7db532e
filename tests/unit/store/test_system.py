"""The system's clock and ids are what the ports promise."""

from __future__ import annotations

from datetime import timedelta

from assay_server.domain.names import is_id
from assay_server.system import RandomIds, SystemClock


def test_the_clock_has_a_zone() -> None:
    """UTC, so that times of several machines compare."""
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_ids_are_new_each_time() -> None:
    """Uids, tokens and study ids; a thousand of each."""
    ids = RandomIds()

    for new in (ids.uid, ids.token, ids.study_id):
        assert len({new() for _ in range(1000)}) == 1000


def test_study_ids_keep_the_rule_of_names() -> None:
    """So that a generated one is as good as a given one."""
    ids = RandomIds()

    assert all(is_id(ids.study_id()) for _ in range(1000))


def test_seeds_fit_in_31_bits() -> None:
    """Every library that is seeded takes those."""
    ids = RandomIds()

    assert all(0 <= ids.seed() < 2**31 for _ in range(1000))
