"""Arbitrary domain values for Hypothesis: zeros, empty and unset on purpose, valid as to types, not as to rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from assay_server.domain.budget import Budget, Convergence, Target
from assay_server.domain.candidate import Candidate
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.fidelity import CostModel, Fidelity
from assay_server.domain.lease import Lease
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.names import StudyName
from assay_server.domain.objective import Objective, OutcomeConstraint, Score
from assay_server.domain.provenance import ComparabilityKey, Provenance
from assay_server.domain.rung import Curve, RungResult
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Condition,
    Derived,
    Double,
    Fixed,
    Integer,
    LinearTerm,
    NormalPrior,
    Parameter,
    ParameterConstraint,
    SearchSpace,
)
from assay_server.domain.strategy import (
    AsynchronousHalving,
    Bayesian,
    Evolutionary,
    Freshness,
    FullFidelity,
    Grid,
    HalvingForm,
    Hyperband,
    Percentile,
    Phase,
    PopulationBased,
    Random,
    Sobol,
    Strategy,
    SuccessiveHalving,
)
from assay_server.domain.study import Study, StudyEndReason, StudySpec, StudyState, Tally
from assay_server.domain.transfer import TransferSource
from assay_server.domain.trial import (
    Attempt,
    Checkpoint,
    FailureKind,
    Generation,
    Lineage,
    Trial,
    TrialOrigin,
    TrialState,
)

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

booleans = st.booleans()
counts = st.sampled_from([0, 1, 2**53]) | st.integers(0, 2**62)
whole = st.sampled_from([0, 1, -1]) | st.integers(-(2**53), 2**53)
finite = st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1.7976931348623157e308]) | st.floats(
    allow_nan=False, allow_infinity=False
)
texts = st.sampled_from(["", " ", "0", "é\u2028", '"\\', "\x00"]) | st.text(st.characters(codec="utf-8"), max_size=8)
values = booleans | whole | finite | texts
times = st.integers(0, 7_258_118_400_000_000).map(lambda micros: EPOCH + timedelta(microseconds=micros))
"""Until the year 2200."""
names = texts

configurations = st.dictionaries(names, values, max_size=4)
labels = st.dictionaries(texts, texts, max_size=3)


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """Unset, or one of *strategy*."""
    return st.none() | strategy


def several(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """None, one, two or three, as a tuple."""
    return st.lists(strategy, max_size=3).map(tuple)


# -- spaces --------------------------------------------------------------------------------------------------
priors = st.builds(NormalPrior, mean=finite, standard_deviation=finite)
terms = several(st.builds(LinearTerm, name=names, weight=finite))
kinds = st.one_of(
    st.builds(
        Double, min=finite, max=finite, log=booleans, step=maybe(finite), default=maybe(finite), prior=maybe(priors)
    ),
    st.builds(
        Integer, min=whole, max=whole, log=booleans, step=maybe(whole), default=maybe(whole), prior=maybe(priors)
    ),
    st.builds(
        Categorical, values=several(values), ordered=booleans, default=maybe(values), prior_weights=several(finite)
    ),
    st.builds(Boolean, default=maybe(booleans)),
    st.builds(Fixed, value=values),
    st.builds(Derived, terms=terms, constant=finite, integer=booleans),
)
conditions = st.builds(Condition, parameter=names, values=several(values))
parameters = st.builds(Parameter, name=names, kind=kinds, conditions=several(conditions))
spaces = st.builds(
    SearchSpace,
    parameters=several(parameters),
    constraints=several(st.builds(ParameterConstraint, terms=terms, at_most=booleans, bound=finite)),
)

# -- strategies ----------------------------------------------------------------------------------------------
generators = st.one_of(
    st.builds(Grid, resolution=maybe(counts)),
    st.just(Random()),
    st.just(Sobol()),
    st.builds(Bayesian, batch_size=maybe(counts)),
    st.builds(Evolutionary, population_size=maybe(counts), regularised=booleans),
    st.builds(PopulationBased, population_size=counts, ready_interval=counts, bandit=booleans),
)
schedulers = st.one_of(
    st.just(FullFidelity()),
    st.builds(SuccessiveHalving, bracket_size=counts),
    st.builds(Hyperband, asynchronous=booleans),
    st.builds(AsynchronousHalving, form=st.sampled_from(HalvingForm), progressive=booleans),
    st.builds(Percentile, percentile=finite, min_trials=counts),
)
phases = st.builds(
    Phase,
    generator=generators,
    max_trials=maybe(counts),
    min_feasible=maybe(counts),
    min_model_quality=maybe(finite),
)
strategies = st.builds(
    Strategy,
    phases=several(phases),
    scheduler=maybe(schedulers),
    freshness=st.sampled_from(Freshness),
    max_staleness=maybe(counts),
)

# -- studies -------------------------------------------------------------------------------------------------
comparability_keys = st.builds(
    ComparabilityKey, dataset_fingerprint=texts, code_version=texts, evaluation_protocol=texts
)
fidelities = st.builds(
    Fidelity,
    name=names,
    min=counts,
    max=counts,
    eta=maybe(finite),
    rungs=several(counts),
    cost_model=maybe(st.builds(CostModel, startup_cost=finite, cost_per_step=finite)),
)
budgets = st.builds(
    Budget,
    max_trials=maybe(counts),
    max_cost=maybe(finite),
    max_duration_s=maybe(finite),
    parallelism=maybe(counts),
    targets=several(st.builds(Target, metric=names, value=finite)),
    convergence=maybe(st.builds(Convergence, window_trials=counts, min_relative_improvement=maybe(finite))),
)
specs = st.builds(
    StudySpec,
    space=spaces,
    objectives=several(st.builds(Objective, metric=names, minimize=booleans, threshold=maybe(finite))),
    constraints=several(
        st.builds(OutcomeConstraint, metric=names, at_most=booleans, bound=finite, soft_weight=maybe(finite))
    ),
    description=texts,
    labels=labels,
    tracked_metrics=several(names),
    fidelity=maybe(fidelities),
    budget=budgets,
    strategy=strategies,
    seed=maybe(whole),
    baselines=several(configurations),
    no_default_baseline=booleans,
    max_attempts=maybe(counts),
    lease_ttl_s=maybe(finite),
    comparability=comparability_keys,
    transfer=several(st.builds(TransferSource, study=names, max_trials=maybe(counts))),
)
tallies = st.builds(
    Tally,
    trials=st.dictionaries(st.sampled_from(TrialState), counts),
    num_created=counts,
    num_generated=several(counts),
    num_results=counts,
    num_feasible=counts,
    cost=finite,
    revision=counts,
    exhausted=booleans,
)
studies = st.builds(
    Study,
    uid=texts,
    name=st.builds(StudyName, texts, texts),
    spec=specs,
    state=st.sampled_from(StudyState),
    strategy=strategies,
    strategy_rationale=texts,
    seed=whole,
    comparability=comparability_keys,
    created_at=times,
    updated_at=times,
    ended_at=maybe(times),
    end_reason=maybe(st.sampled_from(StudyEndReason)),
    version=counts,
    tally=tallies,
)

# -- trials --------------------------------------------------------------------------------------------------
metrics = st.dictionaries(names, st.builds(MetricValue, value=finite, sem=maybe(finite)), max_size=3)
measurements = st.builds(
    Measurement, step=counts, metrics=metrics, cost=maybe(finite), elapsed_s=maybe(finite), created_at=maybe(times)
)
generations = st.builds(
    Generation, generator=texts, phase=counts, fallback_from=several(texts), num_results_seen=counts
)
provenances = st.builds(
    Provenance,
    seed=maybe(whole),
    code_version=texts,
    code_dirty=maybe(booleans),
    dataset_fingerprint=texts,
    evaluation_protocol=texts,
    environment=labels,
    hardware=texts,
)
attempts = st.builds(
    Attempt,
    number=counts,
    worker=texts,
    started_at=times,
    start_step=counts,
    ended_at=maybe(times),
    last_step=maybe(counts),
    failure_kind=maybe(st.sampled_from(FailureKind)),
    failure_message=texts,
    provenance=maybe(provenances),
)
trials = st.builds(
    Trial,
    study_uid=texts,
    number=counts,
    uid=texts,
    state=st.sampled_from(TrialState),
    configuration=configurations,
    origin=st.sampled_from(TrialOrigin),
    seed=whole,
    created_at=times,
    updated_at=times,
    generation=maybe(generations),
    lineage=maybe(st.builds(Lineage, parent=counts, parent_step=counts)),
    labels=labels,
    priority=whole,
    bracket=maybe(counts),
    lease=maybe(st.builds(Lease, worker=texts, token=texts, attempt=counts, ttl_s=finite, expires_at=times)),
    num_attempts=counts,
    num_deaths=counts,
    until_step=maybe(counts),
    last_step=maybe(counts),
    checkpoint=maybe(st.builds(Checkpoint, uri=texts, step=maybe(counts), sha256=texts, size_bytes=maybe(counts))),
    latest=maybe(measurements),
    final=maybe(measurements),
    feasible=maybe(booleans),
    cost=finite,
    incomparable=several(texts),
    test_metrics=metrics,
    started_at=maybe(times),
    ended_at=maybe(times),
    revision=counts,
)

# -- the rest ------------------------------------------------------------------------------------------------
losses = finite | st.just(float("inf"))
rung_results = st.builds(
    RungResult,
    trial=counts,
    step=counts,
    score=st.builds(Score, losses=several(losses), violation=losses),
    waiting=booleans,
    promoted=booleans,
    bracket=maybe(counts),
    curve=maybe(st.builds(Curve, mean_losses=several(losses), best_losses=several(losses), least_violation=losses)),
    arrival=counts,
    revision=counts,
)
candidates = st.builds(Candidate, configuration=configurations, generation=generations)
events = st.builds(
    StudyEvent,
    severity=st.sampled_from(Severity),
    kind=texts,
    message=texts,
    trial=maybe(counts),
    at=times,
    sequence=counts,
)
