"""`assay demo`: see it work, from nothing to a report."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.failures import require
from assay.cli.session import session_of


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--dir", help="Where everything is kept; emptied at the start.")] = Path(
        "assay-demo"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the study that is in the folder.")] = False,
    trials: Annotated[int, typer.Option(min=1, help="Configurations to try.")] = 60,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a full training.")] = 27,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes, one core each.")] = 2,
    longest: Annotated[float, typer.Option(min=1.0, help="Seconds after which the search ends in any case.")] = 210.0,
    seed: Annotated[int | None, typer.Option(help="Source of all randomness; drawn by the server if absent.")] = None,
) -> None:
    """Tune small networks on this machine: a server, workers, live progress, a report."""
    require("ax", "sqlmodel", "structlog", extra="server")
    require("lightning_fabric", "sklearn", "torch", extra="trainer")
    require("plotly", extra="report")
    from assay.cli.demo.digits import Size
    from assay.cli.demo.run import run
    from assay.cli.local.place import prepare

    size = Size(trials=trials, epochs=epochs, longest=timedelta(seconds=longest), workers=workers, seed=seed)
    raise typer.Exit(run(session_of(context).console, prepare(folder, command="demo", keep=keep), size))
