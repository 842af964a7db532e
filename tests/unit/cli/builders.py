"""Studies and trials as the client tells of them, with defaults for what a test does not care about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import assay
from assay import Front, HypervolumeHistory, HypervolumePoint, Measurement, Progress, StudyRecord, TrialRecord
from assay.cli.figures import Story
from assay.records import BestValue, Rung, TrialState, WorkerStatus

V = TypeVar("V")
BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)


def a_study(
    name: str = "digits", *, state: assay.StudyState = assay.StudyState.ACTIVE, end_reason: str = ""
) -> StudyRecord:
    """Two objectives, a constraint, rungs at 1, 3 and 9 epochs."""
    spec = assay.study_spec(
        space={"lr": assay.double(1e-4, 1e-1, log=True), "act": assay.choice("relu", "gelu")},
        objectives=[assay.minimize("val_error"), assay.minimize("latency_ms")],
        constraints=["params <= 10_000"],
        fidelity=assay.Fidelity("epoch", min=1, max=9, eta=3),
        budget=assay.Budget(trials=4),
    )
    return StudyRecord(
        name=f"projects/default/studies/{name}",
        uid="u",
        spec=spec,
        state=state,
        end_reason=end_reason,
        counts={TrialState.RUNNING: 1, TrialState.SUCCEEDED: 3} if not end_reason else {TrialState.SUCCEEDED: 4},
        cost_spent=12.5,
        seed=7,
        rungs=(1, 3, 9),
        comparability=assay.Comparability(),
        strategy=spec.strategy,
        strategy_rationale="as the user asked",
        etag="1",
        create_time=BEGAN,
        update_time=BEGAN,
        end_time=BEGAN + timedelta(seconds=90) if end_reason else None,
    )


def a_trial(
    number: int = 1,
    *,
    metrics: Mapping[str, float] | None = None,
    steps: int = 9,
    state: TrialState = TrialState.SUCCEEDED,
    feasible: bool | None = True,
    origin: str = "GENERATED",
    act: str = "relu",
) -> TrialRecord:
    """A trial that was measured after every step."""
    last = {"val_error": 0.1, "latency_ms": 1.0, "params": 9000.0} if metrics is None else dict(metrics)
    curve = [
        Measurement(step=step, metrics={name: value * (1 + steps - step) for name, value in last.items()}, cost=0.5)
        for step in range(1, steps + 1)
    ]
    return TrialRecord(
        name=f"projects/default/studies/digits/trials/{number}",
        uid=f"t{number}",
        number=number,
        state=state,
        params={"lr": 0.01, "act": act},
        metrics=last,
        sem={},
        steps=steps,
        until_step=None,
        feasible=feasible,
        cost=0.5 * steps,
        origin=origin,
        generator="sobol",
        fallback_from=(),
        seed=1,
        worker="",
        attempt=1,
        checkpoint=None,
        checkpoint_step=None,
        measurements=tuple(curve) if last else (),
        attempts=(),
        test_metrics={},
        incomparable=(),
        labels={},
        priority=0,
        bracket=None,
        parent="",
        create_time=BEGAN,
        start_time=BEGAN,
        update_time=BEGAN,
        end_time=BEGAN,
    )


def a_front(trials: Sequence[TrialRecord], study: StudyRecord | None = None) -> Front:
    """These trials as the front of the study."""
    return Front(
        trials=tuple(trials),
        objectives=(study or a_study()).spec.objectives,
        hypervolume=0.5,
        reference_point={"val_error": 1.0, "latency_ms": 5.0},
        inferred=frozenset(),
    )


def a_progress(study: StudyRecord | None = None) -> Progress:
    """Three of four trials are done, the baseline among them."""
    return Progress(
        study=study or a_study(),
        best_values=(
            BestValue(metric="val_error", value=0.05, trial=2, baseline=0.1),
            BestValue(metric="latency_ms", value=0.5, trial=3, baseline=None),
        ),
        rungs=(
            Rung(step=1, reached=3, paused=1, promoted=2),
            Rung(step=3, reached=2, paused=1, promoted=1),
            Rung(step=9, reached=1, paused=0, promoted=0),
        ),
        workers=(WorkerStatus(worker="worker-0", trial=4, silence_s=1.5),),
        hypervolume=0.5,
        front_size=2,
        time_left_s=75.0,
        buffer_depth=3,
    )


def a_story(study: StudyRecord | None = None) -> Story:
    """A finished study with a baseline, a front of two and a trial that breaks the constraint."""
    study = study or a_study(state=assay.StudyState.COMPLETED, end_reason="MAX_TRIALS")
    trials = [
        a_trial(1, origin="BASELINE"),
        a_trial(2, metrics={"val_error": 0.05, "latency_ms": 0.9, "params": 9500.0}),
        a_trial(3, metrics={"val_error": 0.2, "latency_ms": 0.5, "params": 500.0}),
        a_trial(4, metrics={"val_error": 0.3, "latency_ms": 2.0, "params": 99_000.0}, steps=1, feasible=False),
    ]
    points = [
        HypervolumePoint(trial=1, time=BEGAN + timedelta(seconds=10), hypervolume=0.2, cost=4.5),
        HypervolumePoint(trial=2, time=BEGAN + timedelta(seconds=20), hypervolume=0.5, cost=9.0),
    ]
    return Story(
        study=study,
        trials=trials,
        front=a_front(trials[1:3], study),
        history=HypervolumeHistory(points=tuple(points), reference_point={"val_error": 1.0, "latency_ms": 5.0}),
    )


def renamed(trial: TrialRecord, old: str, new: str) -> TrialRecord:
    """The trial with a metric or parameter under another name."""

    def swap(values: Mapping[str, V]) -> dict[str, V]:
        return {new if name == old else name: value for name, value in values.items()}

    return replace(
        trial,
        metrics=swap(trial.metrics),
        params=swap(trial.params),
        measurements=tuple(replace(m, metrics=swap(m.metrics)) for m in trial.measurements),
    )
