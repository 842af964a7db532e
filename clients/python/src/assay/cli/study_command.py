"""`assay study`: create, list, show, watch, stop, delete, export and report on studies; ask models about them."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

import assay
from assay.cli import models_command
from assay.cli.export import csv_lines, json_lines
from assay.cli.failures import Refused, load_part, located
from assay.cli.plain import plain
from assay.cli.progress_view import draw, front_table, log_line
from assay.cli.session import Session, session_of
from assay.cli.spec.study import Specification, read_specification
from assay.cli.tables import studies_table, study_facts
from assay.cli.watch import Watcher
from assay.decode_spec import study_spec

app = typer.Typer(help="Create, follow and end studies.", no_args_is_help=True, rich_markup_mode=None)

MAX_EVENTS, SHOWN_EVENTS = 1000, 5
"""The newest lines of a log that are fetched, and those that fit below the rest."""

StudyId = Annotated[str, typer.Argument(help="Id of the study.")]
File = Annotated[Path, typer.Argument(help="The specification, as YAML; - reads standard input.", allow_dash=True)]


@app.command()
def create(
    context: typer.Context,
    file: File,
    name: Annotated[str | None, typer.Option(help="Id of the study, if not the file's name: key.")] = None,
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Ask the server whether it would take it, and create nothing.")
    ] = False,
) -> None:
    """Create a study from a specification."""
    session = session_of(context)
    specification = read_specification(_read(file))
    study_id = name or specification.study_id
    if study_id is None:
        raise Refused(f"{file} has no 'name'; give one there, or with --name")
    with session.client() as client:
        study = _create(client, study_id, specification, validate_only=validate_only)
    if session.is_json:
        session.print_json(plain(study))
    elif validate_only:
        session.print_line(f"{study_id} would be created: {study.strategy_rationale}")
    else:
        session.print_line(f"{study.name}: {study.strategy_rationale}")


@app.command("list")
def list_studies(
    context: typer.Context,
    filter_: Annotated[str, typer.Option("--filter", help='Such as: state = "ACTIVE" AND labels.team = "a".')] = "",
) -> None:
    """List the studies of the project."""
    session = session_of(context)
    with session.client() as client:
        studies = [study.record for study in client.list_studies(filter=filter_)]
    if session.is_json:
        session.print_json(plain(studies))
    elif studies:
        session.console.print(studies_table(studies))
    else:
        session.print_line("no studies")


@app.command()
def show(context: typer.Context, study: StudyId) -> None:
    """Show a study: what it searches, how far it is, what it found."""
    session = session_of(context)
    with session.client() as client:
        handle = client.get_study(study)
        progress, front = handle.progress(), handle.front()
        events = list(islice(handle.events(), MAX_EVENTS))
    if session.is_json:
        session.print_json({"progress": plain(progress), "front": plain(front), "events": plain(events)})
        return
    session.console.print(study_facts(progress.study))
    session.console.print(draw(progress, front))
    for event in reversed(events[:SHOWN_EVENTS]):
        session.console.print(Text(f"{event.severity.lower()}: {event.message}", style="dim"))


@app.command()
def watch(
    context: typer.Context,
    study: StudyId,
    once: Annotated[bool, typer.Option("--once", help="Show it once, for scripts.")] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Follow a study live, until it is over."""
    session = session_of(context)
    with session.client() as client:
        handle = client.get_study(study)
        if once or session.is_json:
            _show_once(session, handle)
            return
        watcher = Watcher(
            console=session.console,
            look=lambda: (handle.progress(), handle.front()),
            wait=time.sleep,
            interval_s=interval,
        )
        watcher.follow()


@app.command()
def stop(context: typer.Context, study: StudyId) -> None:
    """End a study now; running trials are stopped by their next report."""
    session = session_of(context)
    with session.client() as client:
        client.get_study(study).stop()
    session.print_line(f"{study} is stopped")


@app.command()
def delete(
    context: typer.Context,
    study: StudyId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a study with all its trials."""
    session = session_of(context)
    with session.client() as client:
        handle = client.get_study(study)
        if not yes:
            typer.confirm(f"delete {study} with its {handle.record.num_trials} trials?", abort=True)
        handle.delete()
    session.print_line(f"{study} is deleted")


@app.command()
def export(
    context: typer.Context,
    study: StudyId,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="A row for each trial, instead of JSON lines.")] = False,
) -> None:
    """Write a study and all its trials as JSON lines, or its trials as CSV."""
    session = session_of(context)
    with session.client() as client:
        handle = client.get_study(study)
        trials = tuple(handle.list_trials(full=True))
        lines = csv_lines(trials) if as_csv else json_lines(handle.record, trials)
    if output is not None:
        _write(output, "".join(f"{line}\n" for line in lines))
        return
    for line in lines:
        typer.echo(line)


@app.command()
def report(
    context: typer.Context,
    study: StudyId,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the page.")] = Path("report.html"),
) -> None:
    """Write a page with the front, the learning curves and the hypervolume; it needs no network."""
    session = session_of(context)
    load_part("plotly", extra="report")
    from assay.cli.report import render_report
    from assay.cli.story import story_of

    with session.client() as client:
        html = render_report(story_of(client.get_study(study)))
    _write(output, html)
    session.print_line(f"written to {output}")


for _command in (models_command.importances, models_command.predict, models_command.corrected):
    app.command()(_command)


def _show_once(session: Session, handle: assay.Study) -> None:
    progress, front = handle.progress(), handle.front()
    if session.is_json:
        session.print_json({"progress": plain(progress), "front": plain(front)})
    elif session.console.is_terminal:
        session.console.print(draw(progress, front))
    else:
        session.print_line(log_line(progress))
        if len(front):
            session.console.print(front_table(front, progress.study.spec))


def _create(
    client: assay.Client, study_id: str, specification: Specification, *, validate_only: bool
) -> assay.StudyRecord:
    try:
        study = client.create_study_from(study_id, study_spec(specification.spec), validate_only=validate_only)
        return study.record
    except assay.InvalidArgument as error:
        raise located(error, specification) from error


def _read(file: Path) -> str:
    try:
        return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not text in UTF-8 (byte {error.start})") from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"cannot write {file}: {error.strerror}") from error
