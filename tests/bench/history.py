"""Latency and memory with 10,000 stored trials against 100.

Two servers, each on a file of its own: one whose study was filled with 10,000 trials, one with a young study. They
take turns, so that both see the same machine. Once for random draws at full fidelity, once for asynchronous halving
with two objectives, where each report is ranked among the results of its rung.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from assay.v1 import study_pb2
from tests.bench import fleet, studies
from tests.bench.calling import create_study
from tests.bench.methods import REPORT, SUGGEST
from tests.bench.plan import Found, Plan
from tests.bench.processes import Running, assay
from tests.bench.report import Bar, Report, Table, spread

FEW, MANY = 100, 10_000
CLIENTS = 4
"""So few that latency is the server's own and no queue's."""
TURN_TRIALS = 60
PROMISED_RATIO = 1.5
PROMISED_MB = 200.0
FLAT = 1.1
"""Memory is flat when it grows by no more than a tenth while the study doubles, from 5,000 to 10,000 trials; before
that, caches of a fixed size fill."""
HALF = 2
"""Position of half of the trials among the marks."""
KINDS: dict[str, Callable[[], study_pb2.StudySpec]] = {
    "random": studies.random_full,
    "halving": studies.random_halving,
}


def measure(*, quick: bool) -> Report:
    """Fill, take turns, compare."""
    report = Report(scenario="history", is_quick=quick)
    latencies = Table(
        title="latency, ms: pooled over the turns; spread of the ratio turn by turn",
        columns=("study", "call", "p50 few", "p50 many", "p95 few", "p95 many", "p95 ratio", "spread"),
    )
    memory = Table(
        title="resident memory of the front, MB, by stored trials",
        columns=("study", *(str(n) for n in _marks(quick)), "seconds to fill"),
    )
    report.tables += [latencies, memory]
    for kind, spec in KINDS.items():
        _one_kind(kind, spec(), report, latencies, memory, quick=quick)
    if quick:
        report.notes.append("quick: `many` is a tenth of what is promised")
    return report


def _marks(quick: bool) -> list[int]:
    """Sizes at which memory is read."""
    return [mark // (10 if quick else 1) for mark in (FEW * 10, 2_500, 5_000, 7_500, MANY)]


def _one_kind(
    kind: str, spec: study_pb2.StudySpec, report: Report, latencies: Table, memory: Table, *, quick: bool
) -> None:
    with ExitStack() as stack:
        old, young = (
            stack.enter_context(assay(Path(stack.enter_context(tempfile.TemporaryDirectory())))) for _ in range(2)
        )
        study = create_study(old.target, f"old-{kind}", spec)
        sizes, seconds = _fill(old, study, _marks(quick))
        memory.rows.append((kind, *sizes, seconds))
        few, many = [], []
        for i in range(2 if quick else 6):
            fresh = create_study(young.target, f"young-{kind}-{i}", spec)
            _work(young, fresh, FEW, "fill")
            few.append(_work(young, fresh, TURN_TRIALS, "few"))
            many.append(_work(old, study, TURN_TRIALS, f"many-{i}"))
        ended = old.rss_mb()
    _compare(kind, few, many, report, latencies)
    last = max(*sizes, ended)
    report.bars += [
        Bar(what=f"{kind}: memory of the front, MB", measured=last, comparison="<=", promised=PROMISED_MB),
        Bar(
            what=f"{kind}: memory at the end over that at half of the trials",
            measured=last / sizes[HALF],
            comparison="<=",
            promised=FLAT,
        ),
    ]


def _fill(server: Running, study: str, marks: list[int]) -> tuple[list[float], float]:
    """Resident memory at each mark, and how long it took to get there in all."""
    sizes, done, seconds = [], 0, 0.0
    for mark in marks:
        found = _work(server, study, mark - done, f"fill-{mark}", clients=32)
        sizes.append(server.rss_mb())
        done, seconds = mark, seconds + found.window_s
    return sizes, seconds


def _work(server: Running, study: str, trials: int, worker: str, *, clients: int = CLIENTS) -> Found:
    found = fleet.run(Plan(target=server.target, study=study, clients=clients, worker=worker, trials=trials))
    if found.errors:
        raise RuntimeError(f"calls were refused: {found.errors}, as {found.example}")
    return found


def _compare(kind: str, few: list[Found], many: list[Found], report: Report, table: Table) -> None:
    small, large = Found(), Found()
    for one, other in zip(few, many, strict=True):
        small.join(one)
        large.join(other)
    for call, path in (("suggest", SUGGEST), ("report", REPORT)):
        ratio = large.ms(path, 95) / small.ms(path, 95)
        ratios = [b.ms(path, 95) / a.ms(path, 95) for a, b in zip(few, many, strict=True)]
        fifty = small.ms(path, 50), large.ms(path, 50)
        table.rows.append((kind, call, *fifty, small.ms(path, 95), large.ms(path, 95), ratio, spread(ratios)))
        what = f"{kind}: p95 of {call} with many trials over that with few"
        report.bars.append(Bar(what=what, measured=ratio, comparison="<=", promised=PROMISED_RATIO))
