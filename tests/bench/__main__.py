"""`python tests/bench [scenario ...]`: measure what the project promises in figures (docs/benchmarks.md)."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = {
    "startup": "how fast a server and the client are there",
    "throughput": "calls per second against a bare echo",
    "history": "latency and memory at 10,000 trials against 100",
    "bayes_latency": "latency while models are fitted",
    "clients": "what a client costs against the bare stubs of its language",
    "engine_overhead": "what the training engine costs over a loop by hand",
}


def main() -> int:
    """Run the scenarios; 1 when a figure misses its bar."""
    # Run as a folder, the folder itself is on the path; modules here go by their full names instead.
    sys.path[0] = str(ROOT)
    arguments = _arguments()
    missed = []
    for name in arguments.scenarios or SCENARIOS:
        print(f"\n== {name}: {SCENARIOS[name]}", flush=True)
        report = importlib.import_module(f"tests.bench.{name}").measure(quick=arguments.quick)
        report.show()
        print(f"written to {report.write(ROOT / '.bench').relative_to(ROOT)}", flush=True)
        missed += [f"{name}: {bar}" for bar in report.missed()]
    for line in missed:
        print(f"MISSED {line}")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], metavar="scenario", help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="shorter phases: to see that it works, not to judge")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
