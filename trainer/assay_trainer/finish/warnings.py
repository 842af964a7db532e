"""What a reader of a model card must be warned of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt

from assay_trainer.data.labelled import Classes
from assay_trainer.finish.finishing import Finished, mean_and_spread

UNSTABLE = 0.25
"""A winner whose error varies by this share of itself from seed to seed owes much to luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the warnings need to know about the search."""

    num_trials: int
    """That were compared on the validation part."""
    num_deviating: int
    """Trials whose data, code or protocol differ from the others'."""
    constraints: tuple[tuple[str, str, float], ...]
    """Metric, `<=` or `>=`, bound."""


def warnings_of(finished: Finished, search: Search) -> Iterator[str]:
    """One sentence for each thing that is not as it should be."""
    yield from _overfitting(finished, search)
    yield from _test_result(finished)
    winner = finished.winner
    if len(winner.runs) > 1 and winner.spread > UNSTABLE * winner.mean > 0.0:
        yield (
            f"The winner is unstable: its validation error varies by {winner.spread:.4f} around {winner.mean:.4f}"
            " from seed to seed."
        )
    for each in (winner, *finished.others, finished.baseline):
        name = "the baseline" if each.candidate.is_baseline else f"trial {each.candidate.number}"
        yield from (f"A retraining of {name} failed: {failure}." for failure in each.failures)
    if len(winner.runs) == 1:
        yield "It was retrained under one seed only: nothing is known about the spread."
    if search.num_deviating:
        yield f"{search.num_deviating} trials ran on other data, code or protocol and are not comparable."
    yield from _broken(finished, search)


def expected_luck(error: float, num_samples: int, num_trials: int) -> float:
    """By how much the best of so many equally good models is expected to look better than it is.

    The expected minimum of *num_trials* independent normal variables, sqrt(2 ln n) deviations, with the binomial
    deviation of an error measured on *num_samples*. Too much for trials that resemble each other: an upper guess.
    """
    deviation = sqrt(max(error * (1.0 - error), 1.0 / num_samples) / num_samples)
    return deviation * sqrt(2.0 * log(max(num_trials, 1)))


def _overfitting(finished: Finished, search: Search) -> Iterator[str]:
    selected, mean = finished.winner.candidate.selected, finished.winner.mean
    if selected is not None and mean - selected > max(finished.winner.spread, 1e-9):
        yield (f"The score it was selected on ({selected:.4f}) was optimistic: retrained, the mean is {mean:.4f}.")
    if not isinstance(finished.data.target, Classes):
        return
    luck = expected_luck(mean, len(finished.data.validation), search.num_trials)
    gain = finished.baseline.mean - mean
    if 0.0 < gain < luck:
        yield (
            f"The gain over the baseline on the validation part ({gain:.4f}) is less than what the best of"
            f" {search.num_trials} trials may owe to chance on {len(finished.data.validation)} samples ({luck:.4f})."
        )


def _test_result(finished: Finished) -> Iterator[str]:
    baseline, _ = mean_and_spread(finished.tested.baseline)
    if finished.tested.ensemble.error > baseline:
        yield (
            f"On the test part it is not better than the baseline: {finished.tested.ensemble.error:.4f}"
            f" against {baseline:.4f}."
        )


def _broken(finished: Finished, search: Search) -> Iterator[str]:
    """Constraints of the search that the retrained winner does not keep."""
    runs = finished.winner.runs
    footprint = runs[0].footprint
    measured = {
        "val_error": finished.winner.mean,
        "latency_ms": max(run.footprint.latency_ms for run in runs),
        "latency_p95_ms": max(run.footprint.latency_p95_ms for run in runs),
        "params": float(footprint.num_params),
        "flops": float(footprint.flops),
        "size_bytes": float(footprint.num_bytes),
    }
    for metric, relation, bound in search.constraints:
        value = measured.get(metric)
        if value is not None and (value > bound if relation == "<=" else value < bound):
            yield f"Retrained, the winner breaks a constraint: {metric} is {value:g}, not {relation} {bound:g}."
