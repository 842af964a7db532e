"""Breeding: from the results so far to new configurations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration
from assay_server.domain.strategy import Evolutionary, default_population
from assay_server.ports import NotReady
from assay_server.strategies.sampling import UnitCube, seed_of
from assay_server.strategies.sampling_draw import new_ones

from .genes import Genome, Values
from .members import Member, members_of
from .selection import Tournaments, survivors
from .variation import crossed, mutated

CROSSOVER_PROBABILITY = 0.9
"""Deb et al. 2002."""
CROSSOVER_ETA = 10.0
MUTATION_ETA = 10.0
"""Half of what Deb et al. take: they have tens of thousands of evaluations to arrive by small steps, we hundreds."""
REGULARISED_ETA = 5.0
"""One parameter changes at a time, so it may change more."""
TOURNAMENT_SHARE = 0.25
"""Of the population, as in Real et al. 2019 (25 of 100)."""
TRIES_PER_EXTRA = 8
"""A child that is not new, or breaks a constraint, is bred again; after so many times with one more mutation."""

Breed = Callable[[Random, int], Values]
"""(chance, number of mutations beyond the usual) -> a child."""


class EvolutionaryGenerator:
    """NSGA-II, or regularised evolution; not ready before there are as many results as members.

    Which results count with a fidelity stands in `members`. Candidate *i* of a phase depends on the results, on what
    is pending (nothing is proposed twice), the study's seed, the phase and *i*.
    """

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        """See ports.Generator; raises ValueError when no configuration that keeps the constraints is found."""
        spec = snapshot.strategy.phases[snapshot.phase].generator
        given = spec if isinstance(spec, Evolutionary) else Evolutionary()
        size = given.population_size or default_population(snapshot.spec.space)
        genome = Genome(snapshot.spec.space)
        members = members_of(snapshot, genome, enough=size)
        if len(members) < size:
            raise NotReady(f"{len(members)} of the {size} results that a population is made of")
        breed = _regularised(genome, members[-size:]) if given.regularised else _nsga2(genome, members, size)
        num_dimensions = UnitCube(snapshot.spec.space).num_dimensions

        def child(index: int, attempt: int) -> Values:
            return breed(_chance(snapshot, "breed", index, attempt), attempt // TRIES_PER_EXTRA)

        def point(index: int, attempt: int) -> list[float]:
            chance = _chance(snapshot, "search", index, attempt)
            return [chance.random() for _ in range(num_dimensions)]

        return new_ones(snapshot, count, child, point)


def _nsga2(genome: Genome, members: Sequence[Member], size: int) -> Breed:
    """Two winners of binary tournaments among the best *size* are crossed, then mutated in about one place."""
    tournaments = Tournaments(survivors(members, size))

    def breed(chance: Random, num_extra: int) -> Values:
        mother, father = (tournaments.winner(chance, size=2).values for _ in range(2))
        is_crossed = chance.random() < CROSSOVER_PROBABILITY
        child = crossed(genome, mother, father, chance, eta=CROSSOVER_ETA) if is_crossed else mother
        rate = min(1.0, (1 + num_extra) / max(1, len(child)))
        places = {name for name in child if chance.random() < rate}
        return mutated(genome, child, places, chance, eta=MUTATION_ETA)

    return breed


def _regularised(genome: Genome, population: Sequence[Member]) -> Breed:
    """The winner of a tournament among the youngest members is mutated in one place."""
    tournaments = Tournaments(population)
    num_drawn = max(2, math.ceil(TOURNAMENT_SHARE * len(population)))

    def breed(chance: Random, num_extra: int) -> Values:
        parent = tournaments.winner(chance, size=num_drawn).values
        places = chance.sample(sorted(parent), min(len(parent), 1 + num_extra))
        return mutated(genome, parent, places, chance, eta=REGULARISED_ETA)

    return breed


def _chance(snapshot: StudySnapshot, purpose: str, index: int, attempt: int) -> Random:
    return Random(seed_of("evolution", purpose, snapshot.seed, snapshot.phase, index, attempt))
