"""How much is spent on a suggestion: more where it pays."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_BATCH = 4
"""Candidates of one fit that are optimised, each conditioned on those before; further ones are sampled."""

HURRY = ((8, DEFAULT_BATCH), (16, 1))
"""Candidates asked for at once, and how many of them are optimised below that; none beyond the last.

Many are asked for where trials are shorter than fits: at 200 trials four optimised ones cost 14 s and none 2 s.
"""

CROWDED = 12
"""Points on the front from which on the acquisition has many local optima."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Counts of the optimizer of the acquisition."""

    num_climbed: int
    """Candidates that are optimised."""
    pool_size: int
    num_starts: int
    num_rounds: int
    num_steps: int
    """Steps along the gradient in a round."""
    num_near: int
    """Random neighbours of each start looked at in a round."""


def effort_for(
    *, count: int, batch_size: int | None, has_constraints: bool, num_on_front: int, has_choices: bool
) -> Effort:
    """Light where the acquisition is smooth; twice the starts for outcome constraints and for crowded fronts."""
    is_hard = has_constraints or num_on_front >= CROWDED
    return Effort(
        num_climbed=batch_size or next((climbed for below, climbed in HURRY if count < below), 0),
        pool_size=768 if is_hard else 512,
        num_starts=6 if is_hard else 3,
        num_rounds=2,
        num_steps=12 if has_choices else 25,
        num_near=16,
    )
