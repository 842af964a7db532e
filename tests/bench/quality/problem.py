"""A problem: a function whose best is known, dressed as a training that a study tunes.

To add one, write a module with a `PROBLEM` (the shortest is problems/hartmann6.py) and give its path in place of a
name, or a row in problems/table.py. Keep to this:

- every objective is minimised, and a constraint is kept where its metric is at most 0;
- `evaluate` is a plain function of the configuration and the step, without noise or memory;
- `best` is proved or computed by something that searches nothing (a formula, an enumeration), and a test holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay.space import Boolean, Choice, Double, Integer, Parameter, Scalar
from tests.bench.quality.errors import WrongArgument

Configuration = Mapping[str, Scalar]
"""A value for each active parameter."""
Metrics = Mapping[str, float]
Evaluate = Callable[[Configuration, int], Metrics]

TRIALS = 100.0
"""Budget of a problem without a fidelity."""
FULL_EVALUATIONS = 40.0
"""Budget of a problem with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is searched, and how good the best is."""

    name: str
    summary: str
    """A line for tables: what is hard about it, and its source."""
    space: Mapping[str, Parameter]
    evaluate: Evaluate
    """Metrics of a configuration after so many steps: every objective and every constraint."""
    objectives: tuple[str, ...]
    best: float
    """Of several objectives the largest hypervolume that feasible points can dominate; the least value of one."""
    reference: tuple[float, ...] = ()
    """Of several objectives: values that are no better than these are worth nothing. Thresholds for an optimizer."""
    constraints: tuple[str, ...] = ()
    max_step: int = 1
    """Steps of a full evaluation; more than 1: cheap evaluations stop earlier and are told apart by the step."""

    @property
    def has_fidelity(self) -> bool:
        """Whether less than a full evaluation can be bought."""
        return self.max_step > 1

    @property
    def has_front(self) -> bool:
        """Whether there are several objectives."""
        return len(self.objectives) > 1

    @property
    def budget(self) -> float:
        """Usual budget, in full evaluations."""
        return FULL_EVALUATIONS if self.has_fidelity else TRIALS

    def validate(self) -> None:
        """Raises WrongArgument when its parts do not fit together."""
        wanted = len(self.objectives) if self.has_front else 0
        if len(self.reference) != wanted:
            raise WrongArgument(f"{self.name}: {len(self.reference)} coordinates of a reference point, not {wanted}")
        if self.max_step < 1:
            raise WrongArgument(f"{self.name}: max_step {self.max_step} is not at least 1")


def active(space: Mapping[str, Parameter], configuration: Configuration) -> dict[str, Scalar]:
    """The parameters that exist under the others' values, for optimizers that know no conditions.

    Raises KeyError when an active parameter has no value.
    """
    found: dict[str, Scalar] = {}
    for name, parameter in space.items():
        if all(c.parameter in found and found[c.parameter] in c.values for c in parameter.conditions):
            found[name] = configuration[name]
    return found


def from_unit(parameter: Parameter, at: float) -> Scalar:
    """The value of *parameter* at *at* in [0, 1) of its range; for tests and for those that draw at random."""
    at = min(max(at, 0.0), 1.0 - 1e-12)
    match parameter.kind:
        case Double(min=low, max=high, log=True):
            return float(low * (high / low) ** at)
        case Double(min=low, max=high):
            return low + at * (high - low)
        case Integer(min=low, max=high):
            return low + int(at * (high - low + 1))
        case Choice(values=values):
            return values[int(at * len(values))]
        case Boolean():
            return at >= 0.5
        case other:
            raise ValueError(f"{type(other).__name__} is not searched")
