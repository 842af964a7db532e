"""Populations: how the configuration of a better member is explored (Jaderberg et al. 2017).

Numbers are multiplied by 0.8 or 1.2, as in the paper, and every value is drawn anew with a probability of one
quarter. A number that this leaves as it was goes to the next value instead; an ordered choice goes to a neighbour.
"""

from __future__ import annotations

from random import Random

from .scale import from_unit, snapped
from .space import Categorical, Configuration, Derived, Double, Fixed, Integer, Kind, SearchSpace, Value, derive, same

FACTORS = (0.8, 1.2)
RESAMPLE_PROBABILITY = 0.25
MAX_TRIES = 64
NUM_NOTCHES = 20
"""Steps that the range of a continuous parameter has where a factor does not change the value: at zero."""


def explored(space: SearchSpace, configuration: Configuration, chance: Random) -> dict[str, Value]:
    """A configuration near to *configuration*, complete, that keeps all parameter constraints.

    The same one if none of MAX_TRIES keeps them or differs.
    """
    for _ in range(MAX_TRIES):
        found = _perturbed(space, configuration, chance)
        if space.is_feasible(found) and found != configuration:
            return found
    return dict(configuration)


def _perturbed(space: SearchSpace, configuration: Configuration, chance: Random) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for p in space.in_order():
        if not space.is_active(p, values):
            continue
        match p.kind:
            case Fixed():
                values[p.name] = p.kind.value
            case Derived():
                values[p.name] = derive(p.kind, values)
            case _:
                values[p.name] = _value(p.kind, configuration.get(p.name), chance)
    return values


def _value(kind: Kind, before: Value | None, chance: Random) -> Value:
    if before is None or chance.random() < RESAMPLE_PROBABILITY:
        return from_unit(kind, chance.random())
    is_up = chance.random() < 0.5
    if isinstance(kind, Double | Integer):
        return _scaled(kind, float(before), is_up=is_up)
    if isinstance(kind, Categorical) and kind.ordered:
        index = next((i for i, v in enumerate(kind.values) if same(v, before)), 0) + (1 if is_up else -1)
        return kind.values[min(len(kind.values) - 1, max(0, index))]
    return before


def _scaled(kind: Double | Integer, before: float, *, is_up: bool) -> Value:
    moved = snapped(kind, before * FACTORS[is_up])
    if moved != before:
        return moved
    notch = kind.step or (1 if isinstance(kind, Integer) else (kind.max - kind.min) / NUM_NOTCHES)
    return snapped(kind, before + (notch if is_up else -notch))
