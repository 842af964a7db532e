"""Speaks for an adapter: lines of JSON on standard input, each answered by one on standard output.

    PYTHON speaking.py ADAPTER.py

It runs under the interpreter that has the compared library, so it needs nothing but the standard library, and nothing
of Assay. An adapter is a file with a class `Adapter` that keeps `Adapter` below, and `PACKAGES`, the distributions
whose versions its results depend on. Another language answers the same lines without this file:

    {"call": "version"}                                              {"version": "optuna 5.0.0"}
    {"call": "start", "problem": ..., "seed": 0, "num_workers": 4, "budget": 40.0, "options": {}}        {}
    {"call": "ask"}                                                  {"job": {"id": "0", "configuration": {"x": 0.5}}}
    {"call": "report", "id": "0", "step": 3, "metrics": {"f0": 1}}   {"leave": false}
    {"call": "tell", "id": "0", "step": 27, "metrics": {"f0": 1}}    {}

`{"job": null}` says that nothing can be handed out before another result comes. `{"unfit": "why"}`, as an answer to
start, says that it cannot take part in such a problem (an adapter raises NotImplementedError); `{"error": "..."}`
ends the run. The end of the input ends the process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, TypedDict


class Parameter(TypedDict):
    """One dimension of the space."""

    name: str
    type: str
    """ "double", "integer", "choice" or "boolean"."""
    low: float
    high: float
    """Both 0 where there is no range."""
    log: bool
    values: list[str | float | int | bool]
    """Of a choice, or of a boolean."""
    ordered: bool
    when: dict[str, list[str | float | int | bool]]
    """Exists only under these values of others. Who knows no conditions gives it a value always: it is ignored."""


class Problem(TypedDict):
    """What is searched."""

    name: str
    parameters: list[Parameter]
    objectives: list[str]
    """All minimised."""
    constraints: list[str]
    """Kept where at most 0."""
    reference: list[float]
    """Of several objectives; an optimizer that can be told thresholds is told these."""
    max_step: int
    """Steps of a full evaluation; 1: there is no fidelity."""


class Start(TypedDict):
    """A new search."""

    problem: Problem
    seed: int
    num_workers: int
    budget: float
    """Trials; with a fidelity, full evaluations."""
    options: dict[str, str]


class _Configured(TypedDict):
    id: str
    configuration: dict[str, str | float | int | bool]


class Job(_Configured, total=False):
    """Work for one worker."""

    until_step: int
    """Train so far; left out: to the end. One that was trained before goes on from there, and costs only the rest."""
    reports_steps: bool
    """Each step is reported, and the answer may end the job."""


Metrics = dict[str, float]


class Adapter(Protocol):
    """One search by the compared library."""

    def __init__(self, start: Start) -> None:
        """Set it up."""

    def ask(self) -> Job | None:
        """Work for an idle worker; None: not before another result."""
        ...

    def report(self, job: str, step: int, metrics: Metrics) -> bool:
        """A step of a job that reports them; True: leave it. `tell` follows where the job ends."""
        ...

    def tell(self, job: str, step: int, metrics: Metrics) -> None:
        """The job's end."""
        ...


def main(path: Path) -> None:
    """Answer until the input ends. What a library prints goes to standard error."""
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        speaker = _Speaker(path)
        for line in sys.stdin:
            try:
                answer = speaker.answer(json.loads(line))
            except NotImplementedError as why:
                answer = {"unfit": str(why)}
            except Exception:  # noqa: BLE001 (whatever the library raises is told, and judged over there)
                answer = {"error": traceback.format_exc()[-4000:]}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


class _Speaker:
    def __init__(self, path: Path) -> None:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        self._module = importlib.util.module_from_spec(spec)
        self._loader = spec.loader
        self._is_loaded = False
        self._adapter: Adapter | None = None

    def answer(self, asked: dict[str, object]) -> dict[str, object]:
        """To one line."""
        if not self._is_loaded:
            self._loader.exec_module(self._module)
            self._is_loaded = True
        call = asked.pop("call")
        match call:
            case "version":
                return {"version": ", ".join(f"{name} {version(name)}" for name in self._module.PACKAGES)}
            case "start":
                self._adapter = self._module.Adapter(asked)
                return {}
        assert self._adapter is not None, "ask, report and tell come after start"
        return _answered(self._adapter, str(call), asked)


def _answered(adapter: Adapter, call: str, asked: dict[str, object]) -> dict[str, object]:
    if call == "ask":
        return {"job": adapter.ask()}
    job, step, metrics = str(asked["id"]), int(str(asked["step"])), asked["metrics"]
    assert isinstance(metrics, dict)
    if call == "report":
        return {"leave": bool(adapter.report(job, step, metrics))}
    assert call == "tell", f"unknown call {call!r}"
    adapter.tell(job, step, metrics)
    return {}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
