"""Resource names: the only place that splits or joins them (AIP-122)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InvalidArgument

DEFAULT_PROJECT = "default"
_ID = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PROJECT = re.compile(rf"projects/({_ID})")
_STUDY = re.compile(rf"projects/({_ID})/studies/({_ID})")
_TRIAL = re.compile(rf"projects/({_ID})/studies/({_ID})/trials/([1-9][0-9]{{0,17}})")
ID_RULE = "1 to 63 of a-z, 0-9 and -, not beginning or ending with -"


@dataclass(frozen=True, slots=True)
class ProjectName:
    """`projects/{project}`."""

    project: str

    def __str__(self) -> str:
        return f"projects/{self.project}"


@dataclass(frozen=True, slots=True)
class StudyName:
    """`projects/{project}/studies/{study}`."""

    project: str
    study: str

    def __str__(self) -> str:
        return f"projects/{self.project}/studies/{self.study}"

    def trial(self, number: int) -> TrialName:
        """The name of one of its trials."""
        return TrialName(self, number)


@dataclass(frozen=True, slots=True)
class TrialName:
    """`projects/{project}/studies/{study}/trials/{number}`."""

    study: StudyName
    number: int

    def __str__(self) -> str:
        return f"{self.study}/trials/{self.number}"


def is_id(text: str) -> bool:
    """Whether *text* may be a project's or study's id."""
    return re.fullmatch(_ID, text) is not None


def project_name(text: str, *, field: str) -> ProjectName:
    """Parse a project name; an empty one means the default project.

    Raises:
        InvalidArgument: naming *field* and the text.
    """
    if text == "":
        return ProjectName(DEFAULT_PROJECT)
    if match := _PROJECT.fullmatch(text):
        return ProjectName(match[1])
    raise InvalidArgument.of(field, f'{text!r} is not of the form "projects/{{project}}"')


def study_name(text: str, *, field: str) -> StudyName:
    """Parse a study name.

    Raises:
        InvalidArgument: naming *field* and the text.
    """
    if match := _STUDY.fullmatch(text):
        return StudyName(match[1], match[2])
    raise InvalidArgument.of(field, f'{text!r} is not of the form "projects/{{project}}/studies/{{study}}"')


def trial_name(text: str, *, field: str) -> TrialName:
    """Parse a trial name.

    Raises:
        InvalidArgument: naming *field* and the text.
    """
    if match := _TRIAL.fullmatch(text):
        return TrialName(StudyName(match[1], match[2]), int(match[3]))
    form = "projects/{project}/studies/{study}/trials/{number}"
    raise InvalidArgument.of(field, f'{text!r} is not of the form "{form}"')
