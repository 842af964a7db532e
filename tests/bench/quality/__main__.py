"""`python tests/bench/quality`: how good searches are on problems whose best is known (docs/benchmarks.md)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
if __name__ == "__main__":
    # Run as a folder, the folder itself is on the path; modules here go by their full names instead.
    sys.path[0] = str(ROOT)

from tests.bench.quality import arguments  # noqa: E402 (only now can it be found)
from tests.bench.quality.contender import version_of  # noqa: E402
from tests.bench.quality.contenders import contenders_of  # noqa: E402
from tests.bench.quality.errors import WrongArgument  # noqa: E402
from tests.bench.quality.lanes import Task, run_all  # noqa: E402
from tests.bench.quality.page import write_page  # noqa: E402
from tests.bench.quality.problem import Problem  # noqa: E402
from tests.bench.quality.problems.table import problem_named, source_of  # noqa: E402
from tests.bench.quality.regret import regret_at  # noqa: E402
from tests.bench.quality.results import Result, Results, Run  # noqa: E402
from tests.bench.quality.tables import report  # noqa: E402

FULL_WORKERS, FIDELITY_WORKERS = (1, 8), (4,)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is missing, show everything that was asked for; 1 when a run failed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers are stopped then, too
    asked = arguments.read(argv, ROOT / ".bench" / "quality")
    problems = cache(problem_named)
    results = Results(asked.folder / "runs.jsonl")
    if asked.freeze:
        print(f"{results.freeze(asked.judged, asked.freeze)} results of {asked.judged} kept as {asked.freeze}")
        return 0
    try:
        tasks = tasks_of(asked, problems, results.frozen())
    except WrongArgument as wrong:
        sys.stderr.write(f"bench-quality: {wrong}\n")
        return 2
    if not asked.tables_only:
        todo = [t for t in tasks if asked.is_fresh or not results.has(t.run, t.version)]
        print(f"{len(tasks)} runs, {len(tasks) - len(todo)} of them kept from before", flush=True)
        try:
            for result in run_all(todo, num_lanes=asked.jobs, wall_limit_s=asked.wall_limit_s):
                results.add(result)
                print(line(result, problems(result.run.problem)), flush=True)
        except KeyboardInterrupt:
            sys.stderr.write("bench-quality: interrupted; what is finished is kept\n")
            return 130
    kept = [run for name in asked.contenders if name in results.frozen() for run in _all_runs(asked, problems, name)]
    found = results.of([*(t.run for t in tasks), *kept])
    num_stale = sum(not results.has(t.run, t.version) for t in tasks if results.of([t.run]))
    if num_stale:
        print(f"{num_stale} of {len(found)} results failed or are of other code than now")
    text = report(found, problems, judged=asked.judged)
    asked.folder.mkdir(parents=True, exist_ok=True)
    (asked.folder / "tables.md").write_text(text, encoding="utf-8")
    write_page(asked.folder / "curves.html", found, problems, text)
    print(f"\n{text}\nthis in {asked.folder / 'tables.md'}, curves in {asked.folder / 'curves.html'}")
    return 1 if any(result.error and not result.is_unfit for result in found) else 0


def tasks_of(asked: arguments.Arguments, problems: Callable[[str], Problem], frozen: set[str]) -> list[Task]:
    """Everything that is asked for, contender by contender: a lane starts each of them once.

    What is *frozen* is never run.

    Raises:
        WrongArgument: a problem or contender is unknown, or an option is wrong.
    """
    known = contenders_of(asked.variants, asked.commands, asked.pythons)
    names = (*asked.contenders, *(name for name in known.added if name not in asked.contenders))
    tasks: list[Task] = []
    for name in (name for name in names if name not in frozen):
        contender = known.named(name)
        for seed in asked.seeds:
            for problem_name in asked.problems:
                problem = problems(problem_name)
                version = f"{contender.version()}-{version_of(source_of(problem_name))}"
                tasks += [
                    Task(run=run, problem=problem, contender=contender, version=version)
                    for run in _runs(asked, problem_name, problem, name, seed)
                ]
    return tasks


def _all_runs(asked: arguments.Arguments, problems: Callable[[str], Problem], contender: str) -> list[Run]:
    return [
        run
        for seed in asked.seeds
        for problem_name in asked.problems
        for run in _runs(asked, problem_name, problems(problem_name), contender, seed)
    ]


def _runs(asked: arguments.Arguments, problem_name: str, problem: Problem, contender: str, seed: int) -> list[Run]:
    usual = FIDELITY_WORKERS if problem.has_fidelity else FULL_WORKERS
    return [
        Run(
            problem=problem_name,
            contender=contender,
            num_workers=num,
            seed=seed,
            budget=asked.budget or problem.budget,
        )
        for num in asked.workers or usual
    ]


def line(result: Result, problem: Problem) -> str:
    """What a run came to."""
    if result.error:
        return f"{'cannot take part' if result.is_unfit else 'FAILED'} {result.run}: {result.why}"
    trace = result.trace
    regret = regret_at(problem, trace, result.run.budget)
    said = "cut by the time" if regret is None else f"regret {regret:.4g}"
    cpu_s = sum(trace.ask_cpu_s) / max(1, len(trace.ask_cpu_s))
    return f"{result.run}: {said}, {len(trace.ask_cpu_s)} jobs, {cpu_s:.3g} CPU s each, {trace.wall_s:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
