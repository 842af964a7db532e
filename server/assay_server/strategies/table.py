"""Which generator serves which specification, and who answers when it cannot.

Modules are named, not imported: random search never loads scipy, and nothing but Bayesian optimisation
loads ax and torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay_server.domain.strategy import (
    GENERATOR_NAMES,
    Bayesian,
    GeneratorSpec,
    Grid,
    Random,
    Sobol,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a generator is found and run."""

    target: str
    """"module:attribute" of a class without arguments that keeps ports.Generator."""
    is_model_based: bool = False
    """Fits a model: slow, needs memory, learns from results."""
    fallbacks: tuple[type[GeneratorSpec], ...] = ()
    """Who answers instead when it fails or is not ready, in order."""
    needs_trials: bool = True
    """False when, in an infinite space, the candidates do not depend on what was tried."""


GeneratorTable = Mapping[type[GeneratorSpec], Row]

TABLE: GeneratorTable = {
    Grid: Row(target="assay_server.strategies.grid:GridGenerator"),
    Random: Row(target="assay_server.strategies.random_:RandomGenerator", needs_trials=False),
    Sobol: Row(target="assay_server.strategies.sobol:SobolGenerator", fallbacks=(Random,), needs_trials=False),
    Bayesian: Row(
        target="assay_server.strategies.bayes:BayesianGenerator", is_model_based=True, fallbacks=(Sobol, Random)
    ),
}

ANALYST = "assay_server.strategies.bayes:BayesianAnalyst"
"""Who answers questions about a study, whatever its generators: a class without arguments that keeps ports.Analyst."""


def line(table: GeneratorTable, spec: GeneratorSpec) -> tuple[tuple[str, Row], ...]:
    """The generator of *spec* and those that answer for it, each with its name.

    Raises KeyError when the table does not have it.
    """
    kinds = (type(spec), *table[type(spec)].fallbacks)
    return tuple((GENERATOR_NAMES[kind], table[kind]) for kind in kinds)
