"""What the Python client costs: `cycle.py ADDRESS STUDY ROUNDS` times ask, report, complete over it and bare.

Prints {"client_ms": [...], "bare_ms": [...]}: a cycle each, in turns, so that both meet the same machine.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable

import grpc

import assay
from assay.study import Study
from assay.v1 import trial_pb2
from assay.v1 import trial_service_pb2 as trial_pb
from assay.v1.trial_service_pb2_grpc import TrialServiceStub

METRICS = {"loss": 0.5, "speed": 1.0, "size": 2.0}


def client_cycle(study: Study) -> None:
    """Three calls of the client."""
    [trial] = study.ask("client")
    trial.report(METRICS, step=1)
    trial.complete()


def bare_cycle(stub: TrialServiceStub, study: str) -> None:
    """The same three calls of the stub."""
    ask = trial_pb.SuggestTrialsRequest(parent=study, worker="bare", count=1, request_id=uuid.uuid4().hex)
    trial = stub.SuggestTrials(ask, timeout=25).trials[0]
    values = {name: trial_pb2.MetricValue(value=value) for name, value in METRICS.items()}
    report = trial_pb.ReportMeasurementsRequest(
        name=trial.name,
        lease_token=trial.lease.token,
        measurements=[trial_pb2.Measurement(step=1, metrics=values)],
        request_id=uuid.uuid4().hex,
    )
    stub.ReportMeasurements(report, timeout=30)
    done = trial_pb.CompleteTrialRequest(name=trial.name, lease_token=trial.lease.token, request_id=uuid.uuid4().hex)
    stub.CompleteTrial(done, timeout=30)


def main() -> None:
    """Measure and print."""
    address, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found: dict[str, list[float]] = {"client_ms": [], "bare_ms": []}
    with assay.Client(address) as client, grpc.insecure_channel(address) as channel:
        study, stub = client.get_study(name), TrialServiceStub(channel)
        cycles: dict[str, Callable[[], None]] = {
            "client_ms": lambda: client_cycle(study),
            "bare_ms": lambda: bare_cycle(stub, study.name),
        }
        for _ in range(rounds):
            for kind, cycle in cycles.items():
                began = time.perf_counter()
                cycle()
                found[kind].append((time.perf_counter() - began) * 1000)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
