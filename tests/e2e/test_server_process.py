"""The server as a process: ready line, metrics, an orderly end, one server a file."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from assay.v1 import study_service_pb2, study_service_pb2_grpc, trial_service_pb2, trial_service_pb2_grpc
from tests.contract.rpc.fronts import a_spec

pytestmark = pytest.mark.e2e
PATIENCE_S = 60.0


class Server:
    """A server process on ports that the system chose."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "assay_server.main", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]
        command += ["--database", str(folder / "assay.db"), "--ready-file", str(folder / "ready.json")]
        command += ["--log-format", "json", *options]
        self.log = folder / "server.log"
        self._out = self.log.open("wb")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._out, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline().decode()
        if self.line:
            ready = json.loads((folder / "ready.json").read_text())
            self.address, self.metrics_address = ready["address"], ready["metrics_address"]

    def get(self, path: str) -> str:
        """An answer of the HTTP port."""
        with urllib.request.urlopen(f"http://{self.metrics_address}{path}", timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._out.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.close()


def create(channel: grpc.Channel) -> str:
    """A study's name."""
    request = study_service_pb2.CreateStudyRequest(study_id="digits")
    request.study.spec.CopyFrom(a_spec())
    return study_service_pb2_grpc.StudyServiceStub(channel).CreateStudy(request, timeout=PATIENCE_S).name


def test_a_server_says_when_it_is_ready_and_ends_in_good_order(server: Server) -> None:
    """One line with the ports; a trial is handed out; SIGTERM ends it with status 0 and nothing logged as an error."""
    assert server.line.startswith(f"assay server ready on {server.address} ")
    with grpc.insecure_channel(server.address) as channel:
        name = create(channel)
        ask = trial_service_pb2.SuggestTrialsRequest(parent=name, worker="gpu-0")
        asked = trial_service_pb2_grpc.TrialServiceStub(channel).SuggestTrials(ask, timeout=PATIENCE_S)
        assert asked.trials

        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0

    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    calls = [line for line in lines if line["event"] == "call"]
    assert {line["method"] for line in calls} == {
        "assay.v1.StudyService/CreateStudy",
        "assay.v1.TrialService/SuggestTrials",
    }
    assert all(line["code"] == "OK" and line["ms"] >= 0 and line["request_id"] and line["peer"] for line in calls)


def test_prometheus_and_probes_are_answered(server: Server) -> None:
    """Calls are counted, commits are measured, and the probe says that it serves."""
    with grpc.insecure_channel(server.address) as channel:
        create(channel)

    metrics = server.get("/metrics")

    assert 'assay_calls_total{code="OK",method="assay.v1.StudyService/CreateStudy"} 1.0' in metrics
    assert "assay_commit_acts_count" in metrics
    assert "assay_up 1.0" in metrics
    assert server.get("/healthz") == "serving\n"
    with pytest.raises(urllib.error.HTTPError) as missing:
        server.get("/elsewhere")
    assert missing.value.code == 404
    missing.value.close()


def test_a_second_server_on_the_same_file_is_refused(server: Server, tmp_path: Path) -> None:
    """It says who has the file, and ends with status 1."""
    other = subprocess.run(
        [sys.executable, "-m", "assay_server.main", "--database", str(tmp_path / "assay.db")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert other.returncode == 1
    assert "is in use by" in other.stderr
    assert "Traceback" not in other.stderr


def test_a_wrong_setting_is_told_in_one_line(tmp_path: Path) -> None:
    """Status 2, and no traceback."""
    wrong = subprocess.run(
        [sys.executable, "-m", "assay_server.main", "--listen", "nowhere"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=tmp_path,
        check=False,
    )

    assert wrong.returncode == 2
    assert wrong.stderr == "assay server: listen: 'nowhere' is not host:port\n"
