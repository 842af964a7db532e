"""`assay fit`: a finished model from data, without code."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.failures import require
from assay.cli.session import session_of


class Predicts(StrEnum):
    """What the target is."""

    CLASSES = "classes"
    NUMBER = "number"


class Fidelity(StrEnum):
    """What cheap evaluations spend less of."""

    EPOCH = "epoch"
    PERCENT_OF_DATA = "percent_of_data"
    PERCENT_OF_RESOLUTION = "percent_of_resolution"
    PERCENT_OF_WIDTH = "percent_of_width"


def fit(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Argument(
            help="A folder with a folder of images for each class; a .csv, .parquet or .npz file;"
            " or digits, breast_cancer, wine, diabetes."
        ),
    ],
    target: Annotated[str | None, typer.Option(help="Column of a table that is predicted.")] = None,
    predicts: Annotated[Predicts | None, typer.Option(help="What the target is; guessed if absent.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Column of a table to leave out; may be repeated.")] = None,
    edge: Annotated[int | None, typer.Option(min=2, help="Scale images to squares of this edge.")] = None,
    trainings: Annotated[float, typer.Option(min=1.0, help="Budget of the search, in full trainings.")] = 20.0,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a full training.")] = 27,
    fidelity: Annotated[Fidelity, typer.Option(help="What cheap evaluations spend less of.")] = Fidelity.EPOCH,
    longest: Annotated[float, typer.Option(min=1.0, help="Seconds after which the search ends in any case.")] = 3600.0,
    objective: Annotated[list[str] | None, typer.Option(help="Metric of which less is better; val_error.")] = None,
    constraint: Annotated[list[str] | None, typer.Option(help="Such as 'latency_ms <= 5'; may be repeated.")] = None,
    override: Annotated[Path | None, typer.Option(help="YAML file that fixes or narrows what is searched.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, on top of the file.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Trials to retrain.")] = 4,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds to retrain each under.")] = 3,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write the model as ONNX too.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes, one core each.")] = 2,
    seed: Annotated[int | None, typer.Option(help="Source of all randomness; drawn by the server if absent.")] = None,
    folder: Annotated[Path, typer.Option("--dir", help="Where everything is kept; emptied at the start.")] = Path(
        "assay-fit"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the study that is in the folder.")] = False,
) -> None:
    """Search, retrain, test and export a model for data: a server and workers on this machine, no code."""
    require("ax", "sqlmodel", "structlog", extra="server")
    require("lightning_fabric", "pandas", "sklearn", "torch", extra="trainer")
    from assay.cli.fit.preparing import prepare_task
    from assay.cli.fit.run import run
    from assay.cli.fit.wishes import Wishes, read_overrides
    from assay.cli.local.place import prepare
    from assay_trainer.data.files import Reading

    console = session_of(context).console
    wishes = Wishes(
        trainings=trainings,
        epochs=epochs,
        fidelity=fidelity.value,
        longest=timedelta(seconds=longest),
        workers=workers,
        seed=seed,
        objectives=tuple(objective or ["val_error"]),
        constraints=tuple(constraint or []),
        top=top,
        seeds=seeds,
        onnx=onnx,
    )
    reading = Reading(
        path=Path(data).absolute(),
        target=target,
        predicts=None if predicts is None else predicts.value,
        ignore=tuple(ignore or []),
        edge=edge,
    )
    overrides = read_overrides(override, settings or [])
    place = prepare(folder, command="fit", keep=keep)
    prepared = prepare_task(data, reading, overrides, place.root, lambda text: console.print(text, markup=False))
    raise typer.Exit(run(console, place, prepared, wishes))
