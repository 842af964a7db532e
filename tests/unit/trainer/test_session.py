"""One worker's time with one trial, against a trial that keeps the client's contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from assay_trainer.checkpoints import Checkpoints, path_of
from assay_trainer.config import CosineConfig, ImageConfig, MlpConfig, SgdConfig, TrainingConfig
from assay_trainer.fidelity import Fidelity
from assay_trainer.flat import flat_from_config
from assay_trainer.metrics import TrainerMetrics
from assay_trainer.session import CostUnit, Job, Outcome, Report, run_trial
from assay_trainer.space import Value
from assay_trainer.testing.builders import some_data
from assay_trainer.testing.family_contract import assert_same_weights

pytestmark = pytest.mark.torch

CONFIG = ImageConfig(
    model=MlpConfig(width=16, dropout=0.2),
    optimizer=SgdConfig(lr=0.05),
    schedule=CosineConfig(),
    training=TrainingConfig(batch_size=16),
)


@dataclass(kw_only=True)
class ScriptedTrial:
    """A trial whose server grants the steps up to `until`, and which writes down what it is told."""

    params: dict[str, Value] = field(default_factory=lambda: flat_from_config(CONFIG))
    until: int = 3
    start_step: int = 0
    checkpoint: str | None = None
    number: int = 1
    attempt: int = 1
    seed: int = 5
    reports: list[Report] = field(default_factory=list)
    released_with: list[str | None] = field(default_factory=list)
    infeasible_reasons: list[str] = field(default_factory=list)

    should_stop: bool = False

    def steps(self) -> Iterator[int]:
        yield from range(min(self.start_step + 1, self.until), self.until + 1)

    def report(self, report: Report) -> None:
        self.reports.append(report)

    def release(self, checkpoint: str | None) -> None:
        self.released_with.append(checkpoint)

    def infeasible(self, reason: str) -> None:
        self.infeasible_reasons.append(reason)


def a_job(
    folder: Path,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    num: int = 40,
    fidelity: Fidelity = Fidelity.EPOCH,
    costs: CostUnit = CostUnit.SECONDS,
) -> Job:
    return Job(
        study="digits",
        folder="digits",
        data=some_data(num, num_classes=10),
        max_epochs=9,
        fidelity=fidelity,
        full=9 if fidelity is Fidelity.EPOCH else 100,
        costs=costs,
        device="cpu",
        base=ImageConfig(),
        checkpoints=Checkpoints(folder),
        metrics=TrainerMetrics(),
        is_stopping=is_stopping,
    )


def engine_state(job: Job, uri: str) -> dict[str, object]:
    state = job.checkpoints.load(uri).state["engine"]
    assert isinstance(state, dict)
    return state


def test_every_epoch_is_reported_with_its_checkpoint(tmp_path: Path) -> None:
    """Nothing is told that could not be resumed from."""
    trial, job = ScriptedTrial(until=3), a_job(tmp_path)

    outcome = run_trial(trial, job)

    assert outcome is Outcome.OBEYED
    assert [job.checkpoints.load(report.checkpoint).epoch for report in trial.reports[1:]] == [2, 3]
    assert [report.step for report in trial.reports] == [1, 2, 3]


def test_a_report_holds_what_can_be_an_objective(tmp_path: Path) -> None:
    """All of it finite; the cost is what was spent since the last report."""
    trial = ScriptedTrial(until=2)

    run_trial(trial, a_job(tmp_path))

    report = trial.reports[-1]
    assert set(report.metrics) == {
        "val_error",
        "val_loss",
        "val_ece",
        "train_loss",
        "latency_ms",
        "latency_p95_ms",
        "params",
        "flops",
        "size_bytes",
    }
    assert report.metrics["params"] == 64 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10
    assert report.metrics["latency_ms"] > 0.0
    assert 0.0 < report.cost < 60.0


def test_provenance_names_seed_and_data(tmp_path: Path) -> None:
    """It is the trial's seed and the fingerprint of what was trained on."""
    trial = ScriptedTrial(until=1, seed=77)

    run_trial(trial, a_job(tmp_path))

    provenance = trial.reports[0].provenance
    assert (provenance.seed, provenance.dataset_fingerprint) == (77, "noise-40")


