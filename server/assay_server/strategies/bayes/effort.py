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
    num_polished: int
    """The best that arrive climb the sampled improvement too."""
    num_polishing_steps: int
    num_near: int
    """Random neighbours of each start looked at in a round."""


MANY_ROWS = 200
"""From here on the sampled improvement costs too much to be climbed by more than one."""


def effort_for(
    *, count: int, batch_size: int | None, num_rows: int, has_constraints: bool, num_on_front: int, has_choices: bool
) -> Effort:
    """Light where the acquisition is smooth; more starts for outcome constraints and for crowded fronts."""
    is_hard = has_constraints or num_on_front >= CROWDED
    return Effort(
        num_climbed=batch_size or next((climbed for below, climbed in HURRY if count < below), 0),
        pool_size=1536 if is_hard else 1024,
        num_starts=12 if is_hard else 8,
        num_rounds=2,
        num_steps=20 if has_choices else 40,
        num_polished=1 if num_rows > MANY_ROWS else 4 if is_hard else 2,
        num_polishing_steps=10,
        num_near=32,
    )
