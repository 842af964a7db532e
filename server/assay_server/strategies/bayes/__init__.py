"""Bayesian optimisation; the only part of the server that imports ax, botorch and torch.

Import it in policy processes only.
"""

from .generate import BayesianGenerator
from .kernel import prepare

__all__ = ["BayesianGenerator", "prepare"]
