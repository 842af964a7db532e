"""What the command line asks for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.quality.problems.table import PROBLEMS

FIRST = ("branin_currin", "zdt1_6d", "c2dtlz2_4d", "momf_branin_currin", "digits_mlp_params")
QUICK_PROBLEMS, QUICK_CONTENDERS = ("branin_currin", "momf_branin_currin"), ("assay", "random")
QUICK_BUDGET = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """A comparison."""

    problems: tuple[str, ...]
    contenders: tuple[str, ...]
    workers: tuple[int, ...]
    """Numbers of workers; empty: 1 and 8, with a fidelity 4."""
    seeds: tuple[int, ...]
    budget: float | None
    """None: each problem's own."""
    jobs: int
    wall_limit_s: float
    is_fresh: bool
    variants: tuple[str, ...]
    commands: tuple[str, ...]
    pythons: tuple[str, ...]
    freeze: str
    judged: str
    tables_only: bool
    folder: Path


def read(argv: Sequence[str] | None, folder: Path) -> Arguments:
    """From *argv*, or the process's; exits with a message when it makes no sense."""
    parser = _parser(folder)
    given = parser.parse_args(argv)
    quick = given.quick
    try:
        seeds = _numbers(given.seeds or ("0" if quick else "0-9"))
        workers = _numbers(given.workers) if given.workers else ()
    except ValueError as wrong:
        parser.error(str(wrong))
    return Arguments(
        problems=tuple(given.problems or (QUICK_PROBLEMS if quick else FIRST)),
        contenders=tuple(given.contenders or QUICK_CONTENDERS),
        workers=workers or ((4,) if quick else ()),
        seeds=seeds,
        budget=given.budget or (QUICK_BUDGET if quick else None),
        jobs=given.jobs,
        wall_limit_s=given.wall_limit,
        is_fresh=given.fresh,
        variants=tuple(given.variant),
        commands=tuple(given.command),
        pythons=tuple(given.python),
        freeze=given.freeze,
        judged=given.judge,
        tables_only=given.tables,
        folder=given.folder,
    )


def _numbers(text: str) -> tuple[int, ...]:
    """ "0-4,7" as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not (first.isdecimal() and (not dash or last.isdecimal())):
            raise ValueError(f"{part!r} is neither a number nor a range such as 0-9")
        found += range(int(first), int(last or first) + 1)
    return tuple(dict.fromkeys(found))


def _parser(folder: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench-quality ARGS=...", description="Compare searches on problems whose best is known."
    )
    add = parser.add_argument
    add("--problems", nargs="+", metavar="NAME", help=f"of {', '.join(PROBLEMS)}, or a file that ends in .py")
    add("--contenders", nargs="+", metavar="NAME", help="what is compared; see docs/benchmarks.md")
    add("--workers", metavar="LIST", help="such as 1,8")
    add("--seeds", metavar="LIST", help="such as 0-9 (the default)")
    add("--budget", type=float, help="trials, or full evaluations with a fidelity; each problem's own by default")
    add("--jobs", type=int, default=1, help="runs side by side")
    add("--wall-limit", type=float, default=3600.0, metavar="S", help="seconds after which a run is cut")
    add("--fresh", action="store_true", help="repeat what was run before")
    add("--variant", action="append", default=[], metavar="NAME=YAML", help="another contender, from options")
    add("--command", action="append", default=[], metavar="NAME=CMD", help="another contender, that answers JSON lines")
    add("--python", action="append", default=[], metavar="NAME=PATH", help="interpreter of a contender's library")
    add("--freeze", default="", metavar="NAME", help="keep the results of the judged one under NAME, and end")
    add("--judge", default="assay", metavar="NAME", help="whom to compare with the others (assay)")
    add("--tables", action="store_true", help="run nothing, show what there is")
    add("--quick", action="store_true", help="a minute, to see that it works; not to judge by")
    add("--folder", type=Path, default=folder, help="where results are kept")
    return parser
