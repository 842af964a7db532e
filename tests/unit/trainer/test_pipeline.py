"""What is done beside the plain loop: it changes what it should, and it resumes exactly."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assay_trainer.augment import build_augmentation
from assay_trainer.checkpoints import Checkpoints
from assay_trainer.config import (
    AdamWConfig,
    HybridConfig,
    ImageConfig,
    ImageDataConfig,
    MlpConfig,
    MuonConfig,
    OneCycleConfig,
    RegularizationConfig,
    SgdConfig,
    StandardAugmentation,
    TrainConfig,
    TrainingConfig,
    VitConfig,
)
from assay_trainer.engine import Engine, used_weights
from assay_trainer.fidelity import Fidelity, UnknownFidelity, at_fidelity, find_fidelity
from assay_trainer.flat import ConfigError
from assay_trainer.goal import aims_of
from assay_trainer.models.shapes import ImageShape
from assay_trainer.models.table import build_model
from assay_trainer.optimizers import build_optimizers
from assay_trainer.testing.builders import a_config, a_table_config, some_data
from assay_trainer.testing.family_contract import assert_same_weights, weights_of

pytestmark = pytest.mark.torch

EVERYTHING = ImageConfig(
    model=HybridConfig(width=16, heads=2, dropout=0.2, stochastic_depth=0.2),
    optimizer=MuonConfig(),
    schedule=OneCycleConfig(),
    regularization=RegularizationConfig(label_smoothing=0.1, ema=0.1),
    training=TrainingConfig(batch_size=16, accumulation=2, clip_norm=1.0, channels_last=True, deterministic=True),
    data=ImageDataConfig(normalization="standard", resolution=0.75),
    augmentation=StandardAugmentation(erasing=0.3, mixup=0.4, cutmix=0.5, flip=True),
    seed=7,
)

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


def trained(config: TrainConfig, *, epochs: int = 2, num: int = 40) -> Engine:
    engine = Engine(some_data(num), config, max_epochs=epochs, device="cpu")
    list(engine.epochs(epochs))
    return engine


@pytest.mark.slow
def test_everything_at_once_resumes_exactly_over_three_processes(tmp_path: Path) -> None:
    """Augmentation, mixing, averaging, Muon: 1 + 2 + 6 epochs in three processes are nine in one, bit for bit."""
    whole = trained(EVERYTHING, epochs=9)

    uri = ""
    for until in (1, 3, 9):
        command = [sys.executable, "-c", TRAIN_ON, str(until), EVERYTHING.model_dump_json(), uri, str(tmp_path)]
        uri = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert_same_weights(Checkpoints(tmp_path).load(uri).state, whole.state())


def test_accumulation_changes_nothing_but_the_rounding() -> None:
    """Four parts of a batch give the gradient of the batch; parts of unequal size as well."""
    plain = a_config(VitConfig(width=16)).model_copy(update={"optimizer": SgdConfig(lr=0.1)})
    parts = plain.model_copy(update={"training": TrainingConfig(batch_size=16, accumulation=3)})

    for name, weight in weights_of(trained(plain, epochs=1).state()).items():
        torch.testing.assert_close(weights_of(trained(parts, epochs=1).state())[name], weight, rtol=1e-4, atol=1e-5)


def test_a_clipped_step_is_short() -> None:
    """With SGD the step is the rate times the gradient, which is no longer than allowed."""
    config = ImageConfig(
        model=MlpConfig(width=8),
        optimizer=SgdConfig(lr=1.0, momentum=0.0, weight_decay=1e-6),
        training=TrainingConfig(batch_size=64, clip_norm=1e-3),
    )
    engine = Engine(some_data(40), config, max_epochs=1, device="cpu")
    before = {name: weight.clone() for name, weight in weights_of(engine.state()).items()}
    list(engine.epochs(1))

    moved = sum((weight - before[name]).square().sum() for name, weight in weights_of(engine.state()).items())

    assert 0.5e-3 < float(moved) ** 0.5 < 1.1e-3


def test_averaged_weights_are_used_and_lie_behind() -> None:
    """The model that is evaluated has the average, the one that trains goes on ahead."""
    engine = trained(a_config().model_copy(update={"regularization": RegularizationConfig(ema=0.2)}), epochs=4)
    state = engine.state()
    trained_weights, used = state["model"], used_weights(state)
    assert isinstance(trained_weights, dict)

    assert used.keys() == trained_weights.keys()
    assert all(torch.equal(weight, engine.model.state_dict()[name]) for name, weight in used.items())
    assert not torch.equal(used["1.weight"], trained_weights["1.weight"])


def test_muon_takes_the_matrices_inside_and_adamw_the_rest() -> None:
    """Every weight is in one of them; the first layer's and the head's are not Muon's."""
    module = build_model(VitConfig(width=16, depth=1), ImageShape(channels=1, height=8, width=8, num_outputs=2))
    adamw, muon = build_optimizers(MuonConfig(), module)
    names = {id(weight): name for name, weight in module.named_parameters()}
    taken = {names[id(weight)] for group in muon.param_groups for weight in group["params"]}
    others = {names[id(weight)] for group in adamw.param_groups for weight in group["params"]}

    assert taken | others == set(names.values())
    assert taken == {
        "blocks.0.attention.1.project.weight",
        "blocks.0.attention.1.merge.weight",
        "blocks.0.perceptron.1.weight",
        "blocks.0.perceptron.4.weight",
    }


