"""Results: a line of JSON for each run, so that a comparison can be made in parts and read by anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench.quality.simulate import Evaluation, Trace

FROZEN = "frozen"
"""Version of results that were kept under another name: no code makes them stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is to be run; two of them that are equal have equal results, as long as the version is the same."""

    problem: str
    contender: str
    num_workers: int
    seed: int
    budget: float

    def __str__(self) -> str:
        return f"{self.problem} {self.contender} workers {self.num_workers} seed {self.seed} budget {self.budget:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a run."""

    run: Run
    version: str
    trace: Trace
    error: str = ""
    """Why there is no complete trace."""
    is_unfit: bool = False
    """The contender cannot take part in this problem, and says why: nothing failed."""

    @property
    def why(self) -> str:
        """The last line of the error, which says what it was."""
        return self.error.strip().rpartition("\n")[2]


class Results:
    """The file of all results. A later line of a run replaces the earlier ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[Run, Result] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                if (result := _from_line(line)) is not None:
                    self._found[result.run] = result

    def add(self, result: Result) -> None:
        """Keep it, on disk too."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result), separators=(",", ":")) + "\n")
        self._found[result.run] = result

    def has(self, run: Run, version: str) -> bool:
        """Whether it was run by this version, to its end."""
        found = self._found.get(run)
        if found is None or (found.error and not found.is_unfit):
            return False
        return found.version in (version, FROZEN)

    def of(self, runs: Iterable[Run]) -> list[Result]:
        """What there is of these."""
        return [self._found[run] for run in runs if run in self._found]

    def all(self) -> list[Result]:
        """What there is."""
        return list(self._found.values())

    def frozen(self) -> set[str]:
        """Names under which results were kept."""
        return {result.run.contender for result in self.all() if result.version == FROZEN}

    def freeze(self, contender: str, name: str) -> int:
        """Keep a contender's results of now under another name, to compare later ones with; how many there are."""
        kept = [r for r in self.all() if r.run.contender == contender and not r.error]
        for result in kept:
            self.add(replace(result, run=replace(result.run, contender=name), version=FROZEN))
        return len(kept)


def _from_line(line: str) -> Result | None:
    """None for a line that a killed process left unfinished."""
    try:
        fields: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return None
    trace = fields["trace"]
    evaluations = [Evaluation(**{**e, "values": tuple(e["values"])}) for e in trace.pop("evaluations")]
    return Result(
        run=Run(**fields["run"]),
        version=fields["version"],
        trace=Trace(evaluations=evaluations, **trace),
        error=fields["error"],
        is_unfit=fields.get("is_unfit", False),
    )
