"""Lists: filters, orders and pages as SQL. Pages go by key, not by offset: deep ones cost as little as the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay_server.domain.errors import InvalidArgument, InvalidPageToken
from assay_server.domain.listing import Filter, Page
from assay_server.store.dialect import label_matches, latest_metric
from assay_server.store.rows.cells import Cell
from assay_server.store.times import to_micros

METRIC_PREFIX = "metrics."
MAX_STORED = 2**63 - 1
_OPERATORS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "!=": "<>"}


@dataclass(slots=True)
class Query:
    """What comes after the FROM clause, while it is put together."""

    conditions: list[str] = field(default_factory=list)
    params: dict[str, Cell] = field(default_factory=dict)
    order: str = ""

    def bind(self, value: Cell) -> str:
        """The name of a new parameter with *value*."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return name

    def where(self, left: str, operator: str, value: Cell) -> None:
        """Narrow it by a comparison."""
        self.conditions.append(f"{left} {operator} :{self.bind(value)}")

    @property
    def sql(self) -> str:
        """WHERE, ORDER BY, LIMIT."""
        return f"WHERE {' AND '.join(self.conditions)} {self.order}"


def studies_query(project: str, filter_: Filter, page: Page) -> Query:
    """Studies of a project.

    Raises:
        InvalidArgument: an unknown order.
        InvalidPageToken: `page.after` does not fit the order.
    """
    query = Query()
    query.where("project", "=", project)
    if filter_.study_states is not None:
        _one_of(query, "state", [s.value for s in filter_.study_states])
    _narrow(query, filter_)
    match page.order_by:
        case "" | "create_time":
            _by_key(query, page, "created", "study_id", _after(page, _moment, str))
        case "name":
            _by_key(query, page, "study_id", "study_id", _after(page, None, str))
        case unknown:
            raise InvalidArgument.of("order_by", f'{unknown!r} is neither "create_time" nor "name"')
    return query


def trials_query(study_uid: str, filter_: Filter, page: Page) -> Query:
    """Trials of a study. Raises as `studies_query` does."""
    query = Query()
    query.where("study_uid", "=", study_uid)
    if filter_.states is not None:
        _one_of(query, "state", [s.value for s in filter_.states])
    for bound in filter_.metrics:
        metric = latest_metric(query.bind(bound.metric))
        query.where(metric, _OPERATORS[bound.operator], bound.value)
    _narrow(query, filter_)
    match page.order_by:
        case "" | "number":
            _by_key(query, page, "number", "number", _after(page, None, _ordinal))
        case "create_time":
            _by_key(query, page, "created", "number", _after(page, _moment, _ordinal))
        case order if order.startswith(METRIC_PREFIX):
            metric = latest_metric(query.bind(order.removeprefix(METRIC_PREFIX)))
            _by_metric(query, page, metric, _after(page, _number, _ordinal))
        case unknown:
            raise InvalidArgument.of("order_by", f'{unknown!r} is not "number", "create_time" or "metrics.NAME"')
    return query


_Key = tuple[Cell, Cell]


def _narrow(query: Query, filter_: Filter) -> None:
    for key, value in filter_.labels:
        query.conditions.append(label_matches("labels", query.bind(key), query.bind(value)))
    if filter_.created_after is not None:
        query.where("created", ">", to_micros(filter_.created_after))
    if filter_.created_before is not None:
        query.where("created", "<", to_micros(filter_.created_before))


def _one_of(query: Query, column: str, values: list[str]) -> None:
    names = ", ".join(f":{query.bind(v)}" for v in sorted(values))
    query.conditions.append(f"{column} IN ({names})" if values else "1 = 0")


def _by_key(query: Query, page: Page, key: str, tie: str, after: _Key | None) -> None:
    """Order by a column that is never NULL; ties go in the same direction."""
    direction, beyond = ("DESC", "<") if page.descending else ("ASC", ">")
    if after is not None:
        k, t = (query.bind(v) for v in after)
        query.conditions.append(f"({key}, {tie}) {beyond} (:{k}, :{t})")
    query.order = f"ORDER BY {key} {direction}, {tie} {direction} LIMIT :{query.bind(page.limit)}"


def _by_metric(query: Query, page: Page, metric: str, after: _Key | None) -> None:
    """Order by a metric; trials without it come last in both directions."""
    direction, beyond = ("DESC", "<") if page.descending else ("ASC", ">")
    if after is not None:
        key, number = after
        t = query.bind(number)
        if key is None:
            query.conditions.append(f"({metric} IS NULL AND number {beyond} :{t})")
        else:
            k = query.bind(key)
            query.conditions.append(
                f"({metric} IS NULL OR {metric} {beyond} :{k} OR ({metric} = :{k} AND number {beyond} :{t}))"
            )
    limit = query.bind(page.limit)
    query.order = f"ORDER BY {metric} IS NULL, {metric} {direction}, number {direction} LIMIT :{limit}"


def _after(
    page: Page, key_of: Callable[[float | str | None], Cell] | None, tie_of: Callable[[str], Cell]
) -> _Key | None:
    """Key and tie breaker of the last item of the page before; the tie breaker is the key where *key_of* is None."""
    if page.after is None:
        return None
    key, tie = page.after
    try:
        return (tie_of(tie) if key_of is None else key_of(key)), tie_of(tie)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidPageToken from error


def _moment(key: float | str | None) -> int:
    """A time is a POSIX timestamp in seconds: a float has the microseconds of the next 200 years exactly."""
    if not isinstance(key, int | float):
        raise TypeError(f"{key!r} is not a time")
    return _in_range(round(key * 1e6))


def _ordinal(tie: str) -> int:
    return _in_range(int(tie))


def _in_range(number: int) -> int:
    if not -MAX_STORED <= number <= MAX_STORED:
        raise OverflowError(f"{number} is beyond what a column holds")
    return number


def _number(key: float | str | None) -> float | None:
    if isinstance(key, str):
        raise TypeError(f"{key!r} is not a number")
    return key
