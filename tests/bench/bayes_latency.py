"""Latency while models are fitted: 8 clients that each train for a second, under the strategy the server chooses.

The study has two objectives and an outcome constraint on five mixed parameters; results come from a formula at once,
so the clock of a trial is the second that its client waits. Measured from the first candidate that a model made.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from tests.bench import fleet, studies
from tests.bench.calling import create_study
from tests.bench.methods import COMPLETE, REPORT, SUGGEST
from tests.bench.plan import Found, Plan
from tests.bench.processes import Running, assay
from tests.bench.report import Bar, Report, Table

CLIENTS = 8
TRAIN_S = 1.0
MODEL = "bayesian"
WARM_UP_SLICE_S = 10.0
MEASURED_S, QUICK_S = 90.0, 20.0
MOST_WARM_UP_S = 60.0
"""If no model has answered by then, it is measured without: the table of generators tells."""


def measure(*, quick: bool) -> Report:
    """Warm up until a model answers, then measure in one go: a pause between would let the buffer fill."""
    report = Report(scenario="bayes_latency", is_quick=quick)
    with tempfile.TemporaryDirectory() as folder, assay(Path(folder)) as server:
        study = create_study(server.target, "bayes", studies.plain())
        warm_up_s = _warm_up(server, study)
        before = server.counters("assay_generation_")
        found = _run(server, study, QUICK_S if quick else MEASURED_S)
        after = server.counters("assay_generation_")
    report.notes.append(f"{warm_up_s:.0f} s until a model answered; {found.trials} trials measured")
    report.tables += [_latencies(found), _generations(found, before, after)]
    report.notes += [f"errors: {found.errors}, as {found.example}"] * bool(found.errors)
    report.bars += _bars(found)
    return report


def _warm_up(server: Running, study: str) -> float:
    waited = 0.0
    while waited < MOST_WARM_UP_S:
        found = _run(server, study, WARM_UP_SLICE_S)
        waited += WARM_UP_SLICE_S
        if found.generators.get(MODEL):
            break
    return waited


def _run(server: Running, study: str, seconds: float) -> Found:
    return fleet.run(
        Plan(target=server.target, study=study, clients=CLIENTS, worker="w", seconds=seconds, think_s=TRAIN_S)
    )


def _latencies(found: Found) -> Table:
    table = Table(title="latency, ms", columns=("call", "calls", "p50", "p90", "p99", "max"))
    for name, path in (("suggest", SUGGEST), ("report", REPORT), ("complete", COMPLETE)):
        row = (found.ms(path, p) for p in (50, 90, 99, 100))
        table.rows.append((name, len(found.latencies_ms.get(path, [])), *row))
    return table


def _generations(total: Found, before: dict[str, float], after: dict[str, float]) -> Table:
    """What handed out the trials, and what was generated meanwhile."""
    table = Table(title="generators", columns=("generator", "trials handed out", "generations", "seconds in them"))
    runs: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    for name, value in after.items():
        metric, _, labels = name.partition("{")
        generator = labels.removeprefix('generator="').removesuffix('"}')
        if metric == "assay_generation_seconds_count":
            runs[generator] += round(value - before.get(name, 0.0))
        elif metric == "assay_generation_seconds_sum":
            seconds[generator] += value - before.get(name, 0.0)
    for generator in sorted({*runs, *total.generators}):
        table.rows.append((generator, total.generators.get(generator, 0), runs[generator], seconds[generator]))
    return table


def _bars(total: Found) -> list[Bar]:
    handed_out = sum(total.generators.values())
    share = total.generators.get(MODEL, 0) / handed_out if handed_out else 0.0
    return [
        Bar(what="suggest p50, ms", measured=total.ms(SUGGEST, 50), comparison="<=", promised=5),
        Bar(what="suggest p99, ms", measured=total.ms(SUGGEST, 99), comparison="<=", promised=50),
        Bar(what="report p99, ms", measured=total.ms(REPORT, 99), comparison="<=", promised=25),
        # A server that answers by chance, or sends askers away, would be fast too.
        Bar(what="share of trials that a model proposed", measured=share, comparison=">=", promised=0.5),
        Bar(what="askers sent away empty", measured=total.empty, comparison="==", promised=0),
    ]
