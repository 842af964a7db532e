"""Seeds for purposes."""

from __future__ import annotations

import pytest
import torch

from assay_trainer.seeding import derive_seed, generator, seeded

pytestmark = pytest.mark.torch


def test_a_purpose_has_one_seed() -> None:
    """The number is part of what makes an old trial reproducible, so it never changes."""
    assert derive_seed(0, "weights") == 133_441_691_874_178_746


def test_purposes_do_not_collide() -> None:
    """Neither do seeds, nor epochs of one purpose."""
    seeds = {
        derive_seed(seed, purpose, epoch)
        for seed in range(10)
        for purpose in ("epoch", "order")
        for epoch in range(100)
    }

    assert len(seeds) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_generator_starts_where_its_purpose_says() -> None:
    """Two generators for one purpose draw the same."""
    draws = [torch.rand(3, generator=generator(1, "order", 2)) for _ in range(2)]

    assert torch.equal(*draws)


def test_a_seeded_block_puts_everything_back_also_after_an_error() -> None:
    """What follows does not depend on how the block ended."""
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)

    with pytest.raises(RuntimeError, match="size"), seeded(torch.device("cpu"), 5, "epoch"):
        torch.rand(1).expand(2, 3).view(5)

    assert torch.equal(torch.rand(2), expected)
