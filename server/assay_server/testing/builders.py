"""Builders with defaults: a test names only what it is about. Use `dataclasses.replace` for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from assay_server.domain.budget import Budget
from assay_server.domain.candidate import Candidate
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.lease import Lease
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.names import DEFAULT_PROJECT, StudyName
from assay_server.domain.objective import Objective, OutcomeConstraint, Score
from assay_server.domain.rung import RungResult
from assay_server.domain.space import Configuration, Double, Parameter, SearchSpace
from assay_server.domain.strategy import Phase, Random, Strategy, resolve
from assay_server.domain.study import Study, StudySpec, StudyState, Tally
from assay_server.domain.trial import Attempt, Generation, Trial, TrialOrigin, TrialState
from assay_server.testing.clock import START

A_SPACE = SearchSpace(parameters=(Parameter(name="lr", kind=Double(min=0.0, max=1.0)),))
AN_OBJECTIVE = Objective(metric="loss", minimize=True)
NO_LIMIT = Budget()
NOTHING_YET = Tally()
RANDOM = Strategy(phases=(Phase(generator=Random()),))


def a_spec(
    *,
    space: SearchSpace = A_SPACE,
    objectives: tuple[Objective, ...] = (AN_OBJECTIVE,),
    constraints: tuple[OutcomeConstraint, ...] = (),
    tracked_metrics: tuple[str, ...] = (),
    fidelity: Fidelity | None = None,
    budget: Budget = NO_LIMIT,
    strategy: Strategy = RANDOM,
    labels: Mapping[str, str] | None = None,
    seed: int | None = 0,
) -> StudySpec:
    """One double parameter `lr` in [0, 1], minimise `loss`, random search, no fidelity, no limit."""
    return StudySpec(
        space=space,
        objectives=objectives,
        constraints=constraints,
        tracked_metrics=tracked_metrics,
        fidelity=fidelity,
        budget=budget,
        strategy=strategy,
        labels=labels or {},
        seed=seed,
    )


def a_study(
    study_id: str = "digits",
    *,
    project: str = DEFAULT_PROJECT,
    uid: str | None = None,
    spec: StudySpec | None = None,
    state: StudyState = StudyState.ACTIVE,
    seed: int = 0,
    created_at: datetime = START,
    tally: Tally = NOTHING_YET,
) -> Study:
    """An active study without trials; its uid is made of its name."""
    spec = spec or a_spec()
    strategy, rationale = resolve(spec.strategy, spec.space, spec.fidelity)
    return Study(
        uid=uid or f"uid-of-{project}-{study_id}",
        name=StudyName(project, study_id),
        spec=spec,
        state=state,
        strategy=strategy,
        strategy_rationale=rationale,
        seed=seed,
        comparability=spec.comparability,
        created_at=created_at,
        updated_at=created_at,
        tally=tally,
    )


def a_trial(
    number: int = 1,
    *,
    study: Study | str = "uid-of-default-digits",
    params: Configuration | None = None,
    state: TrialState = TrialState.QUEUED,
    origin: TrialOrigin = TrialOrigin.GENERATED,
    loss: float | None = None,
    step: int = 0,
    worker: str | None = None,
    expires_at: datetime = START + timedelta(seconds=60),
    priority: int = 0,
    labels: Mapping[str, str] | None = None,
    incomparable: tuple[str, ...] = (),
    created_at: datetime = START,
    revision: int = 0,
) -> Trial:
    """A queued trial; with a *loss* it has a measurement of it, with a *worker* a lease."""
    uid = study if isinstance(study, str) else study.uid
    return Trial(
        study_uid=uid,
        number=number,
        uid=f"{uid}-{number}",
        state=state,
        configuration={"lr": 0.5} if params is None else params,
        origin=origin,
        seed=number,
        created_at=created_at,
        updated_at=created_at,
        generation=a_generation() if origin is TrialOrigin.GENERATED else None,
        labels=labels or {},
        priority=priority,
        lease=None if worker is None else a_lease(worker, expires_at=expires_at),
        num_attempts=0 if worker is None else 1,
        latest=None if loss is None else a_measurement(step, loss=loss),
        last_step=None if loss is None else step,
        incomparable=incomparable,
        started_at=None if worker is None else created_at,
        revision=revision,
    )


def a_generation(generator: str = "random", *, phase: int = 0, num_results_seen: int = 0) -> Generation:
    """How a configuration was generated."""
    return Generation(generator=generator, phase=phase, num_results_seen=num_results_seen)


def a_lease(
    worker: str = "gpu-0",
    *,
    token: str = "token",  # noqa: S107 - not a secret
    attempt: int = 1,
    ttl_s: float = 60.0,
    expires_at: datetime = START + timedelta(seconds=60),
) -> Lease:
    """A lease from the start of time, for a minute."""
    return Lease(worker=worker, token=token, attempt=attempt, ttl_s=ttl_s, expires_at=expires_at)


def an_attempt(number: int = 1, *, worker: str = "gpu-0", start_step: int = 0) -> Attempt:
    """An attempt that has not ended."""
    return Attempt(number=number, worker=worker, started_at=START, start_step=start_step)


def a_measurement(
    step: int = 1,
    *,
    loss: float = 0.0,
    metrics: Mapping[str, float] | None = None,
    sem: float | None = None,
    created_at: datetime | None = START,
) -> Measurement:
    """`loss` at a step, or *metrics* instead."""
    values = {"loss": loss} if metrics is None else metrics
    return Measurement(
        step=step,
        metrics={name: MetricValue(value=value, sem=sem) for name, value in values.items()},
        created_at=created_at,
    )


def a_candidate(params: Configuration | None = None, *, num_results_seen: int = 0) -> Candidate:
    """A random configuration that is ready."""
    return Candidate(
        configuration={"lr": 0.5} if params is None else params,
        generation=a_generation(num_results_seen=num_results_seen),
    )


def a_rung_result(trial: int = 1, *, step: int = 1, loss: float = 0.0, revision: int = 1) -> RungResult:
    """A trial that waits at a rung, feasible."""
    score = Score(losses=(loss,), violation=0.0)
    return RungResult(trial=trial, step=step, score=score, waiting=True, promoted=False, revision=revision)


def an_event(message: str = "something happened", *, severity: Severity = Severity.INFO) -> StudyEvent:
    """A line of a log, not stored yet."""
    return StudyEvent(severity=severity, kind="SOMETHING", message=message)
