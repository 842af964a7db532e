"""Bayesian optimisation; the only part of the server that imports ax, botorch and torch.

Import it in policy processes only.
"""

from .analyst import BayesianAnalyst
from .generate import BayesianGenerator

__all__ = ["BayesianAnalyst", "BayesianGenerator"]
