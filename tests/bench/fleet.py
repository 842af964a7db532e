"""Starts the load generator's processes together and adds up what they found."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.bench.plan import Found, Plan, found_from_json, to_json

ROOT = Path(__file__).resolve().parents[2]
MOST_PROCESSES = 2
"""One Python process cannot keep 32 connections busy; more than two would only fight over the cores."""
CLIENTS_A_PROCESS = 8
"""A process more for each so many clients, up to the most."""


def run(plan: Plan) -> Found:
    """Carry the plan out, its clients dealt out over processes that start at one word."""
    num = min(MOST_PROCESSES, -(-plan.clients // CLIENTS_A_PROCESS))
    processes = [_start(_share(plan, i, num)) for i in range(num)]
    try:
        for process in processes:
            _line(process)
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        total = Found()
        for process in processes:
            total.add(found_from_json(_line(process)))
            process.wait()
        return total
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _share(plan: Plan, i: int, num: int) -> Plan:
    """The part of process *i* of *num*."""
    trials = plan.trials and plan.trials // num + (i < plan.trials % num)
    return replace(
        plan, clients=plan.clients // num + (i < plan.clients % num), trials=trials, worker=f"{plan.worker}-{i}"
    )


def _start(plan: Plan) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", to_json(plan)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a process of the load generator ended with code {process.wait()}; see above")
    return line
