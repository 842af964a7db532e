"""`assay study importances`, `predict` and `corrected`: what a model of the results says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from assay import Choice, Fixed, ModelQuality, Parameter, Scalar, Space
from assay.cli.failures import Refused
from assay.cli.plain import plain
from assay.cli.session import Session, session_of
from assay.cli.tables import corrected_table, importances_table, predictions_table
from assay.cli.words import number

StudyId = Annotated[str, typer.Argument(help="Id of the study.")]
POOR = 0.5
"""Rank correlation below which a model's word is not worth much."""


def importances(context: typer.Context, study: StudyId) -> None:
    """Show how much each parameter matters for each metric."""
    session = session_of(context)
    with session.client() as client:
        found = client.get_study(study).importances()
    if session.is_json:
        session.print_json(plain(found))
        return
    session.console.print(importances_table(found))
    _print_quality(session, found.quality)


def predict(
    context: typer.Context,
    study: StudyId,
    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="The configuration, complete.")],
    step: Annotated[int | None, typer.Option(help="At this step of the fidelity, instead of the last one.")] = None,
) -> None:
    """Predict the metrics of a configuration."""
    session = session_of(context)
    with session.client() as client:
        handle = client.get_study(study)
        found = handle.predict([configuration_of(handle.spec.space, values)], step)
    if session.is_json:
        session.print_json(plain(found))
        return
    session.console.print(predictions_table(found))
    _print_quality(session, found.quality)


def corrected(
    context: typer.Context,
    study: StudyId,
    best: Annotated[str | None, typer.Option(help="The best trial by this objective, instead of the front.")] = None,
) -> None:
    """Show which trials are the front, or the best, without the noise of their measurements."""
    session = session_of(context)
    with session.client() as client:
        handle = client.get_study(study)
        found = handle.corrected_front() if best is None else handle.corrected_best(best)
    if session.is_json:
        session.print_json(plain(found))
        return
    session.console.print(corrected_table(found))
    _print_quality(session, found.quality)


def configuration_of(space: Space, values: Sequence[str]) -> dict[str, Scalar]:
    """The configuration that *values* spell, each in its parameter's kind.

    Raises:
        Refused: one is no NAME=VALUE, or its name is not in the space.
    """
    out: dict[str, Scalar] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise Refused(f"{text!r} is not NAME=VALUE")
        if name not in space:
            raise Refused(f"the space has no parameter {name!r}; it has {', '.join(space)}")
        out[name] = _value(space[name], value)
    return out


def _value(parameter: Parameter, text: str) -> Scalar:
    """A value as its parameter knows it; what fits none is left for the server to refuse."""
    kind = parameter.kind
    known = kind.values if isinstance(kind, Choice) else (kind.value,) if isinstance(kind, Fixed) else ()
    for value in known:
        if str(value) == text:
            return value
    if text in {"true", "false"}:
        return text == "true"
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _print_quality(session: Session, quality: Mapping[str, ModelQuality]) -> None:
    for of in quality.values():
        at = "" if of.step is None else f" at step {of.step}"
        if of.rank_correlation is None:
            session.print_line(f"{of.metric}: how good the model is cannot be told yet ({of.num_trials} trials{at})")
            continue
        doubt = "; do not trust it" if of.rank_correlation < POOR else ""
        told = f"rank correlation {number(of.rank_correlation)} over {of.num_trials} trials left out{at}"
        session.print_line(f"{of.metric}: {told}{doubt}")
