"""Names and labels of metrics are public: dashboards and alerts are built on them."""

import re
from pathlib import Path

from assay_server.metrics import Metrics, StudyReading

NAMES = {
    "assay_analysis_seconds": ("outcome",),
    "assay_best_value": ("study", "metric"),
    "assay_build_info": ("version", "python"),
    "assay_call_seconds": ("method",),
    "assay_calls": ("method", "code"),
    "assay_calls_in_flight": ("kind",),
    "assay_candidate_age_seconds": ("study",),
    "assay_candidates": ("study",),
    "assay_candidates_generated": ("generator",),
    "assay_commit_acts": (),
    "assay_commit_seconds": (),
    "assay_generation_fallbacks": ("from_generator", "to_generator", "why"),
    "assay_generation_seconds": ("generator",),
    "assay_hypervolume": ("study",),
    "assay_leases_expired": (),
    "assay_policy_processes_lost": ("why",),
    "assay_refusals": ("reason",),
    "assay_studies_active": (),
    "assay_trials": ("study", "state"),
    "assay_up": (),
    "assay_worker_silence_seconds": ("worker",),
    "assay_workers_active": (),
}


def served(metrics: Metrics) -> dict[str, tuple[str, ...]]:
    """Labels by name, as the registry has them."""
    collectors = metrics.registry._collector_to_names
    return {
        family.name: tuple(getattr(collector, "_labelnames", ()))
        for collector in collectors
        for family in collector.describe()  # type: ignore[attr-defined]  # all of ours describe themselves
    }


def test_the_names_are_these() -> None:
    """A change here breaks someone's dashboard: make it on purpose, and say so in the changelog."""
    assert served(Metrics()) == NAMES


def test_every_metric_has_a_row(root: Path) -> None:
    """The page names each metric with its kind and labels, and no other."""
    text = (root / "docs/metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\| ([^|]*) \|", text, flags=re.MULTILINE)
    page = {name: (kind, tuple(re.findall(r"`(\w+)`", labels)), told) for name, kind, labels, told in rows}
    families = {f.name: f for c in Metrics().registry._collector_to_names for f in c.describe()}  # type: ignore[attr-defined]  # as above

    assert page == {name: (families[name].type, labels, families[name].documentation) for name, labels in NAMES.items()}


def test_a_study_that_is_over_is_not_shown() -> None:
    """What is not active any more leaves no gauge behind: cardinality stays bounded."""
    metrics = Metrics()
    reading = StudyReading(study="s", trials={"running": 2}, hypervolume=0.0, best_values={"loss": 0.0})

    metrics.show_studies([reading])
    shown = metrics.registry.get_sample_value("assay_hypervolume", {"study": "s"})
    metrics.show_studies([])

    assert shown == 0.0
    assert metrics.registry.get_sample_value("assay_hypervolume", {"study": "s"}) is None
    assert metrics.registry.get_sample_value("assay_trials", {"study": "s", "state": "running"}) is None


def test_only_the_most_silent_workers_are_shown() -> None:
    """A fleet of thousands does not make thousands of series; all are counted."""
    metrics = Metrics()

    metrics.show_workers({f"w-{i}": float(i) for i in range(1500)})

    assert metrics.registry.get_sample_value("assay_workers_active") == 1500
    assert metrics.registry.get_sample_value("assay_worker_silence_seconds", {"worker": "w-1499"}) == 1499
    assert metrics.registry.get_sample_value("assay_worker_silence_seconds", {"worker": "w-0"}) is None
