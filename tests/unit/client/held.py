"""Trials as a server hands them out, and a clock that is advanced."""

from itertools import count

from assay.holding import Holding
from assay.retry import Surroundings
from assay.v1 import space_pb2, trial_pb2, trial_service_pb2

NAME = "projects/default/studies/digits/trials/1"
CONTINUE = trial_pb2.DIRECTIVE_ACTION_CONTINUE
PAUSE = trial_pb2.DIRECTIVE_ACTION_PAUSE
STOP = trial_pb2.DIRECTIVE_ACTION_STOP


class Clock:
    """Time that passes when it is told to, and by sleeping."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds."""
        return self.now_s

    def sleep(self, delay_s: float) -> None:
        """Passes at once."""
        self.slept.append(delay_s)
        self.now_s += delay_s


def surroundings(clock: Clock | None = None) -> Surroundings:
    """Everything from outside, without chance: ids are "1", "2", …"""
    clock = clock or Clock()
    ids = count(1)
    return Surroundings(now=clock.now, sleep=clock.sleep, chance=lambda: 1.0, new_id=lambda: str(next(ids)))


def a_trial(
    *,
    until_step: int | None = None,
    checkpoint: str | None = None,
    checkpoint_step: int | None = None,
    last_step: int | None = None,
    number: int = 1,
    interval_s: float = 20.0,
) -> trial_pb2.Trial:
    """A trial with lr=0.1, just leased."""
    trial = trial_pb2.Trial(
        name=f"projects/default/studies/digits/trials/{number}",
        number=number,
        state=trial_pb2.TRIAL_STATE_RUNNING,
        configuration=space_pb2.Configuration(values={"lr": space_pb2.Value(double_value=0.1)}),
        seed=7,
        lease=trial_pb2.Lease(worker="gpu-0", token="secret", attempt=1),
        until_step=until_step,
        last_step=last_step,
    )
    trial.lease.heartbeat_interval.FromMilliseconds(int(interval_s * 1000))
    if checkpoint is not None:
        trial.checkpoint.CopyFrom(trial_pb2.Checkpoint(uri=checkpoint, step=checkpoint_step))
    return trial


def a_holding(trial: trial_pb2.Trial | None = None, clock: Clock | None = None) -> Holding:
    """That trial in the hands of a worker."""
    return Holding(trial or a_trial(), surroundings(clock))


def told(
    action: trial_pb2.DirectiveAction = CONTINUE,
    *,
    until_step: int | None = None,
    state: trial_pb2.TrialState = trial_pb2.TRIAL_STATE_RUNNING,
) -> trial_service_pb2.ReportMeasurementsResponse:
    """The answer to a report."""
    directive = trial_pb2.Directive(action=action, until_step=until_step)
    return trial_service_pb2.ReportMeasurementsResponse(directive=directive, state=state)
