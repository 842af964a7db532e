"""The training engine: exact resumption, precise errors, honest numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from assay_trainer.checkpoints import Checkpoints
from assay_trainer.config import (
    CnnConfig,
    CosineConfig,
    ImageConfig,
    MlpConfig,
    Precision,
    RegularizationConfig,
    SgdConfig,
    TrainingConfig,
)
from assay_trainer.data.bundled import open_digits
from assay_trainer.data.labelled import Labelled, SearchData
from assay_trainer.devices import UnsupportedPrecision
from assay_trainer.engine import Engine
from assay_trainer.results import Interrupted, NonFiniteLoss, StateMismatch
from assay_trainer.testing.builders import a_config, some_data
from assay_trainer.testing.family_contract import assert_same_weights

pytestmark = pytest.mark.torch

EVERYTHING_RANDOM = ImageConfig(
    model=MlpConfig(width=16, dropout=0.3),
    optimizer=SgdConfig(lr=0.05, momentum=0.9, nesterov=True),
    schedule=CosineConfig(warmup=0.2),
    training=TrainingConfig(batch_size=16),
    regularization=RegularizationConfig(label_smoothing=0.1),
    seed=7,
)


def an_engine(config: ImageConfig = EVERYTHING_RANDOM, *, num: int = 40, max_epochs: int = 9) -> Engine:
    return Engine(some_data(num), config, max_epochs=max_epochs, device="cpu")


def test_nine_epochs_are_one_and_two_and_six(tmp_path: Path) -> None:
    """Dropout, momentum, shuffling and schedule continue as if there had been no pause."""
    whole = an_engine()
    list(whole.epochs(9))
    checkpoints, state = Checkpoints(tmp_path), an_engine().state()

    for until in (1, 3, 9):
        engine = an_engine()
        engine.restore(state)
        list(engine.epochs(until))
        state = checkpoints.load(checkpoints.save("trial", engine.state(), epoch=until)).state

    assert_same_weights(state, whole.state())


TRAIN_ON = """
import sys
from pathlib import Path

import torch

from assay_trainer.checkpoints import Checkpoints
from assay_trainer.config import ImageConfig
from assay_trainer.engine import Engine
from assay_trainer.testing.builders import some_data

torch.set_num_threads(1)
until, config, uri, root = int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
engine = Engine(some_data(40), ImageConfig.model_validate_json(config), max_epochs=9, device="cpu")
if uri:
    engine.restore(Checkpoints(root).load(uri).state)
list(engine.epochs(until))
print(Checkpoints(root).save("trial", engine.state(), epoch=until))
"""


@pytest.mark.slow
def test_nine_epochs_are_one_and_two_and_six_in_processes_of_their_own(tmp_path: Path) -> None:
    """Nothing that a process remembers is needed to resume; the weights agree bit for bit."""
    config = EVERYTHING_RANDOM.model_copy(update={"model": CnnConfig(width=4, blocks=2, dropout=0.3)})
    whole = an_engine(config)
    list(whole.epochs(9))

    uri = ""
    for until in (1, 3, 9):
        command = [sys.executable, "-c", TRAIN_ON, str(until), config.model_dump_json(), uri, str(tmp_path)]
        uri = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert_same_weights(Checkpoints(tmp_path).load(uri).state, whole.state())


def test_two_trainings_in_one_process_do_not_disturb_each_other() -> None:
    """The randomness of an epoch is its own, and torch's generator is left as it was."""
    alone, one, other = an_engine(), an_engine(), an_engine(a_config(seed=3))
    list(alone.epochs(2))

    for _ in zip(one.epochs(2), other.epochs(2), strict=True):
        torch.rand(5)

    assert_same_weights(one.state(), alone.state())


def test_training_leaves_the_callers_randomness_alone() -> None:
    """A library does not reseed its caller."""
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)

    list(an_engine().epochs(1))

    assert torch.equal(torch.rand(3), expected)


def test_the_first_epochs_do_not_depend_on_where_the_rung_ends() -> None:
    """Stopping at two and training on to nine share their first two results."""
    short = [result.train_loss for result in an_engine().epochs(2)]
    long = [result.train_loss for result in an_engine().epochs(9)]

    assert long[:2] == short


def test_the_reported_numbers_are_those_of_an_obvious_evaluation() -> None:
    """Error and loss agree with the three lines anyone would write."""
    data = open_digits().for_search()
    engine = Engine(data, a_config(), max_epochs=1, device="cpu")

    (result,) = engine.epochs(1)

    logits = engine.model.eval()(data.validation.inputs)
    labels = data.validation.targets
    assert result.validation_error == pytest.approx((logits.argmax(1) != labels).float().mean().item())
    assert result.validation_loss == pytest.approx(cross_entropy(logits, labels).item(), rel=1e-5)
    assert result.samples_per_s > 0.0


