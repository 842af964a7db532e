"""`assay trial`: look at single trials."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.plain import plain
from assay.cli.session import session_of
from assay.cli.tables import attempts_table, measurements_table, trial_facts

app = typer.Typer(help="Look at trials.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _trial() -> None:
    pass


@app.command()
def show(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="Id of the study.")],
    number: Annotated[int, typer.Argument(min=1, help="Number of the trial.")],
) -> None:
    """Show a trial with its measurements and attempts."""
    session = session_of(context)
    with session.client() as client:
        trial = client.get_study(study).trial(number)
    if session.is_json:
        session.print_json(plain(trial))
        return
    session.console.print(trial_facts(trial))
    if trial.measurements:
        session.console.print(measurements_table(trial))
    if trial.attempts:
        session.console.print(attempts_table(trial))
