"""Variation: a child of two configurations, and a configuration changed in some places.

Where conditions are: a branch that one parent has is inherited whole from it, one that both have is crossed
parameter by parameter, and one that neither has (a switch was turned on) is drawn.
"""

from __future__ import annotations

from collections.abc import Container
from random import Random

from assay_server.domain.space import Boolean, Categorical, Parameter, Value, same

from .genes import Genome, Line, Values, drawn, other_choice
from .operators import polynomial, simulated_binary


def crossed(genome: Genome, mother: Values, father: Values, chance: Random, *, eta: float) -> Values:
    """A child: numbers by simulated binary crossover, half of them just inherited, choices from one of both."""

    def value_of(p: Parameter) -> Value:
        parents = [parent[p.name] for parent in (mother, father) if p.name in parent]
        if not parents:
            return drawn(p, chance)
        heir, inherited = chance.random() < 0.5, chance.choice(parents)
        line = genome.lines[p.name]
        if len(parents) == 1 or line is None or heir:
            return inherited
        a, b = map(line.position, parents)
        children = simulated_binary(a, b, chance.random(), eta=eta)
        return line.at(chance.choice(children))

    return genome.build(value_of)


def mutated(genome: Genome, values: Values, places: Container[str], chance: Random, *, eta: float) -> Values:
    """*values* changed in *places*, names of parameters: numbers moved, at least to the next value, choices exchanged.

    What a changed switch turns off goes, what it turns on is drawn.
    """

    def value_of(p: Parameter) -> Value:
        if p.name not in values:
            return drawn(p, chance)
        if p.name not in places:
            return values[p.name]
        line = genome.lines[p.name]
        if line is not None:
            return _moved(line, values[p.name], chance, eta=eta)
        assert isinstance(p.kind, Categorical | Boolean)
        return other_choice(p.kind, values[p.name], chance)

    return genome.build(value_of)


def _moved(line: Line, value: Value, chance: Random, *, eta: float) -> Value:
    share = chance.random()
    moved = line.at(polynomial(line.position(value), share, eta=eta))
    return line.beside(value, upwards=share >= 0.5) if same(moved, value) else moved
