"""How fast a server takes its first call, how fast the client is imported, and what the client depends on."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from importlib.metadata import requires
from pathlib import Path

from tests.bench import studies
from tests.bench.calling import create_study
from tests.bench.processes import assay
from tests.bench.report import Bar, Report, Table, median, spread

IMPORTS = {"nothing": "pass", "grpc": "import grpc", "assay": "import assay"}
_TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def measure(*, quick: bool) -> Report:
    """Start and import in fresh processes, several times, and count."""
    rounds = 2 if quick else 7
    report = Report(scenario="startup", is_quick=quick)
    table = Table(title="seconds", columns=("what", "median", "spread"))
    report.tables.append(table)
    starts = _starts(rounds)
    table.rows += [(f"server: {what}", median(values), spread(values)) for what, values in starts.items()]
    imports = {name: [_import_s(code) for _ in range(rounds)] for name, code in IMPORTS.items()}
    table.rows += [(f"import {name}", median(values), spread(values)) for name, values in imports.items()]
    report.notes.append(f"the bare client depends on: {', '.join(dependencies())}")
    report.bars += [
        *(
            Bar(what=f"server: {what}, s", measured=median(v), comparison="<=", promised=1.0)
            for what, v in starts.items()
        ),
        Bar(what="import assay, s", measured=median(imports["assay"]), comparison="<=", promised=0.2),
        Bar(what="direct dependencies of the bare client", measured=len(dependencies()), comparison="==", promised=3),
    ]
    return report


def _starts(rounds: int) -> dict[str, list[float]]:
    """From the start of the process to the answer to a first call that writes."""
    found: dict[str, list[float]] = {"new file": [], "file that is there": []}
    for i in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for j, seconds in enumerate(found.values()):
                began = time.perf_counter()
                with assay(Path(folder)) as server:
                    create_study(server.target, f"first-{i}-{j}", studies.random_full())
                    seconds.append(time.perf_counter() - began)
    return found


def _import_s(code: str) -> float:
    command = [sys.executable, "-c", _TIMED.format(code)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def dependencies() -> list[str]:
    """What `pip install assay` without extras installs directly."""
    return [re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0] for line in requires("assay") or [] if "extra ==" not in line]
