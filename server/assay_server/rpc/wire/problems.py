"""Problems: every violation of a request, found before the first is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from assay_server.domain.errors import InvalidArgument, Violation
from assay_server.domain.names import ProjectName, StudyName, TrialName, project_name, study_name, trial_name

T = TypeVar("T")
E = TypeVar("E")

MAX_REQUEST_ID = 128
_NO_STUDY = StudyName("", "")


class Problems:
    """What is wrong with a request, in the order in which it was found."""

    def __init__(self) -> None:
        self._found: list[Violation] = []
        self._rules: list[Iterable[Violation]] = []

    def add(self, field: str, description: str) -> None:
        """Note that *field* is wrong."""
        self._found.append(Violation(field=field, description=description))

    def judge(self, rules: Iterable[Violation]) -> None:
        """Add the domain's rules for something that was read; they are evaluated by `raise_any`.

        Pass a generator: where nothing else is wrong, `raise_any(judge=False)` leaves rules to the use case.
        """
        self._rules.append(rules)

    def raise_any(self, *, judge: bool = True) -> None:
        """Raises InvalidArgument with everything that was found, if anything was.

        Left out is what follows from a field that could not be read: a placeholder breaks rules, too. Without
        *judge* the domain's rules are evaluated only beside something that could not be read: the use case
        evaluates them anyway, together with those that need the study.
        """
        if not self._found and not judge:
            return
        unread = [v.field for v in self._found]
        for rules in self._rules:
            self._found += [v for v in rules if not any(_touch(v.field, field) for field in unread)]
        if self._found:
            raise InvalidArgument(tuple(self._found))

    def at_most(self, items: Sequence[T], limit: int, field: str) -> Sequence[T]:
        """The first *limit* of *items*; more are noted and not looked at, however many they are."""
        if len(items) <= limit:
            return items
        self.add(field, f"at most {limit}, not {len(items)}")
        return items[:limit]

    def enum(self, table: Mapping[int, E], number: int, field: str, *, default: E | None = None) -> E:
        """The meaning of an enum's *number*; when there is none (and no *default* for 0), it is noted."""
        if number in table:
            return table[number]
        if number == 0 and default is not None:
            return default
        self.add(field, "required" if number == 0 else f"{number} is not one of its values")
        return next(iter(table.values()))

    def project(self, text: str, field: str) -> ProjectName:
        """The project of that name; the default one when *text* is empty."""
        return self._named(project_name, text, field, ProjectName(""))

    def study(self, text: str, field: str) -> StudyName:
        """The study's name, which is required."""
        return self._named(study_name, text, field, _NO_STUDY) if text else self._missing(field, _NO_STUDY)

    def trial(self, text: str, field: str) -> TrialName:
        """The trial's name, which is required."""
        nothing = _NO_STUDY.trial(0)
        return self._named(trial_name, text, field, nothing) if text else self._missing(field, nothing)

    def text(self, text: str, field: str, *, limit: int, required: bool = False, printable: bool = False) -> str:
        """*text*, checked for its length in characters."""
        if required and not text:
            self.add(field, "required")
        elif len(text) > limit:
            self.add(field, f"longer than {limit} characters")
        elif printable and not text.isprintable():
            self.add(field, f"{text!r} has unprintable characters")
        return text

    def _missing(self, field: str, placeholder: T) -> T:
        self.add(field, "required")
        return placeholder

    def _named(self, parse: Callable[..., T], text: str, field: str, placeholder: T) -> T:
        try:
            return parse(text[:1024], field=field)
        except InvalidArgument as wrong:
            self._found += wrong.violations
            return placeholder


def _touch(a: str, b: str) -> bool:
    """Whether one path is the other or leads to it."""
    short, long = sorted((a, b), key=len)
    return long.startswith(short) and (len(long) == len(short) or long[len(short)] in ".[")