@pytest.mark.parametrize("optimizer", [SgdConfig(lr=0.05), AdamWConfig(lr=1e-2), MuonConfig(lr=1e-2)])
def test_every_optimizer_learns(optimizer: SgdConfig | AdamWConfig | MuonConfig) -> None:
    """Forty images are half learnt by heart within thirty epochs."""
    config = a_config(MlpConfig(width=64)).model_copy(update={"optimizer": optimizer})
    engine = Engine(some_data(40), config, max_epochs=30, device="cpu")

    first, *_, last = engine.epochs(30)

    assert last.validation_loss < first.validation_loss / 2


def test_augmentation_draws_for_each_image_by_itself() -> None:
    """Two equal images become different ones, of the same size."""
    augment = build_augmentation(
        StandardAugmentation(crop_scale=0.5, jitter=0.3), ImageShape(channels=3, height=8, width=8, num_outputs=2)
    )
    torch.manual_seed(0)
    image = torch.rand(1, 3, 8, 8)

    (first, second), blends = augment(image.repeat(2, 1, 1, 1))

    assert first.shape == (3, 8, 8)
    assert not torch.equal(first, second)
    assert blends == ()


@pytest.mark.parametrize("mixing", [StandardAugmentation(mixup=1.0), StandardAugmentation(cutmix=1.0)])
def test_blended_images_have_blended_targets(mixing: StandardAugmentation) -> None:
    """Images that are all zero or all one: the mean of a blend is the share of the class that is one."""
    shape = ImageShape(channels=1, height=16, width=16, num_outputs=2)
    augment = build_augmentation(mixing.model_copy(update={"crop_scale": 1.0, "jitter": 0.0}), shape)
    targets = torch.tensor([0, 1, 0, 1, 1, 0, 1, 0])
    images = targets[:, None, None, None].float().expand(-1, 1, 16, 16).clone()
    torch.manual_seed(3)

    mixed, blends = augment(images)
    aims = aims_of(some_data(8, num_classes=2).target, targets, blends)

    assert not torch.equal(mixed, images)
    torch.testing.assert_close(aims[:, 1], mixed.mean(dim=(1, 2, 3)), rtol=0, atol=1e-5)


def test_a_share_of_the_data_holds_every_smaller_one() -> None:
    """And it is what is trained on."""
    half, quarter = (
        Engine(
            some_data(40),
            a_config().model_copy(update={"data": ImageDataConfig(fraction=fraction)}),
            max_epochs=1,
            device="cpu",
        ).prepared.train.inputs
        for fraction in (0.5, 0.25)
    )

    assert len(half) == 20
    assert {tuple(image.flatten().tolist()) for image in quarter} < {tuple(image.flatten().tolist()) for image in half}


def test_validation_and_test_are_prepared_like_the_training_part() -> None:
    """By the training part's mean and deviation, at the configured resolution."""
    data = some_data(40)
    shifted = replace(data, validation=replace(data.validation, inputs=data.validation.inputs + 1.0))
    config = a_config().model_copy(update={"data": ImageDataConfig(normalization="standard", resolution=0.5)})

    prepared = Engine(shifted, config, max_epochs=1, device="cpu").prepared

    assert prepared.train.inputs.mean().item() == pytest.approx(0.0, abs=0.02)
    assert prepared.validation.inputs.mean().item() == pytest.approx(1.0 / data.train.inputs.std().item(), rel=0.02)
    assert prepared.validation.inputs.shape[-2:] == (4, 4)


@pytest.mark.parametrize(
    ("fidelity", "config", "change"),
    [
        (Fidelity.EPOCH, a_config(), {}),
        (Fidelity.DATA, a_config(), {"data": ImageDataConfig(fraction=0.5)}),
        (Fidelity.RESOLUTION, a_config(), {"data": ImageDataConfig(resolution=0.5)}),
        (Fidelity.WIDTH, a_config(), {"model": MlpConfig(width=8)}),
        (Fidelity.WIDTH, a_config(VitConfig(width=48)), {"model": VitConfig(width=24)}),
    ],
)
def test_a_budget_changes_one_field(fidelity: Fidelity, config: ImageConfig, change: dict[str, object]) -> None:
    """Half of the budget is half of what it is counted in; all of it is the configuration itself."""
    assert at_fidelity(config, fidelity, step=50, full=100) == config.model_copy(update=change)
    assert at_fidelity(config, fidelity, step=100, full=100) == config


def test_a_table_has_no_resolution() -> None:
    """It is told, with the path."""
    with pytest.raises(ConfigError, match=r"data\.resolution = 0\.5"):
        at_fidelity(a_table_config(), Fidelity.RESOLUTION, step=50, full=100)


def test_a_fidelity_that_the_trainer_does_not_know_is_refused() -> None:
    """The message says what there is."""
    with pytest.raises(UnknownFidelity, match="'tokens' is unknown to the trainer; there are epoch, percent_of_data"):
        find_fidelity("tokens")
