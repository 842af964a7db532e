"""What all commands share: which server and project, and how answers are printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer
from rich.console import Console

import assay

DEFAULT_SERVER = "localhost:7077"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of the command line."""

    server: str = DEFAULT_SERVER
    project: str = "default"
    is_json: bool = False
    """Print for machines."""
    console: Console = field(default_factory=Console)

    @contextmanager
    def client(self) -> Iterator[assay.Client]:
        """A client of the server, for the time of the block."""
        with assay.Client(self.server, project=self.project) as client:
            yield client

    def print_json(self, value: object) -> None:
        """One JSON document, indented; unlike Rich's own it is not wrapped to the terminal."""
        self.print_line(json.dumps(value, indent=2, ensure_ascii=False))

    def print_line(self, text: str) -> None:
        """Plain text as it is: no markup, no wrapping."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def session_of(context: typer.Context) -> Session:
    """The session that the top-level options have set up."""
    session = context.obj
    assert isinstance(session, Session)
    return session
