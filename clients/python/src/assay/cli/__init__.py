"""The command `assay`: each subcommand imports its part only when it is run."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit status."""
    from assay.cli.app import run

    raise SystemExit(run(arguments))
