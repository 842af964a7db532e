"""Cases: what a client has to do, read from `cases/*.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

SCHEMA = 1
"""The newest schema of cases that this runner knows."""
CASES = Path(__file__).with_name("cases")
_FIELDS = {"schema", "title", "server", "needs", "each", "steps"}
_SERVERS = ("plain", "tls")
_FILE_NAME = re.compile(r"(\d{3})-[a-z0-9-]+")

Step = Mapping[str, object]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans only: `on` is a word, and names what a command works on."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


class BadCase(Exception):
    """A case that this runner cannot play; the message names the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One behaviour of all clients."""

    name: str
    """"009-lost-reply"."""
    title: str
    server: str
    """"plain" or "tls"."""
    needs: frozenset[str]
    """Features that the server must have."""
    each: str
    """Name of a list, for each item of which the steps are played; "" to play them once."""
    steps: Sequence[Step]

    @property
    def number(self) -> str:
        """The first part of its name."""
        return self.name[:3]


def all_cases(folder: Path = CASES) -> list[Case]:
    """Every case, by number.

    Raises:
        BadCase: one cannot be played, or two have one number.
    """
    cases = [read_case(path) for path in sorted(folder.glob("*.yaml"))]
    numbers = [case.number for case in cases]
    if doubled := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise BadCase(f"{folder}: several cases have the number {', '.join(doubled)}")
    return cases


def read_case(path: Path) -> Case:
    """One case.

    Raises:
        BadCase: it is newer than this runner, or not a case.
    """
    if not _FILE_NAME.fullmatch(path.stem):
        raise BadCase(f"{path.name} is not named NNN-name.yaml")
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # a SafeLoader
    if not isinstance(found, dict):
        raise BadCase(f"{path.name} is not a mapping")
    schema = found.get("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise BadCase(f"{path.name} has schema {schema}; this runner knows schemas up to {SCHEMA}")
    if unknown := sorted(found.keys() - _FIELDS):
        raise BadCase(f"{path.name} has unknown fields: {', '.join(unknown)}")
    if not found.get("title") or not found.get("steps"):
        raise BadCase(f"{path.name} needs a title and steps")
    server = found.get("server", "plain")
    if server not in _SERVERS:
        raise BadCase(f"{path.name} wants the server {server!r}, not one of {', '.join(_SERVERS)}")
    return Case(
        name=path.stem,
        title=found["title"],
        server=server,
        needs=frozenset(found.get("needs", ())),
        each=found.get("each", ""),
        steps=found["steps"],
    )
