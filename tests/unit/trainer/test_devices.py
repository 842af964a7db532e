"""Devices are found by name, and what they cannot do is refused."""

from __future__ import annotations

import pytest
import torch

from assay_trainer.devices import UnsupportedDevice, find_device, is_out_of_memory

pytestmark = pytest.mark.torch


def test_running_out_of_memory_is_recognised() -> None:
    """On a CPU torch raises a plain error that only its text tells apart."""
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60)

    assert is_out_of_memory(raised.value)
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


def test_a_named_device_is_taken_at_its_word() -> None:
    """Only `auto` looks for an accelerator."""
    assert find_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "tpu", "cuda:x", ""])
def test_a_device_that_is_not_there_is_refused_by_name(device: str) -> None:
    """Before any trial is asked for."""
    with pytest.raises(UnsupportedDevice, match=f"cannot train on device '{device}'"):
        find_device(device)
