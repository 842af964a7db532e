"""Reading the keys of a mapping: each is asked for once, and what nobody asked for is misspelt."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from assay.cli.spec.document import Node, Problem

_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)\s*")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
MAX_INTEGER = 2**63 - 1
"""What the wire's integers hold."""

Value = bool | int | float | str


class Fields:
    """The keys of one mapping. Every reader returns None for a key that is absent or wrong.

    What is wrong is added to *problems*; `close` adds the keys that nobody read.
    """

    def __init__(self, node: Node, problems: list[Problem], *, what: str) -> None:
        self.node, self._problems, self._what = node, problems, what
        self._asked: list[str] = []
        self._entries: Mapping[str, Node] = {}
        if isinstance(node.content, Mapping):
            self._entries = node.content
        else:
            problems.append(node.problem(f"{what} must be a mapping, not {node.shown}"))

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def take(self, key: str, *, required: bool = False) -> Node | None:
        """The value of *key*, whatever it is."""
        self._asked.append(key)
        node = self._entries.get(key)
        if node is None and required and isinstance(self.node.content, Mapping):
            self._problems.append(self.node.problem(f"{self._what} needs {key!r}"))
        return node

    def text(self, key: str, *, required: bool = False) -> str | None:
        node = self.take(key, required=required)
        return None if node is None else as_text(node, self._problems)

    def number(self, key: str, *, required: bool = False) -> float | None:
        node = self.take(key, required=required)
        return None if node is None else as_number(node, self._problems)

    def whole(self, key: str, *, required: bool = False) -> int | None:
        node = self.take(key, required=required)
        return None if node is None else as_whole(node, self._problems)

    def flag(self, key: str) -> bool | None:
        node = self.take(key)
        return None if node is None else as_flag(node, self._problems)

    def value(self, key: str) -> Value | None:
        node = self.take(key)
        return None if node is None else as_value(node, self._problems)

    def duration_s(self, key: str) -> float | None:
        """Seconds: a number, or a number with a unit such as 10m."""
        node = self.take(key)
        return None if node is None else as_seconds(node, self._problems)

    def items(self, key: str, *, required: bool = False) -> Sequence[Node]:
        """The list under *key*; empty when absent or wrong."""
        node = self.take(key, required=required)
        return () if node is None else as_list(node, self._problems)

    def entries(self, key: str, *, required: bool = False) -> Mapping[str, Node]:
        """The mapping under *key*; empty when absent or wrong."""
        node = self.take(key, required=required)
        return {} if node is None else as_mapping(node, self._problems)

    def close(self) -> None:
        """Complain of every key that nobody asked for."""
        for key, node in self._entries.items():
            if key not in self._asked:
                text = f"{self._what} has no {key!r}{did_you_mean(key, self._asked)}"
                self._problems.append(node.problem(text))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion to append to a complaint; the known words when none is close."""
    words = list(dict.fromkeys(known))
    if near := get_close_matches(word, words, n=1, cutoff=0.6):
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(words)}" if 0 < len(words) <= 16 else ""


def as_text(node: Node, problems: list[Problem]) -> str | None:
    match node.content:
        case str():
            return node.content
        case bool() | int() | float():
            problems.append(node.problem(f"must be text, not {node.shown}; quote it if it is text"))
        case _:
            problems.append(node.problem(f"must be text, not {node.shown}"))
    return None


def as_number(node: Node, problems: list[Problem]) -> float | None:
    if isinstance(node.content, int | float) and not isinstance(node.content, bool):
        if abs(node.content) < math.inf:
            return float(node.content)
        problems.append(node.problem("must be finite"))
        return None
    problems.append(node.problem(f"must be a number, not {node.shown}"))
    return None


def as_whole(node: Node, problems: list[Problem]) -> int | None:
    content = node.content
    if isinstance(content, float) and content.is_integer():
        content = int(content)
    if isinstance(content, int) and not isinstance(content, bool):
        if abs(content) <= MAX_INTEGER:
            return content
        problems.append(node.problem(f"{node.shown} is beyond 2^63"))
        return None
    problems.append(node.problem(f"must be a whole number, not {node.shown}"))
    return None


def as_flag(node: Node, problems: list[Problem]) -> bool | None:
    if isinstance(node.content, bool):
        return node.content
    hint = "; YAML 1.2 knows true and false only" if node.content in ("on", "off", "yes", "no") else ""
    problems.append(node.problem(f"must be true or false, not {node.shown}{hint}"))
    return None


def as_value(node: Node, problems: list[Problem]) -> Value | None:
    content = node.content
    if isinstance(content, float) and not math.isfinite(content):
        problems.append(node.problem("must be finite"))
        return None
    if isinstance(content, int) and not isinstance(content, bool) and abs(content) > MAX_INTEGER:
        problems.append(node.problem(f"{node.shown} is beyond 2^63"))
        return None
    if isinstance(content, bool | int | float | str):
        return content
    problems.append(node.problem(f"must be a number, text, true or false, not {node.shown}"))
    return None


def as_seconds(node: Node, problems: list[Problem]) -> float | None:
    match node.content:
        case str() if match := _DURATION.fullmatch(node.content):
            return float(match[1]) * _SECONDS[match[2]]
        case int() | float() if not isinstance(node.content, bool):
            return as_number(node, problems)
    problems.append(node.problem(f"must be a duration such as 90s, 10m or 1.5h, not {node.shown}"))
    return None


def as_list(node: Node, problems: list[Problem]) -> Sequence[Node]:
    if isinstance(node.content, Sequence) and not isinstance(node.content, str):
        return node.content
    problems.append(node.problem(f"must be a list, not {node.shown}"))
    return ()


def as_mapping(node: Node, problems: list[Problem]) -> Mapping[str, Node]:
    if isinstance(node.content, Mapping):
        return node.content
    problems.append(node.problem(f"must be a mapping, not {node.shown}"))
    return {}
