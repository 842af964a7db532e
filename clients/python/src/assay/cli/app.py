"""The top of the command line: global options, the commands, and how errors end them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

import assay
from assay.cli import (
    demo_command,
    fit_command,
    schema_command,
    server_command,
    study_command,
    trial_command,
    worker_command,
)
from assay.cli.failures import Refused, explain
from assay.cli.session import DEFAULT_SERVER, Session
from assay.cli.spec.study import SpecificationError

FAILED = 1
"""Exit status for what went wrong; wrong usage ends with 2, as everywhere."""

app = typer.Typer(
    name="assay",
    help="Decide which training run to try next, and for how long.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("server", context_settings=server_command.PASSED_ON)(server_command.server)
app.command("worker")(worker_command.worker)
app.command("demo")(demo_command.demo)
app.command("fit")(fit_command.fit)
app.command("schema")(schema_command.schema)
app.add_typer(study_command.app, name="study")
app.add_typer(trial_command.app, name="trial")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status. What goes wrong is told in sentences on standard error."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="assay")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else FAILED if done.code else 0
    except (Refused, SpecificationError, assay.AssayError) as error:
        errors = Console(stderr=True)
        for line in explain(error):
            errors.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
        return FAILED
    return 0


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"assay {version('assay')}")
        raise typer.Exit


@app.callback()
def _top(
    context: typer.Context,
    server: Annotated[str, typer.Option(envvar="ASSAY_SERVER", help="Address of the server.")] = DEFAULT_SERVER,
    project: Annotated[str, typer.Option(envvar="ASSAY_PROJECT", help="Project of the study.")] = "default",
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Session(server=server, project=project, is_json=is_json)
