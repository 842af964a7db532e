"""Augmentation of a batch on the device it lies on, drawn for each image by itself; by kornia.

Randomness is torch's own, which the engine seeds for each epoch: a resumed training sees the same images.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from assay_trainer.config import AugmentationConfig, StandardAugmentation
from assay_trainer.goal import Blend
from assay_trainer.models.shapes import ImageShape

Augment = Callable[[Tensor], tuple[Tensor, tuple[Blend, ...]]]
"""A batch of images -> other images, and how they were blended with each other."""

LARGEST_BLANK, SMALLEST_BLANK = 0.33, 0.02
"""Share of the area that erasing blanks, as in its paper."""


class AugmentationMissing(ImportError):
    """The library that augments is not installed."""

    def __init__(self) -> None:
        super().__init__("augmentation needs kornia; get it with: pip install 'assay[images]'")


def can_augment() -> bool:
    """Whether the library is there."""
    return find_spec("kornia") is not None


def build_augmentation(config: AugmentationConfig, shape: ImageShape) -> Augment:
    """What is done to each batch of training images.

    Raises:
        AugmentationMissing: when it needs a library that is not installed.
    """
    if not isinstance(config, StandardAugmentation):
        return lambda images: (images, ())
    if not can_augment():
        raise AugmentationMissing
    single = _single(config, shape)
    mixers = _mixers(config)

    def augment(images: Tensor) -> tuple[Tensor, tuple[Blend, ...]]:
        images = single(images)
        for probability, mixer in mixers:
            if torch.rand(()).item() < probability:
                return _mixed(mixer, images)
        return images, ()

    return augment


def _single(config: StandardAugmentation, shape: ImageShape) -> nn.Sequential:
    from kornia import augmentation as kornia

    steps: list[nn.Module] = []
    if config.crop_scale < 1.0:
        steps.append(kornia.RandomResizedCrop((shape.height, shape.width), scale=(config.crop_scale, 1.0)))
    if config.flip:
        steps.append(kornia.RandomHorizontalFlip(p=0.5))
    if config.jitter > 0.0:
        around = (1.0 - config.jitter, 1.0 + config.jitter)
        steps += [kornia.RandomBrightness(around, clip_output=False), kornia.RandomContrast(around, clip_output=False)]
        if shape.channels == 3:
            steps.append(kornia.RandomSaturation(around))
    if config.erasing > 0.0:
        steps.append(kornia.RandomErasing(scale=(SMALLEST_BLANK, LARGEST_BLANK), p=config.erasing))
    return nn.Sequential(*steps)


def _mixers(config: StandardAugmentation) -> list[tuple[float, nn.Module]]:
    from kornia import augmentation as kornia

    keys = ["input", "class"]
    mixers: list[tuple[float, nn.Module]] = []
    if config.mixup > 0.0:
        mixers.append((config.mixup, kornia.RandomMixUpV2(data_keys=keys, p=1.0)))
    if config.cutmix > 0.0:
        mixers.append((config.cutmix, kornia.RandomCutMixV2(data_keys=keys, p=1.0, use_correct_lambda=True)))
    return mixers


def _mixed(mixer: nn.Module, images: Tensor) -> tuple[Tensor, tuple[Blend, ...]]:
    """The library pairs labels up; we give it places in the batch, and learn who the partners are."""
    places = torch.arange(len(images), device=images.device, dtype=images.dtype)
    mixed, pairs = mixer(images, places)
    # A row for each image: own place, partner, share. Of mixup it is the partner's share, (images), and of cutmix
    # the own one, with a dimension more (rounds, images).
    is_own = pairs.dim() == 3
    rounds = pairs if is_own else pairs[None]
    return mixed, tuple(_blend(pair, is_own=is_own) for pair in rounds)


def _blend(pair_B3: Tensor, *, is_own: bool) -> Blend:
    shares = 1.0 - pair_B3[:, 2] if is_own else pair_B3[:, 2]
    return Blend(partners_B=pair_B3[:, 1].long(), shares_B=shares)
