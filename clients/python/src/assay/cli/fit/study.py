"""The study that a fit runs, and what is taken from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import assay
from assay import TrialRecord
from assay.cli.fit.wishes import Wishes
from assay.cli.words import number
from assay_trainer.config import TrainConfig
from assay_trainer.finish.retrain import Candidate
from assay_trainer.finish.warnings import Search
from assay_trainer.flat import config_from_flat
from assay_trainer.overrides import Decided
from assay_trainer.space import baseline, for_client

STUDY = "fit"
CHOSEN_BY = "val_error"
EPOCH = "epoch"
PERCENT = 100
"""The whole of a fidelity that is not epochs."""
REDUCTION = 9
"""The first look costs a ninth of a full training: two rungs before the end."""
NUM_SOBOL = 16
"""Enough for the models to start from."""
BATCH = 4
LEASE_TTL_S = 15.0
"""A worker that was killed keeps its trial for no longer than this; others heartbeat much more often."""


def create(client: assay.Client, decided: Decided, wishes: Wishes) -> assay.Study:
    """The study, or the one that is there already from the same specification."""
    full = wishes.epochs if wishes.fidelity == EPOCH else PERCENT
    return client.create_study(
        STUDY,
        space=for_client(decided.space, assay),
        objectives=[assay.minimize(metric) for metric in wishes.objectives],
        constraints=list(wishes.constraints),
        fidelity=assay.Fidelity(wishes.fidelity, min=max(1, full // REDUCTION), max=full, eta=3),
        budget=assay.Budget(cost=wishes.trainings, duration=wishes.longest),
        strategy=assay.Strategy(
            phases=(assay.Phase(assay.sobol(), trials=NUM_SOBOL), assay.Phase(assay.bayesian(batch_size=BATCH))),
            scheduler=assay.asynchronous_halving(),
        ),
        seed=wishes.seed,
        lease_ttl=LEASE_TTL_S,
    )


def candidates_of(study: assay.Study, decided: Decided, *, top: int) -> list[Candidate]:
    """The front, best by the validation error first, filled up with the next best that were trained to the end."""
    front = sorted(study.front(), key=_error)
    done = [trial for trial in study.list_trials('state = "SUCCEEDED"') if trial.feasible is not False]
    others = [trial for trial in sorted(done, key=_error) if trial.number not in {each.number for each in front}]
    return [_candidate(trial, decided.base) for trial in [*front, *others][:top]]


def baseline_of(study: assay.Study, decided: Decided) -> Candidate:
    """The configuration of all defaults, whether it came to its end or not."""
    for trial in study.list_trials():
        if trial.origin == "BASELINE":
            is_done = trial.state is assay.TrialState.SUCCEEDED
            return _candidate(trial, decided.base, is_baseline=True, is_done=is_done)
    config = config_from_flat(baseline(decided.space), decided.base)
    return Candidate(number=0, config=config, selected=None, is_baseline=True)


def search_of(study: assay.Study) -> Search:
    """What the warnings of a model card need to know."""
    trials = list(study.list_trials())
    return Search(
        num_trials=sum(bool(trial.metrics) for trial in trials),
        num_deviating=sum(bool(trial.incomparable) for trial in trials),
        constraints=tuple(
            (each.metric, "<=" if each.at_most else ">=", each.bound) for each in study.spec.outcome_constraints
        ),
    )


def front_rows(study: assay.Study) -> Iterator[Sequence[str]]:
    """The front as the card shows it."""
    wanted = [objective.metric for objective in study.spec.objectives]
    shown = [*wanted, *(name for name in (CHOSEN_BY, "latency_ms", "params") if name not in wanted)]
    yield ("trial", *shown, "model")
    for trial in study.front():
        yield (
            str(trial.number),
            *(number(trial.metrics.get(name)) for name in shown),
            str(trial.params["model.family"]),
        )


def _candidate(trial: TrialRecord, base: TrainConfig, *, is_baseline: bool = False, is_done: bool = True) -> Candidate:
    return Candidate(
        number=trial.number,
        config=config_from_flat(trial.params, base),
        selected=trial.metrics.get(CHOSEN_BY) if is_done else None,
        is_baseline=is_baseline or trial.origin == "BASELINE",
    )


def _error(trial: TrialRecord) -> float:
    return trial.metrics.get(CHOSEN_BY, float("inf"))