def test_a_paused_trial_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Three sessions end with the weights of one, bit for bit, and with one latency."""
    whole, job = ScriptedTrial(until=9), a_job(tmp_path)
    run_trial(whole, job)

    part = ScriptedTrial(number=2, until=1)
    run_trial(part, job)
    for attempt, until in [(2, 3), (3, 9)]:
        last = part.reports[-1]
        part = ScriptedTrial(number=2, until=until, start_step=part.until, checkpoint=last.checkpoint, attempt=attempt)
        run_trial(part, job)
        assert part.reports[-1].metrics["latency_ms"] == last.metrics["latency_ms"]

    assert_same_weights(engine_state(job, part.reports[-1].checkpoint), engine_state(job, whole.reports[-1].checkpoint))


@pytest.mark.parametrize("lost", ["newest", "all", "elsewhere", "never written"])
def test_a_lost_checkpoint_costs_time_and_not_the_result(tmp_path: Path, lost: str) -> None:
    """What is missing is trained again silently; only new steps are reported."""
    job, whole, first = a_job(tmp_path), ScriptedTrial(until=5), ScriptedTrial(number=2, until=3)
    run_trial(whole, job)
    run_trial(first, job)
    uri: str | None = first.reports[-1].checkpoint
    match lost:
        case "newest":
            path_of(first.reports[-1].checkpoint).write_bytes(b"cut")
        case "all":
            for path in path_of(first.reports[-1].checkpoint).parent.iterdir():
                path.unlink()
        case "elsewhere":
            uri = "s3://bucket/epoch-000003-attempt-001.ckpt"
        case _:
            uri = None

    second = ScriptedTrial(number=2, attempt=2, start_step=3, until=5, checkpoint=uri)
    run_trial(second, job)

    assert len(second.reports) == 2
    assert second.reports[-1].metrics["val_loss"] == whole.reports[-1].metrics["val_loss"]
    assert_same_weights(
        engine_state(job, second.reports[-1].checkpoint), engine_state(job, whole.reports[-1].checkpoint)
    )


def test_a_checkpoint_of_another_configuration_is_not_resumed_from(tmp_path: Path) -> None:
    """The trial is trained from the start instead."""
    job, other = a_job(tmp_path), ScriptedTrial(number=2, until=2, seed=9)
    run_trial(other, job)
    fresh, confused = ScriptedTrial(until=3), ScriptedTrial(number=3, until=3, start_step=2)
    run_trial(fresh, job)

    confused.checkpoint = other.reports[-1].checkpoint
    run_trial(confused, job)

    assert confused.reports[-1].metrics["val_loss"] == fresh.reports[-1].metrics["val_loss"]


def test_a_worker_that_must_leave_hands_its_trial_back(tmp_path: Path) -> None:
    """Within the epoch that it is in, with the last checkpoint that was reported."""
    answers = iter([False] * 4 + [True])  # three steps of the first epoch, one of the second
    trial = ScriptedTrial(until=9)

    outcome = run_trial(trial, a_job(tmp_path, is_stopping=lambda: next(answers)))

    assert outcome is Outcome.RELEASED
    assert len(trial.reports) == 1
    assert trial.released_with == [trial.reports[0].checkpoint]


def test_a_worker_that_must_leave_at_once_hands_back_what_it_was_given(tmp_path: Path) -> None:
    """A trial without a checkpoint stays one."""
    trial = ScriptedTrial()

    run_trial(trial, a_job(tmp_path, is_stopping=lambda: True))

    assert trial.released_with == [None]


def test_a_trial_that_is_lost_is_left_without_a_word(tmp_path: Path) -> None:
    """In the middle of its epoch, and not handed back: it belongs to somebody else."""
    trial = ScriptedTrial(should_stop=True)

    outcome = run_trial(trial, a_job(tmp_path))

    assert outcome is Outcome.OBEYED
    assert (trial.reports, trial.released_with) == ([], [])


def test_a_trial_resumed_at_its_very_end_tells_its_last_result_again(tmp_path: Path) -> None:
    """There is nothing to train, and somebody is waiting for the report."""
    job, first = a_job(tmp_path), ScriptedTrial(until=3)
    run_trial(first, job)

    again = ScriptedTrial(until=3, start_step=3, attempt=2, checkpoint=first.reports[-1].checkpoint)
    run_trial(again, job)

    assert [report.metrics for report in again.reports] == [first.reports[-1].metrics]


def test_parameters_that_are_no_configuration_are_infeasible(tmp_path: Path) -> None:
    """The reason names what is wrong."""
    trial = ScriptedTrial()
    trial.params["training.batch_size"] = 4

    outcome = run_trial(trial, a_job(tmp_path))

    assert outcome is Outcome.INFEASIBLE
    assert trial.infeasible_reasons == ["training.batch_size = 4: input should be greater than or equal to 16"]


def test_a_training_that_diverges_is_infeasible(tmp_path: Path) -> None:
    """With the epoch and the step in which it did."""
    job = a_job(tmp_path)
    job.data.train.inputs[0] = float("nan")
    trial = ScriptedTrial()

    outcome = run_trial(trial, job)

    assert outcome is Outcome.INFEASIBLE
    assert trial.infeasible_reasons[0].startswith("loss is nan in epoch 1 at step ")
    assert trial.reports == []


class OutOfMemoryTrial(ScriptedTrial):
    def steps(self) -> Iterator[int]:
        raise MemoryError("cannot allocate 1 TiB")


def test_running_out_of_memory_is_infeasible(tmp_path: Path) -> None:
    """The search learns that the configuration is too large."""
    trial = OutOfMemoryTrial()

    outcome = run_trial(trial, a_job(tmp_path))

    assert outcome is Outcome.INFEASIBLE
    assert trial.infeasible_reasons == ["out of memory: cannot allocate 1 TiB"]


def test_an_error_that_says_nothing_against_the_configuration_is_the_caller_s(tmp_path: Path) -> None:
    """A full or missing disk must not teach the search."""
    (tmp_path / "file").write_text("in the way")
    trial = ScriptedTrial()

    with pytest.raises(OSError, match="file"):
        run_trial(trial, replace(a_job(tmp_path), checkpoints=Checkpoints(tmp_path / "file")))

    assert trial.infeasible_reasons == []


def test_a_seed_may_be_any_64_bits(tmp_path: Path) -> None:
    """The wire has signed integers and torch wants none below zero."""
    trial = ScriptedTrial(until=1, seed=-1)

    assert run_trial(trial, a_job(tmp_path)) is Outcome.OBEYED


@pytest.mark.parametrize("fidelity", [Fidelity.DATA, Fidelity.RESOLUTION, Fidelity.WIDTH])
def test_other_budgets_train_anew_at_every_rung(tmp_path: Path, fidelity: Fidelity) -> None:
    """At the full budget the weights are those of a training that knew no other one."""
    job = a_job(tmp_path, fidelity=fidelity)
    job = replace(job, max_epochs=2)
    cheap, full, whole = OneBudget(until=50), OneBudget(until=100, start_step=50), ScriptedTrial(until=2)

    run_trial(cheap, job)
    full.checkpoint = cheap.reports[-1].checkpoint
    run_trial(full, job)
    run_trial(whole, replace(job, fidelity=Fidelity.EPOCH, full=2, folder="whole"))

    assert [report.step for report in cheap.reports + full.reports] == [50, 100]
    assert cheap.reports[0].metrics["val_loss"] != full.reports[0].metrics["val_loss"]
    assert_same_weights(engine_state(job, full.reports[-1].checkpoint), engine_state(job, whole.reports[-1].checkpoint))


class OneBudget(ScriptedTrial):
    """A trial whose steps are those at which a budget ends."""

    def steps(self) -> Iterator[int]:
        yield self.until


@pytest.mark.parametrize(("fidelity", "costs"), [(Fidelity.EPOCH, [1 / 9] * 3), (Fidelity.DATA, [0.03])])
def test_costs_may_be_counted_in_trainings(tmp_path: Path, fidelity: Fidelity, costs: list[float]) -> None:
    """An epoch of nine is a ninth; three percent of the data are three percent of a training."""
    trial = ScriptedTrial(until=3) if fidelity is Fidelity.EPOCH else OneBudget(until=3)

    run_trial(trial, a_job(tmp_path, fidelity=fidelity, costs=CostUnit.TRAININGS))

    assert [report.cost for report in trial.reports] == pytest.approx(costs)
