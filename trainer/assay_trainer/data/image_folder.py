"""Folders of images: one folder for each class, named after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from assay_trainer.data.dataset import BadData, DataSet, with_classes
from assay_trainer.data.files import Reading

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
BRIGHTEST = np.float32(255)
GREY = frozenset({"1", "L", "LA"})
"""Modes of Pillow without colour."""


def read_image_folder(reading: Reading) -> DataSet:
    """All images below the folder; grey if all of them are, otherwise in three channels.

    Raises:
        BadData: no classes, an image that cannot be read, images of several sizes without an edge to scale to.
    """
    root, name = reading.path, str(reading.path)
    classes = tuple(sorted(folder.name for folder in root.iterdir() if folder.is_dir() and any(_images(folder))))
    if not classes:
        raise BadData(name, "holds no folders with images; there must be one for each class")
    paths = [(path, code) for code, label in enumerate(classes) for path in _images(root / label)]
    images = [_read(name, path, reading.edge) for path, _ in paths]
    _check_sizes(name, [path for path, _ in paths], images)
    mode = "L" if all(image.mode in GREY for image in images) else "RGB"
    inputs = np.stack([_values(image.convert(mode)) for image in images])
    codes = np.asarray([code for _, code in paths], dtype=np.int64)
    return with_classes(root.name, "images", inputs, codes, classes)


def _images(folder: Path) -> Iterator[Path]:
    """In an order that does not depend on the file system."""
    yield from sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def _read(name: str, path: Path, edge: int | None) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            loaded = image.copy()
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise BadData(name, f"{path.relative_to(name)} cannot be read as an image: {error}") from error
    if loaded.mode.startswith(("I", "F")):
        raise BadData(name, f"{path.relative_to(name)} has pixels of mode {loaded.mode}; make them 8 bits deep")
    if loaded.mode in {"P", "RGBA"}:
        loaded = loaded.convert("RGB")
    return loaded if edge is None else loaded.resize((edge, edge), Image.Resampling.BILINEAR)


def _check_sizes(name: str, paths: list[Path], images: list[Image.Image]) -> None:
    for path, image in zip(paths, images, strict=True):
        if image.size != images[0].size:
            first, other = ("x".join(map(str, size)) for size in (images[0].size, image.size))
            reason = f"{paths[0].relative_to(name)} has {first} pixels and {path.relative_to(name)} {other}"
            raise BadData(name, f"{reason}; scale all to one size with --edge")


def _values(image: Image.Image) -> NDArray[np.float32]:
    """(channels, height, width) between 0 and 1."""
    pixels = np.asarray(image, dtype=np.float32) / BRIGHTEST
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
