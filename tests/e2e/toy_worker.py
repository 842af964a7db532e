"""A worker as a user would write one, training something tiny for real, with a diary of what was acknowledged.

    python toy_worker.py ADDRESS STUDY NAME DIARY [MILLISECONDS_PER_STEP]

Each line of the diary is one acknowledged report. Checkpoints are files beside it, so that another worker
can go on with them.
"""

import json
import sys
import time
from pathlib import Path

import assay


def main() -> None:
    address, study_name, name, diary_path = sys.argv[1:5]
    step_s = float(sys.argv[5]) / 1000 if len(sys.argv) > 5 else 0.0
    folder = Path(diary_path).parent
    study = assay.Client(address, connect_timeout_s=60).get_study(study_name)
    with Path(diary_path).open("a", buffering=1) as diary:
        for trial in study.trials(worker=name):
            with trial:
                x, y = float(trial.params["x"]), float(trial.params["y"])
                state = Path(trial.checkpoint.removeprefix("file://")).read_text() if trial.checkpoint else ""
                for step in trial.steps():
                    state += compute(step_s)
                    checkpoint = folder / f"{trial.number}-{step}.ckpt"
                    checkpoint.write_text(state)
                    trial.report(
                        loss=(x - 0.3) ** 2 + y / (len(state) + 1),
                        size=y,
                        checkpoint=f"file://{checkpoint}",
                        cost=1.0,
                    )
                    line = {"trial": trial.number, "step": step, "attempt": trial.attempt, "trained": len(state)}
                    diary.write(json.dumps(line) + "\n")


def compute(seconds: float) -> str:
    """One step of training: busy for so long, as a real one is."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(1000))
    return "."


if __name__ == "__main__":
    main()
