"""Calls per second of ask, three reports, complete against a bare echo of the same messages.

Both servers stay up, each in one process, and take turns (A B A B) under the same load generator in the same run,
so that what else the machine does falls on both. Every turn of ours has a study of its own: how the service bears a
long history is another scenario.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import fleet, studies
from tests.bench.calling import create_study, record
from tests.bench.methods import LOAD
from tests.bench.plan import Found, Plan
from tests.bench.processes import Running, assay, echo
from tests.bench.report import Bar, Report, Table, median, spread

CLIENTS = (1, 8, 32, 128)
JUDGED_CLIENTS = 32
PROMISED_RATIO = 0.3
ECHOED_STUDY = "projects/default/studies/recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One server's turn with so many clients."""

    found: Found
    cpu_s: float
    """Of the server's process, over all calls of the turn, the unmeasured ones too."""
    acts: float = 0.0
    commits: float = 0.0

    @property
    def cpu_us_per_call(self) -> float:
        return self.cpu_s / max(1, self.found.calls) * 1e6


@dataclass(slots=True, kw_only=True)
class Turns:
    """All turns with so many clients; the same position is the same round."""

    ours: list[Turn] = field(default_factory=list)
    bare: list[Turn] = field(default_factory=list)
    typed: list[Turn] = field(default_factory=list)

    def ratios(self, floor: list[Turn]) -> list[float]:
        """Ours over the floor's calls per second, round by round."""
        pairs = zip(self.ours, floor, strict=True)
        return [ours.found.calls_per_s / below.found.calls_per_s for ours, below in pairs]


def measure(*, quick: bool) -> Report:
    """Take turns and compare."""
    seconds, rounds = (2.0, 1) if quick else (5.0, 4)
    report = Report(scenario="throughput", is_quick=quick)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(assay(folder))
        record(ours.target, folder / "answers.json")
        bare = stack.enter_context(echo(folder / "answers.json", is_typed=False))
        typed = stack.enter_context(echo(folder / "answers.json", is_typed=True))
        measured = {}
        for clients in CLIENTS:
            turns = measured[clients] = Turns()
            for i in range(rounds):
                study = create_study(ours.target, f"turn-{clients}-{i}", studies.random_full())
                turns.ours.append(_turn(ours, study, clients, seconds))
                turns.bare.append(_turn(bare, ECHOED_STUDY, clients, seconds))
                turns.typed.append(_turn(typed, ECHOED_STUDY, clients, seconds))
    _tell(report, measured)
    return report


def _turn(server: Running, study: str, clients: int, seconds: float) -> Turn:
    cpu_s, before = server.cpu_s(), server.counters("assay_commit_acts_")
    found = fleet.run(
        Plan(target=server.target, study=study, clients=clients, worker="w", seconds=seconds, warm_up_s=1.0)
    )
    after = server.counters("assay_commit_acts_")
    return Turn(
        found=found,
        # The window is a part of the turn; the server works at one pace throughout.
        cpu_s=(server.cpu_s() - cpu_s) * seconds / (seconds + 1.0),
        acts=_grown(before, after, "assay_commit_acts_sum"),
        commits=_grown(before, after, "assay_commit_acts_count"),
    )


def _grown(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0.0) - before.get(name, 0.0)


def _tell(report: Report, measured: dict[int, Turns]) -> None:
    report.tables += [_rates(measured), _latencies(measured)]
    judged = measured[JUDGED_CLIENTS]
    ratio = median(judged.ratios(judged.bare))
    report.bars.append(
        Bar(
            what=f"calls/s over a bare echo's, {JUDGED_CLIENTS} clients",
            measured=ratio,
            comparison=">=",
            promised=PROMISED_RATIO,
        )
    )
    bad = [turn.found for turns in measured.values() for turn in turns.ours if turn.found.errors]
    report.bars.append(Bar(what="turns with errors", measured=len(bad), comparison="==", promised=0))
    report.notes += [f"errors: {found.errors}, as {found.example}" for found in bad]


def _rates(measured: dict[int, Turns]) -> Table:
    table = Table(
        title="calls/s: medians of the turns; ratios round by round",
        columns=("clients", "assay", "echo", "typed echo", "ratio", "spread", "to typed", "cpu ratio", "acts/commit"),
    )
    for clients, turns in measured.items():
        ratios = turns.ratios(turns.bare)
        acts, commits = sum(t.acts for t in turns.ours), sum(t.commits for t in turns.ours)
        cpu = median([t.cpu_us_per_call for t in turns.ours]) / median([t.cpu_us_per_call for t in turns.bare])
        table.rows.append(
            (
                clients,
                *(round(median([t.found.calls_per_s for t in side])) for side in (turns.ours, turns.bare, turns.typed)),
                median(ratios),
                spread(ratios),
                median(turns.ratios(turns.typed)),
                cpu,
                acts / commits if commits else None,
            )
        )
    return table


def _latencies(measured: dict[int, Turns]) -> Table:
    names = [path.rsplit("/", 1)[-1] for path in LOAD]
    table = Table(
        title="latency of assay, ms",
        columns=("clients", *(f"{name} {p}" for name in names for p in ("p50", "p99")), "empty answers"),
    )
    for clients, turns in measured.items():
        total = Found()
        for turn in turns.ours:
            total.join(turn.found)
        table.rows.append((clients, *(total.ms(path, p) for path in LOAD for p in (50, 99)), total.empty))
    return table
