"""Names are split and joined in one place."""

import pytest

from assay_server.domain.errors import InvalidArgument
from assay_server.domain.names import StudyName, TrialName, is_id, project_name, study_name, trial_name


def test_a_trial_name_reads_back() -> None:
    """Joining and splitting are inverse."""
    name = TrialName(StudyName("default", "digits"), 7)

    assert trial_name(str(name), field="name") == name


def test_an_empty_project_is_the_default_one() -> None:
    """Clients that name no project share one."""
    assert str(project_name("", field="parent")) == "projects/default"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "digits",
        "projects/default/studies/",
        "projects/default/studies/Digits",
        "projects/default/studies/-a",
        "projects/default/studies/a/trials/1",
        "projects/default/studies/" + "a" * 64,
        "projects/default/studies/a\n",
    ],
)
def test_a_malformed_study_name_is_refused_with_field_and_value(text: str) -> None:
    """The error names what was sent, and where."""
    with pytest.raises(InvalidArgument) as caught:
        study_name(text, field="parent")

    assert caught.value.violations[0].field == "parent"
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("number", ["0", "01", "-1", "1.0", "9" * 19, ""])
def test_a_malformed_trial_number_is_refused(number: str) -> None:
    """Trial numbers are positive, without leading zeros, and fit 64 bits."""
    with pytest.raises(InvalidArgument):
        trial_name(f"projects/p/studies/s/trials/{number}", field="name")


def test_an_id_of_63_characters_is_the_longest() -> None:
    """As api.md has it."""
    assert is_id("a" * 63)
    assert not is_id("a" * 64)
