"""Candidates trained from scratch under several seeds: what a configuration is worth without the luck of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from torch import Tensor

from assay_trainer.config import TrainConfig
from assay_trainer.data.batches import Batches
from assay_trainer.data.labelled import SearchData
from assay_trainer.engine import Engine
from assay_trainer.finish.answering import Answering
from assay_trainer.goal import Judged, judge
from assay_trainer.measure import Footprint, measure_footprint
from assay_trainer.results import NonFiniteLoss
from assay_trainer.seeding import derive_seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration that the search has found, or the baseline."""

    number: int
    """Of its trial."""
    config: TrainConfig
    selected: float | None
    """The validation error that it was chosen by; None when it was never trained to the end."""
    is_baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One training of a candidate from scratch."""

    trial: int
    seed: int
    model: Answering
    """On the CPU, ready to answer raw samples."""
    validation: Judged
    answers: Tensor
    """On the validation part."""
    footprint: Footprint


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retrained:
    """A candidate with its runs."""

    candidate: Candidate
    runs: tuple[Run, ...]
    failures: tuple[str, ...]
    """Why seeds are missing."""

    @property
    def mean(self) -> float:
        """Validation error over the seeds; infinite when no run came to its end."""
        return fmean(run.validation.error for run in self.runs) if self.runs else float("inf")

    @property
    def spread(self) -> float:
        """Standard deviation of it; 0 for a single seed."""
        return stdev(run.validation.error for run in self.runs) if len(self.runs) > 1 else 0.0


def retrain(
    data: SearchData,
    candidates: Sequence[Candidate],
    *,
    seed: int,
    num_seeds: int,
    max_epochs: int,
    device: str,
    tell: Callable[[str], None],
) -> Iterator[Retrained]:
    """Each candidate in turn, under *num_seeds* seeds that the search has not used."""
    for candidate in candidates:
        runs: list[Run] = []
        failures: list[str] = []
        for index in range(num_seeds):
            fresh = derive_seed(seed, "retrain", index)
            try:
                runs.append(_run(data, candidate, seed=fresh, max_epochs=max_epochs, device=device))
            except NonFiniteLoss as error:
                failures.append(f"seed {fresh}: {error}")
        name = "the baseline" if candidate.is_baseline else f"trial {candidate.number}"
        done = Retrained(candidate=candidate, runs=tuple(runs), failures=tuple(failures))
        tell(f"retrained {name} under {num_seeds} seeds: validation error {done.mean:.4f} ± {done.spread:.4f}")
        yield done


def _run(data: SearchData, candidate: Candidate, *, seed: int, max_epochs: int, device: str) -> Run:
    config = candidate.config.model_copy(update={"seed": seed})
    engine = Engine(data, config, max_epochs=max_epochs, device=device)
    for _ in engine.epochs(max_epochs):
        pass
    prepared = engine.prepared
    answers, targets = engine.answers(Batches(prepared.validation, engine.device))
    batch_size = config.deployment.inference_batch_size
    footprint = measure_footprint(engine.model, prepared.shape, batch_size=batch_size, device=engine.device)
    model = Answering(prepared.transform, engine.finished(), data.target).eval()
    return Run(
        trial=candidate.number,
        seed=seed,
        model=model,
        validation=judge(data.target, answers, targets, bins=config.evaluation.bins),
        answers=answers.cpu(),
        footprint=footprint,
    )
