"""Filters and orders of list calls: the subset of AIP-160 and AIP-132 that the contract documents.

filter := comparison (AND comparison)*     comparison := field operator value
field := state | labels.KEY | create_time | metrics.NAME     operator := = | != | < | <= | > | >=
A name or value with other characters than letters, digits and _.:+- stands in double quotes, where \\ escapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Literal, TypeVar, get_args

from assay_server.domain.listing import Filter, MetricBound
from assay_server.domain.study import StudyState
from assay_server.domain.trial import TrialState
from assay_server.rpc.wire.problems import Problems

Operator = Literal["<", "<=", ">", ">=", "=", "!="]
_OPERATORS: tuple[Operator, ...] = get_args(Operator)
S = TypeVar("S", bound=Enum)

MAX_FILTER = 4096
"""Characters."""
_TICK = timedelta(microseconds=1)
"""The store's resolution."""
_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(<=|>=|!=|=|<|>)|((?:labels|metrics)\.(?="))|([\w.:+-]+)|(\S))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order of a list."""

    by: str = ""
    """Empty: the list's own."""
    descending: bool = False


class _Wrong(Exception):
    """What is wrong with the text."""


def trial_filter(text: str, problems: Problems) -> Filter:
    """The filter of ListTrials."""
    return _parsed(text, problems, _trial_comparison)


def study_filter(text: str, problems: Problems) -> Filter:
    """The filter of ListStudies."""
    return _parsed(text, problems, _study_comparison)


def trial_order(text: str, problems: Problems) -> Order:
    """The order of ListTrials."""
    return _order(text, problems, lambda by: by in ("number", "create_time") or bool(re.fullmatch(r"metrics\..+", by)))


def study_order(text: str, problems: Problems) -> Order:
    """The order of ListStudies; newest first unless asked otherwise."""
    if not text.strip():
        return Order(by="create_time", descending=True)
    return _order(text, problems, lambda by: by in ("name", "create_time"))


def _parsed(text: str, problems: Problems, add: Callable[[Filter, str, Operator, str], Filter]) -> Filter:
    filter_ = Filter()
    try:
        if len(text) > MAX_FILTER:
            raise _Wrong(f"longer than {MAX_FILTER} characters")
        for field, operator, value in _comparisons(text):
            filter_ = add(filter_, field, operator, value)
    except _Wrong as wrong:
        problems.add("filter", str(wrong))
    return filter_


def _comparisons(text: str) -> Iterator[tuple[str, Operator, str]]:
    words = list(_words(text))
    for i in range(0, len(words), 4):
        comparison = words[i : i + 3]
        if len(comparison) < 3:
            raise _Wrong(f"ends after {words[-1]!r}; it is written FIELD OPERATOR VALUE [AND ...]")
        field, sign, value = comparison
        operator = next((o for o in _OPERATORS if o == sign), None)
        if operator is None:
            raise _Wrong(f"{sign!r} after {field!r} is not one of {' '.join(_OPERATORS)}")
        if i + 3 < len(words) and (words[i + 3].upper() != "AND" or i + 4 == len(words)):
            raise _Wrong(f"after {value!r} comes {words[i + 3]!r}; comparisons are joined by AND")
        yield field, operator, value


def _words(text: str) -> Iterator[str]:
    prefix = ""
    for quoted, sign, start, word, other in _TOKEN.findall(text):
        if other:
            raise _Wrong(f"cannot read {other!r}")
        if start:
            prefix = start
            continue
        yield prefix + (re.sub(r"\\(.)", r"\1", quoted[1:-1]) if quoted else sign or word)
        prefix = ""
    if prefix:
        raise _Wrong(f"a name is missing after {prefix!r}")


def _trial_comparison(filter_: Filter, field: str, operator: Operator, value: str) -> Filter:
    if field == "state":
        return replace(filter_, states=_states(TrialState, filter_.states, operator, value))
    if field.startswith("metrics.") and len(field) > len("metrics."):
        bound = MetricBound(metric=field.removeprefix("metrics."), operator=operator, value=_number(value))
        return replace(filter_, metrics=(*filter_.metrics, bound))
    return _common(filter_, field, operator, value, fields="state, labels.KEY, create_time and metrics.NAME")


def _study_comparison(filter_: Filter, field: str, operator: Operator, value: str) -> Filter:
    if field == "state":
        return replace(filter_, study_states=_states(StudyState, filter_.study_states, operator, value))
    return _common(filter_, field, operator, value, fields="state, labels.KEY and create_time")


def _common(filter_: Filter, field: str, operator: Operator, value: str, *, fields: str) -> Filter:
    if field.startswith("labels.") and len(field) > len("labels."):
        if operator != "=":
            raise _Wrong(f"{field} is compared by =, not {operator}")
        return replace(filter_, labels=(*filter_.labels, (field.removeprefix("labels."), value)))
    if field == "create_time":
        return _created(filter_, operator, _instant(value))
    raise _Wrong(f"unknown field {field!r}; there are {fields}")


def _states(kind: type[S], before: frozenset[S] | None, operator: Operator, value: str) -> frozenset[S]:
    named = {state for state in kind if state.value == value}
    if not named:
        raise _Wrong(f"{value!r} is not a state; there are {', '.join(state.value for state in kind)}")
    if operator not in ("=", "!="):
        raise _Wrong(f"state is compared by = or !=, not {operator}")
    chosen = frozenset(named if operator == "=" else set(kind) - named)
    return chosen if before is None else before & chosen


def _created(filter_: Filter, operator: Operator, instant: datetime) -> Filter:
    after, before = filter_.created_after, filter_.created_before
    try:
        if operator in (">", ">=", "="):
            bound = instant if operator == ">" else instant - _TICK
            after = bound if after is None else max(after, bound)
        if operator in ("<", "<=", "="):
            bound = instant if operator == "<" else instant + _TICK
            before = bound if before is None else min(before, bound)
    except OverflowError:
        raise _Wrong(f"{instant.isoformat()} is out of range") from None
    if operator == "!=":
        raise _Wrong("create_time is compared by <, <=, >, >= or =, not !=")
    return replace(filter_, created_after=after, created_before=before)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(f'{text!r} is not a time like "2026-01-31T00:00:00Z"') from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _Wrong(f"{text!r} is not a finite number")
    return number


def _order(text: str, problems: Problems, is_known: Callable[[str], bool]) -> Order:
    words = text.strip()
    if not words:
        return Order()
    descending = words.endswith(" desc")
    by = words.removesuffix(" desc").removesuffix(" asc").strip()
    if len(by) > MAX_FILTER or not is_known(by):
        problems.add("order_by", f"cannot order by {text[:100]!r}")
    return Order(by=by, descending=descending)
