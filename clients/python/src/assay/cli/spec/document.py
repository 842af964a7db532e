"""YAML as a tree that knows its lines, read strictly and without the traps of YAML 1.1.

`1e-4` is a number, `on`, `yes` and `12:30` are text, `010` is refused because it could be read as eight.
A key that is there twice, a tag, a second document and a bottomless alias are refused too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

Scalar = bool | int | float | str | None

MAX_BYTES = 4_000_000
"""The wire takes no more than 4 MB in a message, and the terse form is not longer than that."""
MAX_NODES = 100_000
"""A few aliases of aliases make billions of nodes out of a few lines."""
MAX_DIGITS = 40
"""Longer whole numbers are read as doubles: nothing on the wire holds them anyway."""
_TEXT = "tag:yaml.org,2002:str"
_PLAIN_TAGS = {_TEXT, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_REAL = re.compile(r"[-+]?([0-9]+(_[0-9]+)*(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong with a specification."""

    line: int
    """From 1; 0 when it is about the whole."""
    path: str
    """Where, in the words of the file: "space.lr.log"."""
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path}: {self.text}" if self.path else f"{where}{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of the file, and where it stands."""

    path: str
    line: int
    content: Scalar | Mapping[str, Node] | Sequence[Node]

    def problem(self, text: str) -> Problem:
        """Something that is wrong with this value."""
        return Problem(line=self.line, path=self.path, text=text)

    @property
    def shown(self) -> str:
        """The value as its author would recognise it."""
        match self.content:
            case Mapping():
                return "a mapping"
            case bool():
                return str(self.content).lower()
            case None:
                return "nothing"
            case str():
                text = self.content
                return repr(text if len(text) <= 40 else f"{text[:40]}...")
            case Sequence():
                return "a list"
            case _:
                return repr(self.content)


class _Loader(yaml.SafeLoader):
    """Leaves it to us what a plain scalar means."""


_Loader.yaml_implicit_resolvers = {}


def parse(text: str) -> tuple[Node | None, list[Problem]]:
    """The only document of *text*, or None when there is none to speak of, and what is wrong with it."""
    if len(text.encode()) > MAX_BYTES:
        return None, [Problem(line=0, path="", text=f"longer than {MAX_BYTES} bytes")]
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        return None, [Problem(line=mark.line + 1 if mark else 0, path="", text=f"not YAML: {words}")]
    except yaml.YAMLError as error:
        return None, [Problem(line=0, path="", text=f"not YAML: {' '.join(str(error).split())}")]
    except RecursionError:
        return None, [Problem(line=0, path="", text="nested too deeply")]
    if root is None:
        return None, [Problem(line=0, path="", text="the file is empty")]
    builder = _Builder()
    return builder.build(root, ""), builder.problems


class _Builder:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._num_nodes = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: str) -> Node:
        line = node.start_mark.line + 1
        self._num_nodes += 1
        if self._num_nodes > MAX_NODES or id(node) in self._open:
            if self._num_nodes <= MAX_NODES + 1:
                self._complain(line, path, "an alias that contains itself, or far too many of them")
            return Node(path=path, line=line, content=None)
        if node.tag not in _PLAIN_TAGS:
            self._complain(line, path, f"tags such as {node.tag!r} are not understood")
        self._open.add(id(node))
        try:
            return Node(path=path, line=line, content=self._content(node, path))
        finally:
            self._open.discard(id(node))

    def _content(self, node: yaml.Node, path: str) -> Scalar | Mapping[str, Node] | Sequence[Node]:
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, f"{path}[{i}]") for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.style is not None:
            return str(node.value)
        if _LEADING_ZERO.fullmatch(node.value):
            text = f"{node.value} could mean an octal number; drop the leading zeros, or quote it if it is text"
            self._complain(node.start_mark.line + 1, path, text)
        return plain(node.value)

    def _entries(self, node: yaml.MappingNode, path: str) -> Iterator[tuple[str, Node]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(line, path, "a key must be text")
                continue
            key = str(key_node.value)
            where = f"{path}.{key}" if path else key
            if key in seen:
                self._complain(line, where, f"is there twice; first in line {seen[key]}")
                continue
            seen[key] = line
            yield key, self.build(value_node, where)

    def _complain(self, line: int, path: str, text: str) -> None:
        self.problems.append(Problem(line=line, path=path, text=text))


def plain(text: str) -> Scalar:
    """What an unquoted scalar means: the core schema of YAML 1.2, with underscores in numbers."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INTEGER.fullmatch(text) and len(text) <= MAX_DIGITS:
        return int(text)
    if _REAL.fullmatch(text) and not _LEADING_ZERO.fullmatch(text):
        return float(text)
    if match := _INFINITE.fullmatch(text):
        return float(f"{match[1]}inf")
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text
