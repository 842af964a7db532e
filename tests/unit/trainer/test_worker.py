"""What a worker refuses before it asks a server for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay_trainer.worker import BAD_REQUEST, main

pytestmark = pytest.mark.torch

NO_SERVER = "localhost:1"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"device": "gpu"}, "cannot train on device 'gpu'"),
        ({"device": "cpu", "precision": "16-mixed"}, "precision '16-mixed' is not supported on cpu"),
        ({"device": "cpu", "precision": "int3"}, "precision 'int3' is unknown; there are 32-true, bf16-mixed"),
        ({"device": "cpu", "task": "digit"}, "task 'digit' is unknown; there are digits, breast_cancer"),
    ],
)
def test_a_worker_that_could_not_train_does_not_ask(
    wrong: dict[str, str], message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It would fail every trial of the study; the message names the argument."""
    status = main(NO_SERVER, "digits", checkpoint_dir=str(tmp_path), **wrong)  # type: ignore[arg-type]  # strings only

    assert status == BAD_REQUEST
    assert message in caplog.text
