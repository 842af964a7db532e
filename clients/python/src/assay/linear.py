"""Linear expressions written as text: "2 * width + 1", "lr + 2*depth <= 3". Parsed, never evaluated.

    comparison = sum ("<=" | ">=") sum
    sum        = product (("+" | "-") product)*
    product    = factor (("*" | "/") factor)*
    factor     = ("+" | "-") factor | number | name | "(" sum ")"

A name is letters, digits, `_` and `.`; any other name stands in backquotes: `train/loss` <= 0.3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import InvalidArgument

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d][\w.]*)"
    r"|`(?P<quoted>[^`]+)`"
    r"|(?P<sign><=|>=|==|!=|[-+*/()<>=≤≥]))"
)
_MEANT = {"≤": "<=", "≥": ">="}
_DEEPEST = 50  # parentheses and signs; far below Python's recursion limit, far above any use


@dataclass(frozen=True, slots=True)
class Linear:
    """constant + sum of weight * name."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """Never zero; in the order in which the names first appear."""
    constant: float = 0.0

    def plus(self, other: Linear) -> Linear:
        """The sum."""
        weights = dict(self.weights)
        for name, weight in other.weights.items():
            weights[name] = weights.get(name, 0.0) + weight
        return Linear(_without_zeros(weights), self.constant + other.constant)

    def times(self, factor: float) -> Linear:
        """Everything multiplied by *factor*."""
        scaled = {name: weight * factor for name, weight in self.weights.items()}
        return Linear(_without_zeros(scaled), self.constant * factor)


@dataclass(frozen=True, slots=True)
class Comparison:
    """weights <= bound, or weights >= bound; all names on the left, all numbers on the right."""

    weights: Mapping[str, float]
    at_most: bool
    bound: float


def parse_linear(text: str, *, what: str = "expression") -> Linear:
    """Read a weighted sum.

    Raises:
        InvalidArgument: naming the text, the place and what was expected there.
    """
    parser = _Parser(text, what)
    result = parser.sum()
    parser.expect_end()
    return _finite(result, parser)


def parse_comparison(text: str, *, what: str = "constraint") -> Comparison:
    """Read a sum, `<=` or `>=`, and another sum.

    Raises:
        InvalidArgument: naming the text, the place and what was expected there.
    """
    parser = _Parser(text, what)
    left = parser.sum()
    sign = parser.comparison_sign()
    right = parser.sum()
    parser.expect_end()
    difference = _finite(left.plus(right.times(-1.0)), parser)
    if not difference.weights:
        raise parser.error("compares numbers only; it needs a parameter or a metric")
    return Comparison(difference.weights, sign == "<=", 0.0 - difference.constant)


class _Parser:
    def __init__(self, text: str, what: str) -> None:
        self._text, self._what = text, what
        self._depth = 0
        self._tokens = self._split()
        self._next = 0

    def sum(self) -> Linear:
        total = self._product()
        while (sign := self._taken("+", "-")) is not None:
            total = total.plus(self._product().times(1.0 if sign == "+" else -1.0))
        return total

    def comparison_sign(self) -> str:
        if (sign := self._taken("<=", ">=")) is not None:
            return sign
        if self._sign() in ("<", ">", "=", "==", "!="):
            raise self.error(f"{self._sign()!r} is not supported; use <= or >=", here=True)
        raise self.error("expected <= or >=", here=True)

    def expect_end(self) -> None:
        if self._sign() in ("<=", ">=", "<", ">", "=", "==", "!="):
            raise self.error("one comparison only; write two constraints", here=True)
        if self._next < len(self._tokens):
            raise self.error("expected an operator", here=True)

    def error(self, problem: str, *, here: bool = False) -> InvalidArgument:
        place = f" at column {self._column()}" if here else ""
        return InvalidArgument.of(self._what, f"{self._text!r}: {problem}{place}")

    def _product(self) -> Linear:
        result = self._factor()
        while (sign := self._taken("*", "/")) is not None:
            factor = self._factor()
            if sign == "*" and not result.weights:
                result, factor = factor, result
            if factor.weights:
                raise self.error("is not linear: names may be multiplied and divided by numbers only")
            if sign == "/" and factor.constant == 0:
                raise self.error("divides by zero")
            result = result.times(factor.constant if sign == "*" else 1 / factor.constant)
        return result

    def _factor(self) -> Linear:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(f"is nested deeper than {_DEEPEST} levels")
        result = self._atom()
        self._depth -= 1
        return result

    def _atom(self) -> Linear:
        if (sign := self._taken("+", "-")) is not None:
            return self._factor().times(1.0 if sign == "+" else -1.0)
        if self._taken("(") is not None:
            inner = self.sum()
            if self._taken(")") is None:
                raise self.error("expected )", here=True)
            return inner
        if self._next < len(self._tokens):
            kind, token, _ = self._tokens[self._next]
            if kind != "sign":
                self._next += 1
                return Linear({token: 1.0}) if kind == "name" else Linear({}, float(token))
        raise self.error("expected a number or a name", here=True)

    def _sign(self) -> str | None:
        if self._next < len(self._tokens) and self._tokens[self._next][0] == "sign":
            return self._tokens[self._next][1]
        return None

    def _taken(self, *signs: str) -> str | None:
        if (sign := self._sign()) in signs:
            self._next += 1
            return sign
        return None

    def _column(self) -> int:
        return self._tokens[self._next][2] + 1 if self._next < len(self._tokens) else len(self._text) + 1

    def _split(self) -> list[tuple[str, str, int]]:
        """Kind ("number", "name" or "sign"), text and position of each token."""
        tokens: list[tuple[str, str, int]] = []
        at, end = 0, len(self._text.rstrip())
        while at < end:
            match = _TOKEN.match(self._text, at)
            if match is None or match.lastgroup is None:
                column = at + len(self._text[at:]) - len(self._text[at:].lstrip())
                raise self.error(f"cannot read {self._text[column]!r} at column {column + 1}")
            kind, token = match.lastgroup, match[match.lastgroup]
            if kind == "number" and not _is_number(token):
                raise self.error(f"{token!r} is not a number")
            tokens.append(("name" if kind == "quoted" else kind, _MEANT.get(token, token), match.start(kind)))
            at = match.end()
        return tokens


def _finite(linear: Linear, parser: _Parser) -> Linear:
    if not all(map(math.isfinite, (linear.constant, *linear.weights.values()))):
        raise parser.error("has a number that is too large")
    return linear


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:  # misplaced underscores
        return False
    return True


def _without_zeros(weights: dict[str, float]) -> dict[str, float]:
    return {name: weight for name, weight in weights.items() if weight != 0}