def test_digits_are_learnt() -> None:
    """The baseline configuration gets most digits right within ten epochs."""
    *_, last = Engine(open_digits().for_search(), ImageConfig(), max_epochs=10, device="cpu").epochs(10)

    assert last.validation_error < 0.15


def with_nan_at(row: int, data: SearchData) -> SearchData:
    images = data.train.inputs.clone()
    images[row] = torch.nan
    return replace(data, train=Labelled(inputs=images, targets=data.train.targets))


def test_a_loss_that_is_not_finite_is_named_by_epoch_and_step() -> None:
    """Forty samples in batches of at most sixteen are three steps; one of them holds the bad image."""
    data = with_nan_at(0, some_data(40))
    engine = Engine(data, a_config(), max_epochs=2, device="cpu")

    with pytest.raises(NonFiniteLoss, match=r"loss is nan in epoch 1 at step [123]") as raised:
        list(engine.epochs(2))

    assert raised.value.epoch == 1


def test_a_loss_that_is_not_finite_in_validation_is_told_apart() -> None:
    """The training may have ended with weights that only the validation finds out about."""
    good = some_data(40)
    broken = with_nan_at(3, good)
    data = replace(good, validation=broken.train)

    with pytest.raises(NonFiniteLoss, match="in epoch 1 in validation"):
        list(Engine(data, a_config(), max_epochs=1, device="cpu").epochs(1))


def test_an_interruption_is_noticed_before_the_next_step() -> None:
    """A worker that must leave does not finish its epoch."""
    answers = iter([False, False, True])
    engine = Engine(some_data(80), a_config(), max_epochs=1, device="cpu", is_interrupted=lambda: next(answers))

    with pytest.raises(Interrupted, match="in epoch 1 before step 3"):
        list(engine.epochs(1))


def test_a_torn_epoch_cannot_be_saved() -> None:
    """Half an epoch is nothing that a resumption could continue."""
    engine = Engine(some_data(), a_config(), max_epochs=1, device="cpu", is_interrupted=lambda: True)
    with pytest.raises(Interrupted):
        list(engine.epochs(1))

    with pytest.raises(AssertionError, match="interrupted epoch"):
        engine.state()


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("config", lambda: an_engine(a_config(lr=0.05))),
        ("dataset", lambda: an_engine(num=24)),
        ("max_epochs", lambda: an_engine(max_epochs=27)),
    ],
)
def test_a_state_of_another_training_is_refused(field: str, other: Callable[[], Engine]) -> None:
    """Weights that would fit by shape alone are not resumed from."""
    with pytest.raises(StateMismatch, match=f"the state's {field} is"):
        an_engine().restore(other().state())


def test_fp16_on_a_cpu_is_refused() -> None:
    """It would silently be another format."""
    config = ImageConfig(training=TrainingConfig(precision="16-mixed"))

    with pytest.raises(UnsupportedPrecision, match="'16-mixed' is not supported on cpu"):
        Engine(some_data(), config, max_epochs=1, device="cpu")


def test_bf16_trains_on_a_cpu() -> None:
    """Mixed precision keeps the weights in 32 bits."""
    config = a_config().model_copy(update={"training": TrainingConfig(batch_size=16, precision="bf16-mixed")})
    engine = Engine(some_data(), config, max_epochs=30, device="cpu")

    *_, last = engine.epochs(30)

    assert last.validation_error == 0.0
    assert {weight.dtype for weight in engine.model.parameters()} == {torch.float32}


def test_a_batch_larger_than_the_data_is_the_data() -> None:
    """Three images are one step."""
    (result,) = Engine(some_data(3), a_config(), max_epochs=1, device="cpu").epochs(1)

    assert result.epoch == 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator")
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
def test_an_accelerator_resumes_and_learns(precision: Precision) -> None:
    """Every precision trains on the device, its state survives a pause, and eight images are learnt."""
    config = a_config().model_copy(update={"training": TrainingConfig(batch_size=16, precision=precision)})
    first = Engine(some_data(), config, max_epochs=60, device="cuda")
    list(first.epochs(20))
    second = Engine(some_data(), config, max_epochs=60, device="cuda")
    second.restore(first.state())

    *_, last = second.epochs(60)

    assert last.validation_error == 0.0
