"""`assay worker`: train the trials of a study on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.failures import load_part
from assay.cli.session import session_of


def worker(
    context: typer.Context,
    study: Annotated[str, typer.Option(help="Id of the study.")],
    server: Annotated[str | None, typer.Option(help="Address of the server; as the global option.")] = None,
    name: Annotated[str | None, typer.Option(help="Unique among workers; host and process id by default.")] = None,
    task: Annotated[
        str, typer.Option(help="What to train on: digits, breast_cancer, wine, diabetes, or a file *.task.json.")
    ] = "digits",
    checkpoint_dir: Annotated[
        Path, typer.Option(help="Where checkpoints lie; shared by workers that take over from each other.")
    ] = Path("checkpoints"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    precision: Annotated[
        str | None, typer.Option(help="32-true, bf16-mixed or 16-mixed; the task's, 32-true, if absent.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of PyTorch on a CPU.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Of a training, where the fidelity is not epochs.")] = 27,
    costs: Annotated[
        str, typer.Option(help="What trials cost: seconds, or trainings (shares of a full one).")
    ] = "seconds",
    metrics_port: Annotated[int | None, typer.Option(help="Serve Prometheus metrics on this port.")] = None,
) -> None:
    """Train trials of a study until it is over."""
    session = session_of(context)
    part = load_part("assay_trainer.worker", extra="trainer")
    status: int = part.main(
        server or session.server,
        study,
        worker=name,
        checkpoint_dir=str(checkpoint_dir),
        device=device,
        precision=precision,
        metrics_port=metrics_port,
        project=session.project,
        task=task,
        threads=threads,
        epochs=epochs,
        costs=costs,
    )
    raise typer.Exit(status)
