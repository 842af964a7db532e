"""Page tokens: opaque, bound to their query, and safe to forge."""

import base64
import json

import pytest

from assay.v1 import study_pb2
from assay_server.domain.errors import InvalidPageToken
from assay_server.rpc.pages import MAX_PAGE_BYTES, Position, Query, cut, is_moment, is_text

QUERY = Query(parts=("ListTrials", "uid-1", "", ""))


@pytest.mark.parametrize("key", [None, 0.0, -1.5, 7, 1.7e308])
def test_a_token_continues_where_it_was_made(key: float | None) -> None:
    """Zero and no value are positions too."""
    assert QUERY.position(QUERY.token(Position(key, "7"))) == Position(key, "7")


def test_no_token_is_the_first_page() -> None:
    """Empty means from the start."""
    assert QUERY.position("") is None


def test_a_token_of_another_query_is_refused() -> None:
    """The same list under another filter has other pages."""
    other = Query(parts=("ListTrials", "uid-1", "state = RUNNING", ""))

    with pytest.raises(InvalidPageToken):
        QUERY.position(other.token(Position(1, "1")))


def forged(*parts: object) -> str:
    """A token with the right digest and whatever else."""
    digest = json.loads(base64.urlsafe_b64decode(QUERY.token(Position(1, "1"))))[0]
    return base64.urlsafe_b64encode(json.dumps([digest, *parts]).encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "é",
        "AAAA",
        "W10=",
        "e30=",
        "[" * 5000,
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        forged("text", "1"),
        forged(True, "1"),
        forged(float("nan"), "1"),
        forged(float("inf"), "1"),
        forged(10**400, "1"),
        forged(1, "-1"),
        forged(1, "1; DROP TABLE trials"),
        forged(1, "9" * 30),
        forged(1, 1),
        forged(1),
    ],
)
def test_a_malformed_token_is_refused(token: str) -> None:
    """Whatever someone makes up ends in INVALID_PAGE_TOKEN, not further in."""
    with pytest.raises(InvalidPageToken):
        QUERY.position(token)


@pytest.mark.parametrize(("kind", "key"), [(is_moment, 1e300), (is_moment, None), (is_text, 1), (is_text, None)])
def test_a_key_of_another_kind_is_refused(kind: object, key: float | None) -> None:
    """Times stay within the calendar, names are text."""
    assert not kind(key)  # type: ignore[operator]  # a predicate


def test_a_page_ends_before_it_outgrows_its_clients() -> None:
    """Four messages of a third of a page: two fit, and the page says where it stopped."""
    big = "x" * (MAX_PAGE_BYTES // 3)

    page, last = cut(["a", "b", "c", "d"], 10, lambda name: study_pb2.Study(name=name, uid=big))

    assert [m.name for m in page] == ["a", "b"]
    assert last == ["b"]


def test_a_page_has_at_least_one_item() -> None:
    """Otherwise a list with one huge item would never end."""
    page, last = cut(["a", "b"], 10, lambda name: study_pb2.Study(name=name, uid="x" * MAX_PAGE_BYTES))

    assert [m.name for m in page] == ["a"]
    assert last == ["a"]


def test_the_last_page_has_no_successor() -> None:
    """Exactly as many as asked for is not more than asked for."""
    page, last = cut(["a", "b"], 2, lambda name: study_pb2.Study(name=name))

    assert len(page) == 2
    assert not last
