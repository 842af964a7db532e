"""From the best trials of a search to one model that can be used, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import torch
from torch import nn

from assay_trainer.data.dataset import DataSet
from assay_trainer.data.labelled import Labelled, SearchData
from assay_trainer.devices import find_device
from assay_trainer.finish.answering import Ensemble
from assay_trainer.finish.ensemble import Chosen, select_ensemble
from assay_trainer.finish.export import Exported, can_write_onnx, export_model, export_onnx
from assay_trainer.finish.retrain import Candidate, Retrained, Run, retrain
from assay_trainer.goal import Judged, judge
from assay_trainer.records import Provenance, collect_provenance
from assay_trainer.session import EVALUATION_PROTOCOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a search is finished."""

    seed: int
    num_seeds: int = 3
    """Of each candidate and of the baseline; at least one."""
    max_epochs: int
    device: str = "cpu"
    onnx: bool = False
    """Write ONNX too, where the packages for it are installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the sealed test set said, the one time it was opened."""

    winner: tuple[Judged, ...]
    """Of each run of the winner."""
    baseline: tuple[Judged, ...]
    ensemble: Judged


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finished:
    """All there is to tell."""

    data: SearchData
    num_test: int
    winner: Retrained
    """The candidate with the lowest mean validation error after retraining."""
    baseline: Retrained
    others: tuple[Retrained, ...]
    """Candidates that were retrained and did not win."""
    runs: tuple[Run, ...]
    """All that the ensemble was chosen from, in the order of its weights."""
    path: tuple[Chosen, ...]
    """Ensembles from one model to the one that was taken."""
    tested: Tested
    exported: tuple[Exported, ...]
    not_exported: str
    """Why ONNX is missing; empty when it is not."""
    provenance: Provenance

    @property
    def ensemble(self) -> Chosen:
        return self.path[-1]


EVALUATION_BATCH = 1024
"""Bounded, because a test part may be large."""


class NothingToFinish(Exception):
    """No candidate could be trained to its end."""


def finish(
    dataset: DataSet,
    candidates: Sequence[Candidate],
    baseline: Candidate,
    wish: Wish,
    *,
    folder: Path,
    tell: Callable[[str], None],
) -> Finished:
    """Retrain, choose on the validation part, open the test part once, write the model into *folder*.

    Raises:
        NothingToFinish: every training diverged.
        ExportDiffers: a file does not answer like the model.
    """
    data = dataset.for_search()
    wanted = [*(each for each in candidates if not each.is_baseline), baseline]
    retrained = list(
        retrain(
            data,
            wanted,
            seed=wish.seed,
            num_seeds=wish.num_seeds,
            max_epochs=wish.max_epochs,
            device=wish.device,
            tell=tell,
        )
    )
    runs = [run for each in retrained for run in each.runs]
    if not runs:
        failures = [failure for each in retrained for failure in each.failures]
        raise NothingToFinish(f"no training came to its end: {'; '.join(failures)}")
    winner = min(retrained, key=lambda each: each.mean)
    path = select_ensemble(
        [run.answers for run in runs],
        [run.footprint.latency_ms for run in runs],
        data.validation.targets,
        data.target,
        bins=baseline.config.evaluation.bins,
    )
    model = _ensemble(runs, path[-1])
    tell(f"ensemble of {path[-1].num_members}: validation error {path[-1].validation.error:.4f}")
    # Nothing is chosen any more from here on.
    tested = _test(dataset, winner, retrained[-1], model, bins=baseline.config.evaluation.bins)
    exported, not_exported = _export(model, data, folder, wish)
    return Finished(
        data=data,
        num_test=len(dataset.parts["test"]),
        winner=winner,
        baseline=retrained[-1],
        others=tuple(each for each in retrained if each is not winner and each is not retrained[-1]),
        runs=tuple(runs),
        path=tuple(path),
        tested=tested,
        exported=exported,
        not_exported=not_exported,
        provenance=_provenance(data, baseline, wish),
    )


def mean_and_spread(judged: Sequence[Judged]) -> tuple[float, float]:
    """Mean error and its standard deviation, 0 for a single one; infinite when no training came to its end."""
    errors = [each.error for each in judged]
    if not errors:
        return float("inf"), 0.0
    return fmean(errors), stdev(errors) if len(errors) > 1 else 0.0


def _ensemble(runs: Sequence[Run], chosen: Chosen) -> nn.Module:
    members = [(run.model, weight) for run, weight in zip(runs, chosen.weights, strict=True) if weight > 0.0]
    return Ensemble([model for model, _ in members], [weight for _, weight in members]).eval()


def _test(dataset: DataSet, winner: Retrained, baseline: Retrained, model: nn.Module, *, bins: int) -> Tested:
    test = dataset.sealed_test()

    def judged(each: nn.Module) -> Judged:
        return judge(dataset.target, _answers(each, test), test.targets, bins=bins)

    return Tested(
        winner=tuple(judged(run.model) for run in winner.runs),
        baseline=tuple(judged(run.model) for run in baseline.runs),
        ensemble=judged(model),
    )


@torch.no_grad()
def _answers(model: nn.Module, part: Labelled) -> torch.Tensor:
    return torch.cat([model(samples) for samples in torch.split(part.inputs, EVALUATION_BATCH)])


def _export(model: nn.Module, data: SearchData, folder: Path, wish: Wish) -> tuple[tuple[Exported, ...], str]:
    written = [export_model(model, data, folder)]
    if not wish.onnx:
        return tuple(written), "ONNX was not asked for"
    if not can_write_onnx():
        return tuple(written), "ONNX needs: pip install 'assay[onnx]'"
    try:
        written.append(export_onnx(model, data, folder))
    except torch.onnx.OnnxExporterError as error:
        return tuple(written), f"ONNX cannot express it: {str(error).splitlines()[0]}"
    return tuple(written), ""


def _provenance(data: SearchData, baseline: Candidate, wish: Wish) -> Provenance:
    return collect_provenance(
        seed=wish.seed,
        dataset_fingerprint=data.fingerprint,
        evaluation_protocol=EVALUATION_PROTOCOL,
        device=find_device(wish.device),
        precision=baseline.config.training.precision,
    )
