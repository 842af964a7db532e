"""The digits: a fixed split, a sealed test part, a fingerprint."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from assay_trainer.data.batches import Batches
from assay_trainer.data.bundled import open_digits
from assay_trainer.data.labelled import SearchData, fingerprint
from assay_trainer.seeding import generator
from assay_trainer.tasks.table import UnknownTask, find_task, open_task
from assay_trainer.testing.builders import some_images

pytestmark = pytest.mark.torch


def test_the_split_is_the_one_that_was_published() -> None:
    """Another split makes old results incomparable, so it is a decision."""
    data = open_digits().for_search()

    assert (len(data.train), len(data.validation), len(open_digits().sealed_test())) == (1077, 360, 360)
    assert data.fingerprint == "7799d1d6df33a2215a714320a57628ec8eb97606d7b5742b780f872f9b9fc4a8"


def test_a_search_cannot_reach_the_test_part() -> None:
    """No field of what it is given holds it, and no image of it is in the other parts."""
    data = open_digits().for_search()
    seen = {tuple(image.flatten().tolist()) for part in (data.train, data.validation) for image in part.inputs}
    sealed = {tuple(image.flatten().tolist()) for image in open_digits().sealed_test().inputs}

    assert {field.name for field in fields(SearchData)} == {
        "name",
        "kind",
        "train",
        "validation",
        "target",
        "columns",
        "fingerprint",
    }
    assert seen.isdisjoint(sealed)


def test_every_class_is_in_every_part_in_proportion() -> None:
    """No class makes up less than eight or more than twelve percent of a part."""
    data = open_digits().for_search()

    for part in (data.train, data.validation, open_digits().sealed_test()):
        shares = torch.bincount(part.targets, minlength=10) / len(part)
        assert shares.min() > 0.08
        assert shares.max() < 0.12


def test_images_are_between_zero_and_one() -> None:
    """One channel of eight by eight."""
    images = open_digits().for_search().train.inputs

    assert images.shape[1:] == (1, 8, 8)
    assert (images.min().item(), images.max().item()) == (0.0, 1.0)


def test_a_fingerprint_sees_content_labels_and_split() -> None:
    """Changing any of them changes it; computing it again does not."""
    images, labels = np.zeros((2, 1, 1, 1), np.float32), np.array([0, 1])
    parts = {"train": np.array([0]), "validation": np.array([1])}
    swapped = {"train": np.array([1]), "validation": np.array([0])}

    prints = [
        fingerprint(images, labels, parts),
        fingerprint(images + 1, labels, parts),
        fingerprint(images, labels[::-1], parts),
        fingerprint(images, labels, swapped),
    ]

    assert len(set(prints)) == 4
    assert fingerprint(images.copy(), labels.copy(), dict(parts)) == prints[0]


def test_a_task_that_does_not_exist_is_refused_by_name() -> None:
    """The message says what there is."""
    with pytest.raises(UnknownTask, match="'digit' is unknown; there are digits"):
        find_task("digit")


def test_a_task_is_opened_by_name() -> None:
    """The table leads to the data."""
    assert open_task(find_task("digits")).name == "digits"


def test_an_epoch_visits_every_image_once_in_even_batches() -> None:
    """Ten images in batches of at most four are batches of four, three and three."""
    batches = Batches(some_images(10, num_classes=10), torch.device("cpu"))

    labels = [labels for _, labels in batches.shuffled(4, generator(0, "order"))]

    assert [len(part) for part in labels] == [4, 3, 3]
    assert sorted(torch.cat(labels).tolist()) == list(range(10))


def test_images_keep_their_labels_when_shuffled() -> None:
    """The pairs are those of the data."""
    data = some_images(10, num_classes=10)

    for images, labels in Batches(data, torch.device("cpu")).shuffled(4, generator(0, "order")):
        assert torch.equal(images, data.inputs[labels])


def test_in_order_is_in_order() -> None:
    """Evaluation needs no randomness."""
    data = some_images(10, num_classes=10)

    labels = [labels for _, labels in Batches(data, torch.device("cpu")).in_order(4)]

    assert torch.equal(torch.cat(labels), data.targets)
