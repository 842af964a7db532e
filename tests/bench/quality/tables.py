"""Results as tables: text that is Markdown, too."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.quality.comparison import Spread, mean_ranks, spread_of, verdicts
from tests.bench.quality.problem import Problem
from tests.bench.quality.regret import first_feasible, regret_at
from tests.bench.quality.results import Result

Cells = Sequence[str]
TRIAL_POINTS = (25.0, 50.0, 100.0)
COST_POINTS = (5.0, 10.0, 20.0, 40.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What must be the same for regrets to be compared."""

    problem: str
    num_workers: int
    budget: float

    def __str__(self) -> str:
        return f"{self.problem}, {self.num_workers} worker{'s' * (self.num_workers > 1)}"


Problems = Callable[[str], Problem]


def report(results: Sequence[Result], problems: Problems, *, judged: str) -> str:
    """Everything there is to say of these results; *judged* is compared with each of the others."""
    good = [r for r in results if not r.error]
    parts = [setting_table(s, of, problems(s.problem)) for s, of in by_setting(good).items()]
    parts += [rank_table(good, problems), verdict_table(good, problems, judged)]
    parts += _left_out(results)
    return "\n\n".join(part for part in parts if part) + "\n"


def by_setting(results: Iterable[Result]) -> dict[Setting, list[Result]]:
    """Results that can be compared, in the order in which they are."""
    found: defaultdict[Setting, list[Result]] = defaultdict(list)
    for r in results:
        found[Setting(problem=r.run.problem, num_workers=r.run.num_workers, budget=r.run.budget)].append(r)
    return dict(found)


def marks(problem: Problem, budget: float) -> list[float]:
    """Points of the curves that tables show; the budget itself for one that is small or odd."""
    shown = [point for point in (COST_POINTS if problem.has_fidelity else TRIAL_POINTS) if point <= budget]
    return shown if budget in shown else [*shown, budget]


def setting_table(setting: Setting, results: Sequence[Result], problem: Problem) -> str:
    """Median regret and quartiles of each contender, the best at the last point first."""
    shown = marks(problem, setting.budget)
    rows: list[tuple[float, Cells]] = []
    for name, own in by_contender(results).items():
        spreads = [_spread_at(problem, own, point) for point in shown]
        last = spreads[-1]
        cells = [name, str(len(own)), *(_spread(s) for s in spreads), *_extras(problem, own)]
        rows.append((last.median if last is not None else math.inf, cells))
    unit = "full evaluations" if problem.has_fidelity else "trials"
    header = ["contender", "n", *(f"@{point:g}" for point in shown), "first feasible", "CPU s", "late", "repeated"]
    title = f"### {setting} (regret after so many {unit}: median, quartiles)"
    return f"{title}\n\n{markdown(header, [cells for _, cells in sorted(rows, key=lambda row: row[0])])}"


def _extras(problem: Problem, own: Sequence[Result]) -> Iterator[str]:
    firsts = [first_feasible(problem, r.trace) for r in own]
    yield _number(median(math.inf if first is None else first for first in firsts))
    asks = [cpu_s for r in own for cpu_s in r.trace.ask_cpu_s]
    late = [cpu_s for r in own for cpu_s in r.trace.ask_cpu_s[len(r.trace.ask_cpu_s) // 2 :]]
    yield _number(sum(asks) / len(asks)) if asks else "-"
    yield _number(median(late)) if late else "-"
    yield _number(median(r.trace.num_repeated for r in own))


def rank_table(results: Sequence[Result], problems: Problems) -> str:
    """Mean rank at each point that tables show, over all blocks in which every contender was run."""
    columns: dict[str, dict[str, float]] = {}
    for kind, points in (("trials", TRIAL_POINTS), ("evaluations", COST_POINTS)):
        for point in points:
            blocks = _blocks(results, problems, point, is_fidelity=kind == "evaluations")
            complete = _complete(blocks)
            if complete and len(complete[0]) > 1:
                columns[f"@{point:g} {kind} ({len(complete)})"] = mean_ranks(complete)
    if not columns:
        return ""
    names = sorted({name for ranks in columns.values() for name in ranks})
    rows = [[name, *(_number(ranks.get(name)) for ranks in columns.values())] for name in names]
    title = "### Mean rank, 1 the best (in brackets: problem, workers and seed together, that all were run on)"
    return f"{title}\n\n{markdown(['contender', *columns], rows)}"


def verdict_table(results: Sequence[Result], problems: Problems, judged: str) -> str:
    """Whether the judged one is better than each other, at the end of the budget, over problems and seeds."""
    regrets: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for r in results:
        regret = regret_at(problems(r.run.problem), r.trace, r.run.budget)
        if regret is not None:
            regrets[r.run.contender][_block(r)] = regret
    own = regrets.pop(judged, {})
    found = [v for v in verdicts(own, regrets) if v.num_pairs]
    if not found:
        return ""
    rows = [[v.other, str(v.num_pairs), str(v.num_wins), str(v.num_ties), _number(v.p)] for v in found]
    title = f"### {judged} against each other contender, at the end of the budget (Wilcoxon signed-rank, Holm)"
    return f"{title}\n\n{markdown(['other', 'pairs', 'wins', 'ties', 'p'], rows)}"


def _left_out(results: Sequence[Result]) -> Iterator[str]:
    """What failed, run by run; and who cannot take part in what, once each."""
    unfit = sorted({(r.run.contender, r.run.problem, r.why) for r in results if r.is_unfit})
    if unfit:
        yield "\n".join(f"- {contender} cannot take part in {problem}: {why}" for contender, problem, why in unfit)
    failed = [f"- FAILED {r.run}: {r.why}" for r in results if r.error and not r.is_unfit]
    if failed:
        yield "\n".join(failed)


def _blocks(
    results: Sequence[Result], problems: Problems, point: float, *, is_fidelity: bool
) -> dict[str, dict[str, float]]:
    blocks: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for r in results:
        problem = problems(r.run.problem)
        if problem.has_fidelity is is_fidelity and point <= r.run.budget:
            regret = regret_at(problem, r.trace, point)
            if regret is not None:
                blocks[_block(r)][r.run.contender] = regret
    return blocks


def _complete(blocks: dict[str, dict[str, float]]) -> list[dict[str, float]]:
    """Blocks that have every contender that any of them has."""
    everyone = {name for block in blocks.values() for name in block}
    return [block for block in blocks.values() if block.keys() == everyone]


def _block(result: Result) -> str:
    run = result.run
    return f"{run.problem}/{run.num_workers}/{run.budget:g}/{run.seed}"


def by_contender(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Results by name, in the order in which they come."""
    found: defaultdict[str, list[Result]] = defaultdict(list)
    for r in results:
        found[r.run.contender].append(r)
    return dict(found)


def _spread_at(problem: Problem, results: Sequence[Result], point: float) -> Spread | None:
    regrets = [regret_at(problem, r.trace, point) for r in results]
    return spread_of([regret for regret in regrets if regret is not None])


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    few = f" (n={spread.num})" if spread.num < 2 else f" ({_number(spread.lower)}..{_number(spread.upper)})"
    return f"{_number(spread.median)}{few}"


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.3g}"


def markdown(header: Cells, rows: Sequence[Cells]) -> str:
    """A table that is aligned as text."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in [header, *rows]]
    rule = ["-" * width for width in widths]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])
