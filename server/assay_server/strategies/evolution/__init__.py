"""Evolution: NSGA-II (Deb et al. 2002) and regularised evolution (Real et al. 2019).

New candidates are bred from the configurations that did best, one at a time and without generations: as many
workers may ask as like, and each candidate is bred from what is known by then.
"""

from .generate import EvolutionaryGenerator

__all__ = ["EvolutionaryGenerator"]
