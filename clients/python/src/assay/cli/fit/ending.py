"""What comes after the search of a fit: the finish, the sealed test metrics, the card."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol

import assay
from assay.cli.failures import Refused
from assay.cli.fit import study as fitted
from assay.cli.fit.preparing import Prepared
from assay.cli.fit.wishes import Wishes
from assay.cli.local.place import Place
from assay.cli.words import duration
from assay_trainer.finish.card import card_of
from assay_trainer.finish.finishing import Finished, NothingToFinish, Wish, finish, mean_and_spread
from assay_trainer.finish.render import render_html, render_markdown

USAGE = (
    "Use it with nothing but torch: torch.export.load('model.pt2').module()(samples); model.json says what samples"
    " are and what the answers mean."
)


class Tell(Protocol):
    """Says something to the user."""

    def __call__(self, text: str, style: str = "dim") -> None: ...


def end(
    place: Place,
    study: assay.Study,
    prepared: Prepared,
    wishes: Wishes,
    *,
    tell: Tell,
    took_s: Callable[[], float],
) -> None:
    """Retrain, choose, test, export, write the card.

    Raises:
        Refused: when no training came to its end.
    """
    searched_s = took_s()
    candidates = fitted.candidates_of(study, prepared.decided, top=wishes.top)
    baseline = fitted.baseline_of(study, prepared.decided)
    wish = Wish(
        seed=study.refresh().record.seed % 2**63,
        num_seeds=wishes.seeds,
        max_epochs=wishes.epochs,
        onnx=wishes.onnx,
    )
    try:
        finished = finish(prepared.dataset, candidates, baseline, wish, folder=place.model, tell=tell)
    except NothingToFinish as error:
        raise Refused(str(error)) from error
    _seal(study, finished)
    spent = _spent(study, finished, searched_s=searched_s, all_s=took_s())
    card = card_of(finished, fitted.search_of(study), front=list(fitted.front_rows(study)), spent=spent, usage=USAGE)
    (place.model / "card.md").write_text(render_markdown(card), encoding="utf-8")
    (place.model / "card.html").write_text(render_html(card), encoding="utf-8")
    if find_spec("plotly") is not None:
        from assay.cli.report import render_report
        from assay.cli.story import story_of

        place.report.write_text(render_report(story_of(study)), encoding="utf-8")
    _tell_end(place, finished, tell)


def _seal(study: assay.Study, finished: Finished) -> None:
    """The server keeps what the test part has said, and takes it once. A kept study may have it already."""
    tested = finished.tested
    sealed = {
        finished.winner.candidate.number: {
            "test_error": mean_and_spread(tested.winner)[0],
            "test_error_ensemble": tested.ensemble.error,
            "ensemble_members": float(finished.ensemble.num_members),
        }
    }
    if tested.baseline:
        sealed.setdefault(finished.baseline.candidate.number, {"test_error": mean_and_spread(tested.baseline)[0]})
    for number, metrics in sealed.items():
        trial = study.trial(number) if number else None
        if trial is not None and trial.state is assay.TrialState.SUCCEEDED and not trial.test_metrics:
            study.seal_test_metrics(number, metrics)


def _spent(study: assay.Study, finished: Finished, *, searched_s: float, all_s: float) -> str:
    record = study.record
    retrained = len(finished.runs)
    return (
        f"{record.num_trials} trials cost {record.cost_spent:.1f} full trainings and took {duration(searched_s)};"
        f" retraining took {retrained} more, and {duration(all_s - searched_s)}. Seed {record.seed}."
    )


def _tell_end(place: Place, finished: Finished, tell: Tell) -> None:
    winner, baseline = mean_and_spread(finished.tested.winner), mean_and_spread(finished.tested.baseline)
    selected = finished.winner.candidate.selected
    if selected is not None:
        tell(f"selected on a validation error of {selected:.4f}", "green")
    tell(f"retrained: {finished.winner.mean:.4f} ± {finished.winner.spread:.4f}", "green")
    tell(f"sealed test part, opened once: {winner[0]:.4f} ± {winner[1]:.4f}", "green")
    tell(f"  ensemble of {finished.ensemble.num_members}: {finished.tested.ensemble.error:.4f}", "bold green")
    tell(f"  baseline: {baseline[0]:.4f} ± {baseline[1]:.4f}", "green")
    tell("")
    tell(f"model  {place.model / 'model.pt2'}", "bold")
    tell(f"card   {place.model / 'card.html'}", "bold")
    tell(f"look further: assay server --database sqlite:///{place.database}")
