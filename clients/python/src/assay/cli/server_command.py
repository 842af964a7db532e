"""`assay server`: run a server. Its options are the server's settings, told by the server itself."""

from __future__ import annotations

import typer

from assay.cli.failures import load_part

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""The server reads its own options, --help among them."""


def server(context: typer.Context) -> None:
    """Run a server; 'assay server --help' lists its settings."""
    part = load_part("assay_server.main", extra="server")
    status: int | None = part.main(context.args)
    raise typer.Exit(status or 0)
