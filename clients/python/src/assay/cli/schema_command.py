"""`assay schema`: what a training can be configured to do, as JSON Schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from assay.cli.failures import load_part
from assay.cli.session import session_of


class Kind(StrEnum):
    """What is trained on."""

    IMAGES = "images"
    TABLES = "tables"


def schema(
    context: typer.Context,
    kind: Annotated[Kind | None, typer.Option(help="Of trainings on this kind of data alone.")] = None,
) -> None:
    """Print the trainer's configuration as JSON Schema; 'x-search' marks what a search decides."""
    config = load_part("assay_trainer.config", extra="trainer")
    whole = config.TRAIN_CONFIG if kind is None else type(config.BASELINES[kind.value])
    described = whole.json_schema() if kind is None else whole.model_json_schema()
    session_of(context).print_json(described)
