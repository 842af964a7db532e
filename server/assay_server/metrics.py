"""Every metric of the server: name, labels and buckets. docs/metrics.md has a row for each (a test compares)."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""From an act in memory to the longest wait for a suggestion."""
GENERATION_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""From a random draw to a fit at its deadline."""
COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
COMMIT_ACTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
MAX_STUDIES = 200
"""With gauges of their own: the youngest active ones."""
MAX_WORKERS = 1000
"""With a gauge of their own: the most silent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReading:
    """What the gauges say about one study."""

    study: str
    """Full name."""
    trials: Mapping[str, int]
    """Number by state, in lower case."""
    hypervolume: float | None = None
    best_values: Mapping[str, float] = field(default_factory=dict)
    """By objective."""


class Metrics:
    """The server's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        r = self.registry
        self.calls = Counter("assay_calls", "Finished calls.", ["method", "code"], registry=r)
        self.call_seconds = Histogram(
            "assay_call_seconds", "Time to answer a call.", ["method"], buckets=CALL_SECONDS, registry=r
        )
        self.calls_in_flight = Gauge("assay_calls_in_flight", "Calls being answered.", ["kind"], registry=r)
        self.refused = Counter("assay_refusals", "Refused calls.", ["reason"], registry=r)
        self.commit_acts = Histogram(
            "assay_commit_acts", "Acts made durable by one commit.", buckets=COMMIT_ACTS, registry=r
        )
        self.commit_seconds = Histogram(
            "assay_commit_seconds", "Time to make a batch of acts durable.", buckets=COMMIT_SECONDS, registry=r
        )
        self.leases_expired = Counter("assay_leases_expired", "Leases whose worker fell silent.", registry=r)
        self.generations = Histogram(
            "assay_generation_seconds",
            "Time to generate candidates once.",
            ["generator"],
            buckets=GENERATION_SECONDS,
            registry=r,
        )
        self.generated = Counter("assay_candidates_generated", "Candidates generated.", ["generator"], registry=r)
        self.fallbacks = Counter(
            "assay_generation_fallbacks",
            "Generations that another generator had to answer.",
            ["from_generator", "to_generator", "why"],
            registry=r,
        )
        self.analyses = Histogram(
            "assay_analysis_seconds",
            "Time to answer a question by a model.",
            ["outcome"],
            buckets=GENERATION_SECONDS,
            registry=r,
        )
        self.processes_lost = Counter(
            "assay_policy_processes_lost", "Policy processes that ended before their time.", ["why"], registry=r
        )
        self.trials = Gauge("assay_trials", "Trials of a study.", ["study", "state"], registry=r)
        self.candidates = Gauge("assay_candidates", "Candidates that wait in a study's buffer.", ["study"], registry=r)
        self.candidate_age = Gauge(
            "assay_candidate_age_seconds", "Age of the oldest waiting candidate of a study.", ["study"], registry=r
        )
        self.hypervolume = Gauge(
            "assay_hypervolume", "Volume dominated by the front of a study.", ["study"], registry=r
        )
        self.best_value = Gauge(
            "assay_best_value", "Best feasible value of an objective.", ["study", "metric"], registry=r
        )
        self.studies = Gauge("assay_studies_active", "Studies that hand out trials.", registry=r)
        self.workers = Gauge("assay_workers_active", "Workers that hold a trial.", registry=r)
        self.worker_silence = Gauge(
            "assay_worker_silence_seconds", "Time since a worker's last report or heartbeat.", ["worker"], registry=r
        )
        self.up = Gauge("assay_up", "1 while the server takes calls, 0 while it drains.", registry=r)
        build = Gauge("assay_build_info", "1, with the versions in labels.", ["version", "python"], registry=r)
        build.labels(version=_version(), python=platform.python_version()).set(1)

    def show_studies(self, readings: Iterable[StudyReading]) -> None:
        """Set the gauges of these studies and drop those of all others."""
        for gauge in (self.trials, self.hypervolume, self.best_value):
            gauge.clear()
        for reading in readings:
            for state, count in reading.trials.items():
                self.trials.labels(study=reading.study, state=state).set(count)
            if reading.hypervolume is not None:
                self.hypervolume.labels(study=reading.study).set(reading.hypervolume)
            for metric, value in reading.best_values.items():
                self.best_value.labels(study=reading.study, metric=metric).set(value)

    def show_workers(self, silence_s: Mapping[str, float]) -> None:
        """Set the gauges of workers that hold trials and drop those of all others."""
        self.workers.set(len(silence_s))
        self.worker_silence.clear()
        for worker in sorted(silence_s, key=lambda w: -silence_s[w])[:MAX_WORKERS]:
            self.worker_silence.labels(worker=worker).set(silence_s[worker])

    def is_up(self) -> bool:
        """Whether the server takes calls."""
        return self.registry.get_sample_value("assay_up") == 1.0

    # -- what the policy host and the refiller tell (policy.metrics.PolicyMetrics) ------------------------
    def generation(self, generator: str, seconds: float, count: int) -> None:
        """*generator* proposed *count* configurations in *seconds*."""
        self.generations.labels(generator=generator).observe(seconds)
        self.generated.labels(generator=generator).inc(count)

    def fallback(self, generator: str, answered_by: str, why: str) -> None:
        """*generator* could not answer, *answered_by* did."""
        self.fallbacks.labels(from_generator=generator, to_generator=answered_by, why=why).inc()

    def process_lost(self, why: str) -> None:
        """A policy process ended before its time."""
        self.processes_lost.labels(why=why).inc()

    def analysis(self, outcome: str, seconds: float) -> None:
        """A question to a model was answered, or could not be."""
        self.analyses.labels(outcome=outcome).observe(seconds)

    def buffer(self, study: str, depth: int, age_s: float) -> None:
        """The study's buffer holds *depth* candidates, the oldest generated *age_s* ago."""
        self.candidates.labels(study=study).set(depth)
        self.candidate_age.labels(study=study).set(age_s)

    def forget(self, study: str) -> None:
        """The study is over: its buffer is not shown any more."""
        for gauge in (self.candidates, self.candidate_age):
            with suppress(KeyError):
                gauge.remove(study)

    # -- what the store tells -----------------------------------------------------------------------------
    def commit(self, num_acts: int, seconds: float) -> None:
        """A batch of acts was made durable."""
        self.commit_acts.observe(num_acts)
        self.commit_seconds.observe(seconds)


def _version() -> str:
    try:
        return version("assay")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"
