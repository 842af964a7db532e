"""The runner of the conformance suite can fail: each of its parts by itself."""

from pathlib import Path

import pytest

from tests.conformance.case import BadCase, Case, all_cases, read_case
from tests.conformance.languages import Language, all_languages
from tests.conformance.lists import error_reasons
from tests.conformance.matching import at, filled, mismatch
from tests.conformance.page import PAGE
from tests.conformance.stage import Stage, Verdict, judged

CASE = "schema: 1\ntitle: something\nsteps: [{do: connect, as: c}]\n"


def a_language(**more: object) -> Language:
    """One that needs nothing."""
    found = {
        "name": "none",
        "folder": Path("nowhere"),
        "tools": [],
        "build": [],
        "run": [],
        "test": [],
        "example": None,
        "bench": [],
    }
    return Language(**{**found, **more})  # type: ignore[arg-type]


def a_case(**more: object) -> Case:
    """One that needs nothing."""
    found = {"name": "001-x", "title": "x", "server": "plain", "needs": frozenset(), "each": "", "steps": []}
    return Case(**{**found, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("001-a.yaml", CASE.replace("schema: 1", "schema: 2"), "schema 2; this runner knows schemas up to 1"),
        ("001-a.yaml", CASE + "extra: 1\n", "unknown fields: extra"),
        ("001-a.yaml", "schema: 1\ntitle: x\n", "needs a title and steps"),
        ("001-a.yaml", CASE + "server: carrier-pigeon\n", "carrier-pigeon"),
        ("a.yaml", CASE, "NNN-name"),
    ],
)
def test_a_case_that_cannot_be_played_is_refused(tmp_path: Path, name: str, text: str, told: str) -> None:
    """Above all one of a later schema: it would pass by what is not understood of it."""
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(BadCase, match=told):
        read_case(path)


def test_a_number_names_one_case(tmp_path: Path) -> None:
    """Cases are spoken of by their numbers."""
    for name in ("001-a.yaml", "001-b.yaml"):
        (tmp_path / name).write_text(CASE)

    with pytest.raises(BadCase, match="001"):
        all_cases(tmp_path)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1, "1"),
        (9223372036854775807, "9223372036854775807"),
        (0.5, "0.5"),
        (-0.0, "-0"),
        ("x", "x"),
        ({"a": 1}, {"a": "1", "b": 2}),
        ([1, {"any": True}], ["1", "x"]),
        ({"absent": True}, None),
        ({"a": {"absent": True}}, {}),
        ({"at_least": 3}, "3"),
        ({"contains": "b"}, "abc"),
        ({"length": 2}, [1, 2]),
        ({"one_of": [1, "x"]}, "x"),
        ({"not": 1}, 2),
    ],
)
def test_what_matches(expected: object, found: object) -> None:
    """Numbers match their strings, objects may have more."""
    assert mismatch(expected, found) is None


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (9223372036854775807, "9223372036854775808"),
        (9007199254740993, "9007199254740992"),
        (0.0, "-0"),
        (1, True),
        (True, 1),
        (1, None),
        ({"a": 1}, {"b": 1}),
        ([1], [1, 2]),
        ([1], "1"),
        ({"any": True}, None),
        ({"absent": True}, 0),
        ({"at_least": 3}, "2"),
        ({"at_most": 3}, "4"),
        ({"contains": "x"}, "abc"),
        ({"one_of": [1, 2]}, 3),
    ],
)
def test_what_does_not_match(expected: object, found: object) -> None:
    """Not one digit, sign or kind off."""
    assert mismatch(expected, found) is not None


def test_a_mismatch_says_where() -> None:
    """In an answer with many parts."""
    assert mismatch({"a": [{"b": 1}]}, {"a": [{"b": 2}]}) == "a[0].b is 2, not 1"


def test_values_are_filled_in() -> None:
    """Whole ones keep their kind."""
    assert filled({"${n}": ["${n}", "x-${n}"]}, {"n": 1}) == {"1": [1, "x-1"]}
    assert at({"a": [{"b": 1}]}, "a.0.b") == 1


@pytest.mark.parametrize(
    ("why", "is_listed", "verdict"),
    [
        ("", False, Verdict.PASSED),
        ("broken", False, Verdict.FAILED),
        ("broken", True, Verdict.KNOWN),
        ("", True, Verdict.PASSES_THOUGH_LISTED),
    ],
)
def test_the_list_of_known_failures_is_a_ratchet(why: str, is_listed: bool, verdict: Verdict) -> None:
    """A listed case that passes is a failure, so that the list only gets shorter."""
    assert judged(why, is_listed=is_listed).verdict is verdict


def test_a_missing_toolchain_is_never_a_pass(tmp_path: Path) -> None:
    """It is "not run", which fails in CI."""
    outcome = Stage(a_language(tools=["no-such-compiler"]), tmp_path).play(a_case())

    assert outcome.verdict is Verdict.NOT_RUN
    assert "no-such-compiler" in outcome.why
    assert outcome.verdict.is_bad(in_ci=True)
    assert not outcome.verdict.is_bad(in_ci=False)


def test_what_the_server_lacks_is_said(tmp_path: Path) -> None:
    """A case that waits for the server is neither passed nor skipped in silence."""
    outcome = Stage(a_language(), tmp_path).play(a_case(needs=frozenset({"telepathy"})))

    assert outcome.verdict is Verdict.LACKING
    assert "telepathy" in outcome.why


def test_known_failures_are_cases(root: Path) -> None:
    """A name that is no case would stay on the list for ever."""
    names = {case.name for case in all_cases()}

    for language in all_languages():
        assert language.known_failing() <= names, language.name


def test_every_reason_is_played() -> None:
    """Reasons that the contract gets later are played with the others."""
    from assay.v1 import errors_pb2

    contract = {value.name.removeprefix("ERROR_REASON_") for value in errors_pb2.ErrorReason.DESCRIPTOR.values}

    assert {str(item["reason"]) for item in error_reasons()} == contract - {"UNSPECIFIED"}


def test_the_page_is_of_these_cases_and_languages() -> None:
    """docs/conformance.md was written from a run of what there is: `make conformance CONFORMANCE_ARGS=--write`."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert rows[0] == f"| case | {' | '.join(language.name for language in all_languages())} |"
    assert [row.split("|")[1].strip() for row in rows[2:]] == [f"{case.number} {case.title}" for case in all_cases()]


def test_the_page_says_what_is_known_to_fail() -> None:
    """No more than the lists say."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    for column, language in enumerate(all_languages(), start=2):
        marked = {row.split("|")[1].split()[0] for row in rows[2:] if row.split("|")[column].strip() == "known"}

        assert marked == {name[:3] for name in language.known_failing()}
