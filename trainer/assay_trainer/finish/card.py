"""The model card: what the model is, how good it is, what that was measured on, and what to be careful about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay_trainer.data.labelled import Classes
from assay_trainer.finish.finishing import Finished, mean_and_spread
from assay_trainer.finish.retrain import Retrained
from assay_trainer.finish.warnings import Search, warnings_of
from assay_trainer.flat import flat_from_config
from assay_trainer.space import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, sentences, points, and a table whose first row is its head."""

    title: str
    text: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is rendered as Markdown and as HTML."""

    title: str
    summary: str
    sections: tuple[Section, ...]


def card_of(finished: Finished, search: Search, *, front: Sequence[Sequence[str]], spent: str, usage: str) -> Card:
    """The card. *front* is the search's front as a table, *spent* what it cost, in a sentence."""
    warnings = tuple(warnings_of(finished, search))
    return Card(
        title=f"Model card: {finished.data.name}",
        summary=_summary(finished),
        sections=(
            Section(title="Warnings", points=warnings, text=() if warnings else ("None.",)),
            _scores(finished),
            _ensemble(finished),
            _configuration(finished.winner),
            Section(title="The front of the search", text=(spent,), table=tuple(tuple(row) for row in front)),
            _data(finished),
            _files(finished, usage),
            Section(title="Provenance", table=tuple(_provenance(finished))),
        ),
    )


def _summary(finished: Finished) -> str:
    test, (baseline, _) = finished.tested.ensemble.error, mean_and_spread(finished.tested.baseline)
    members = finished.ensemble.num_members
    what = "one model" if members == 1 else f"an ensemble of {members} models"
    return (
        f"{what[0].upper()}{what[1:]}. {_measure(finished)} on the sealed test part, opened once: {test:.4f}; the"
        f" baseline configuration, retrained under the same seeds, has {baseline:.4f}."
    )


def _measure(finished: Finished) -> str:
    return "Share of errors" if isinstance(finished.data.target, Classes) else "RMSE in deviations of the target"


def _scores(finished: Finished) -> Section:
    winner, baseline, tested = finished.winner, finished.baseline, finished.tested
    rows = [
        ("", "selected on", "retrained, validation", "test", "seeds"),
        _row(f"winner: {_name(winner)}", winner, mean_and_spread(tested.winner)),
        _row("baseline: all defaults", baseline, mean_and_spread(tested.baseline)),
        (
            f"ensemble of {finished.ensemble.num_members}",
            "",
            f"{finished.ensemble.validation.error:.4f}",
            f"{tested.ensemble.error:.4f}",
            "",
        ),
        *(_row(f"also retrained: {_name(each)}", each, None) for each in finished.others),
    ]
    notes = [
        (
            f"{_measure(finished)}. 'Selected on' is the one validation result of the search that a trial was chosen"
            " by;"
            " its distance from the retrained mean is the optimism of the search."
            " The ensemble was chosen on the validation part too, so only its test result is unbiased."
        )
    ]
    if tested.ensemble.ece is not None:
        notes.append(
            f"Calibration: the ensemble's confidence is off by {tested.ensemble.ece:.4f} on the test part (ECE),"
            f" the winner's by {tested.winner[0].ece or 0.0:.4f}."
        )
    return Section(title="How good it is", text=tuple(notes), table=tuple(rows))


def _row(name: str, each: Retrained, tested: tuple[float, float] | None) -> tuple[str, ...]:
    selected = each.candidate.selected
    return (
        name,
        "not trained to the end" if selected is None else f"{selected:.4f}",
        f"{each.mean:.4f} ± {each.spread:.4f}",
        "" if tested is None else f"{tested[0]:.4f} ± {tested[1]:.4f}",
        str(len(each.runs)),
    )


def _name(each: Retrained) -> str:
    return "all defaults" if each.candidate.is_baseline else f"trial {each.candidate.number}"


def _ensemble(finished: Finished) -> Section:
    head = ("models", "validation error", "ECE", "latency (ms)", "trials × weight")
    rows = [head]
    for chosen in finished.path:
        members = ", ".join(
            f"{run.trial} × {weight:.2f}"
            for run, weight in zip(finished.runs, chosen.weights, strict=True)
            if weight > 0.0
        )
        ece = "" if chosen.validation.ece is None else f"{chosen.validation.ece:.4f}"
        rows.append(
            (str(chosen.num_members), f"{chosen.validation.error:.4f}", ece, f"{chosen.latency_ms:.2f}", members)
        )
    text = "Greedy selection with replacement (Caruana et al. 2004); the last row is the model."
    return Section(title="Error against latency: the ensembles on the way", text=(text,), table=tuple(rows))


def _configuration(winner: Retrained) -> Section:
    footprint = winner.runs[0].footprint
    rows = [
        ("what", "value"),
        *((name, _told(value)) for name, value in flat_from_config(winner.candidate.config).items()),
    ]
    rows += [
        ("parameters", f"{footprint.num_params:,}"),
        ("FLOPs for one sample", f"{footprint.flops:,}"),
        (
            f"latency of {winner.candidate.config.deployment.inference_batch_size} samples",
            f"{footprint.latency_ms:.3f} ms median, {footprint.latency_p95_ms:.3f} ms at the 95th percentile",
        ),
        ("size of the weights", f"{footprint.num_bytes:,} bytes"),
    ]
    return Section(title=f"The winner's configuration ({_name(winner)})", table=tuple(rows))


def _told(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _data(finished: Finished) -> Section:
    data = finished.data
    target = data.target
    predicted = (
        f"one of {len(target.names)} classes: {_shortened(target.names)}" if isinstance(target, Classes) else "a number"
    )
    text = (
        f"{data.name}, {data.kind}: {len(data.train)} samples to train on, {len(data.validation)} to choose by,"
        f" {finished.num_test} to test. Predicted is {predicted}. The split is fixed."
    )
    return Section(title="Data", text=(text, f"Fingerprint: {data.fingerprint}"))


def _shortened(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _files(finished: Finished, usage: str) -> Section:
    rows = [("file", "bytes", "largest difference of an answer")]
    rows += [(each.path.name, f"{each.num_bytes:,}", f"{each.difference:.1e}") for each in finished.exported]
    notes = ["Each file was loaded again and compared with the model on the validation part.", usage]
    if finished.not_exported:
        notes.append(f"{finished.not_exported}.")
    return Section(title="Files", text=tuple(notes), table=tuple(rows))


def _provenance(finished: Finished) -> Iterator[tuple[str, str]]:
    record = finished.provenance
    dirty = {True: ", with changes", False: "", None: ""}[record.code.is_dirty]
    yield ("what", "value")
    yield ("seed", str(record.seed))
    yield ("code", f"{record.code.version}{dirty}")
    yield ("evaluation", record.evaluation_protocol)
    yield ("hardware", record.hardware)
    yield from ((name, value) for name, value in record.environment.items())
