"""Where in the file each part of the wire's specification comes from.

The server complains in wire paths ("spec.space.parameters[0].double.min"); the author of a file wants
the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assay.cli.spec.document import Node, Problem

_LAST_PART = re.compile(r"(\.[^.\[\]]+|\[[^\[\]]*\])$")


@dataclass(slots=True)
class Draft:
    """What has been read so far: what is wrong, and what came from where."""

    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Node] = field(default_factory=dict)
    """Wire path -> the value that it was made of."""

    def complain(self, node: Node, text: str) -> None:
        """Note that something is wrong with *node*."""
        self.problems.append(node.problem(text))


def problem_at(places: dict[str, Node], wire_path: str, text: str) -> Problem:
    """A complaint of the server, in the words of the file; the path is the server's when nothing is known of it."""
    path = wire_path.removeprefix("study.")
    rest = ""
    while path:
        if path in places:
            node = places[path]
            return Problem(line=node.line, path=node.path, text=text if not rest else f"{rest.lstrip('.')}: {text}")
        shorter = _LAST_PART.sub("", path)
        if shorter == path:
            break
        rest, path = path[len(shorter) :] + rest, shorter
    return Problem(line=0, path=wire_path, text=text)
