"""Calls that prepare a measurement: a study to load, answers for the echo to repeat."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
from google.protobuf.message import Message

from assay.v1 import study_pb2, study_service_pb2, trial_service_pb2
from tests.bench import studies
from tests.bench.methods import COMPLETE, CREATE_STUDY, REPORT, SUGGEST

TIMEOUT_S = 30.0
WARM_UP_TRIALS = 5
"""Before the one that is recorded: the baseline comes first and is no ordinary trial."""


def create_study(target: str, study_id: str, spec: study_pb2.StudySpec) -> str:
    """Its full name."""
    request = study_service_pb2.CreateStudyRequest(study_id=study_id, study=study_pb2.Study(spec=spec))
    with grpc.insecure_channel(target) as channel:
        return study_pb2.Study.FromString(_call(channel, CREATE_STUDY, request)).name


def record(target: str, path: Path) -> None:
    """Write what the server at *target* answers to an ordinary trial, for the echo to repeat."""
    study = create_study(target, "recorded", studies.random_full())
    answers: dict[str, bytes] = {}
    with grpc.insecure_channel(target) as channel:
        for _ in range(WARM_UP_TRIALS + 1):
            answers = _one_trial(channel, study)
    path.write_text(json.dumps({method: answer.hex() for method, answer in answers.items()}), encoding="utf-8")


def _one_trial(channel: grpc.Channel, study: str) -> dict[str, bytes]:
    answers: dict[str, bytes] = {}
    ask = trial_service_pb2.SuggestTrialsRequest(parent=study, worker="recorder")
    answers[SUGGEST] = _call(channel, SUGGEST, ask)
    [trial] = trial_service_pb2.SuggestTrialsResponse.FromString(answers[SUGGEST]).trials
    tell = trial_service_pb2.ReportMeasurementsRequest(name=trial.name, lease_token=trial.lease.token)
    measurement = tell.measurements.add(step=1, cost=1.0)
    for metric, value in studies.metrics(trial.configuration, 1).items():
        measurement.metrics[metric].value = value
    answers[REPORT] = _call(channel, REPORT, tell)
    end = trial_service_pb2.CompleteTrialRequest(name=trial.name, lease_token=trial.lease.token)
    answers[COMPLETE] = _call(channel, COMPLETE, end)
    return answers


def _call(channel: grpc.Channel, path: str, request: Message) -> bytes:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    return call(request.SerializeToString(), timeout=TIMEOUT_S, wait_for_ready=True)
