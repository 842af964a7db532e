"""What is done to training images: the configuration of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay_trainer.config.schema import SEARCHED, Schema


class NoAugmentation(Schema):
    """Images as they are."""

    kind: Literal["none"] = "none"


class StandardAugmentation(Schema):
    """Crops, brightness, erasing and mixing, drawn for each image by itself. Needs the extra `images` (kornia)."""

    kind: Literal["standard"] = "standard"
    crop_scale: Annotated[float, Field(ge=0.3, le=1.0), SEARCHED] = 0.8
    """Smallest share of the area that a random crop keeps, before it is scaled back; 1 crops nothing."""
    flip: bool = False
    """Mirror half of the images; given and not searched, because it changes what some images mean."""
    jitter: Annotated[float, Field(ge=0.0, le=0.5), SEARCHED] = 0.1
    """Brightness and contrast (and saturation, of three channels) change by up to this share."""
    erasing: Annotated[float, Field(ge=0.0, le=0.5), SEARCHED] = 0.0
    """Probability that a rectangle is blanked. Zhong et al. 2020."""
    mixup: Annotated[float, Field(ge=0.0, le=1.0), SEARCHED] = 0.0
    """Share of the batches in which images are blended in pairs. Zhang et al. 2018."""
    cutmix: Annotated[float, Field(ge=0.0, le=1.0), SEARCHED] = 0.0
    """Share of the other batches in which rectangles are swapped. Yun et al. 2019."""


AugmentationConfig = NoAugmentation | StandardAugmentation
