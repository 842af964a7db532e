"""What each client costs: ask, report and complete through it against the same calls of its language's bare stubs."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import grpc

from assay.v1 import study_pb2, trial_pb2, trial_service_pb2
from assay.v1.trial_service_pb2_grpc import TrialServiceStub
from tests.bench.calling import create_study
from tests.bench.processes import Running, assay
from tests.bench.report import Bar, Report, Table, median, spread
from tests.conformance.languages import Language, all_languages

MOST = 1.3
"""A client's cycle costs at most this many times the bare one."""
WARM_UP = 0.2
"""Share of the rounds that is not counted: connections, and what a virtual machine compiles."""


def measure(*, quick: bool) -> Report:
    """Play the cycles of every language that has a program for it, one language after the other."""
    rounds = 50 if quick else 500
    report = Report(scenario="clients", is_quick=quick)
    table = Table(title="ms a cycle", columns=("client", "through it", "bare", "spread of bare", "ratio"))
    report.tables.append(table)
    for language in all_languages():
        if not language.bench:
            continue
        if missing := language.missing_tools():
            report.notes.append(f"{language.name}: not run, since {', '.join(missing)} is not installed")
            continue
        language.make()
        with tempfile.TemporaryDirectory() as folder, assay(Path(folder)) as server:
            found = _cycles(language, server, rounds)
        through, bare = median(found["client_ms"]), median(found["bare_ms"])
        table.rows.append((language.name, through, bare, spread(found["bare_ms"]), through / bare))
        what = f"{language.name}: a cycle through the client against a bare one"
        report.bars.append(Bar(what=what, measured=through / bare, comparison="<=", promised=MOST))
    return report


def _cycles(language: Language, server: Running, rounds: int) -> Mapping[str, list[float]]:
    """Milliseconds of each cycle, after the warm-up."""
    study = create_study(server.target, "cycles", _spec())
    _queue(server.target, study, 2 * rounds)
    command = language.filled(language.bench, address=server.target, study=study, rounds=str(rounds))
    told = subprocess.run(command, cwd=language.folder, capture_output=True, check=True, text=True).stdout
    found: dict[str, list[float]] = json.loads(told)
    return {kind: values[int(WARM_UP * rounds) :] for kind, values in found.items()}


def _spec() -> study_pb2.StudySpec:
    spec = study_pb2.StudySpec(no_default_baseline=True)
    spec.space.parameters.add(name="lr").double.max = 1.0
    spec.objectives.add(metric="loss", goal=study_pb2.GOAL_MINIMIZE)
    spec.strategy.phases.add().generator.random.SetInParent()
    return spec


def _queue(target: str, study: str, count: int) -> None:
    """As many trials as will be asked for, so that no cycle waits for a generator."""
    with grpc.insecure_channel(target) as channel:
        stub = TrialServiceStub(channel)
        for _ in range(count):
            trial = trial_pb2.Trial()
            trial.configuration.values["lr"].double_value = 0.5
            stub.CreateTrial(trial_service_pb2.CreateTrialRequest(parent=study, trial=trial))
