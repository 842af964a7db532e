"""SMAC 3: option `facade` hpo (full evaluations), mf or hb (with a fidelity). Several objectives by ParEGO.

It knows no thresholds and no constraints: what breaks a constraint is told as worse than the reference point.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from smac import HyperbandFacade, HyperparameterOptimizationFacade, MultiFidelityFacade, Scenario
from smac.multi_objective.parego import ParEGO
from smac.runhistory.dataclasses import TrialInfo, TrialValue

if TYPE_CHECKING:
    from tests.bench.quality.adapters.speaking import Job, Metrics, Parameter, Problem, Start

PACKAGES = ("smac",)
FACADES = {"hpo": HyperparameterOptimizationFacade, "mf": MultiFidelityFacade, "hb": HyperbandFacade}
NUM_FIRST = 5
"""Configurations of the initial design with a fidelity: its default would take the whole budget."""
MANY_TRIALS = 100_000
"""With a fidelity the budget is not counted in trials."""


class Adapter:
    """Keeps speaking.Adapter."""

    def __init__(self, start: Start) -> None:
        self._problem = problem = start["problem"]
        facade = start["options"]["facade"]
        self._is_multi_fidelity = facade != "hpo"
        if self._is_multi_fidelity and problem["max_step"] == 1:
            raise NotImplementedError("this facade needs a fidelity")
        self._folder = tempfile.TemporaryDirectory(prefix="assay-quality-smac-")
        objectives = problem["objectives"]
        scenario = Scenario(
            _space(problem, start["seed"]),
            objectives=objectives if len(objectives) > 1 else objectives[0],
            n_trials=MANY_TRIALS if self._is_multi_fidelity else round(start["budget"]),
            seed=start["seed"],
            output_directory=Path(self._folder.name),
            deterministic=True,
            min_budget=1 if self._is_multi_fidelity else None,
            max_budget=problem["max_step"] if self._is_multi_fidelity else None,
        )
        more = {"multi_objective_algorithm": ParEGO(scenario)} if len(objectives) > 1 else {}
        if facade == "mf":
            more["initial_design"] = MultiFidelityFacade.get_initial_design(scenario, n_configs=NUM_FIRST)
        self._smac = FACADES[facade](scenario, _never, logging_level=False, overwrite=True, **more)
        self._infos: dict[str, TrialInfo] = {}

    def ask(self) -> Job | None:
        """With a fidelity: to the budget that it wants."""
        info = self._smac.ask()
        job = str(len(self._infos))
        self._infos[job] = info
        values = dict(info.config)
        configuration = {p["name"]: _value(p, values[p["name"]]) for p in self._problem["parameters"]}
        if self._is_multi_fidelity:
            return {"id": job, "configuration": configuration, "until_step": round(info.budget)}
        return {"id": job, "configuration": configuration}

    def report(self, job: str, step: int, metrics: Metrics) -> bool:
        """No job reports its steps."""
        raise NotImplementedError

    def tell(self, job: str, step: int, metrics: Metrics) -> None:
        """A cost for each objective."""
        costs = self._costs(metrics)
        value = TrialValue(cost=costs if len(costs) > 1 else costs[0], time=0.0)
        self._smac.tell(self._infos[job], value, save=False)

    def _costs(self, metrics: Metrics) -> list[float]:
        costs = [metrics[name] for name in self._problem["objectives"]]
        violation = sum(max(0.0, metrics[name]) for name in self._problem["constraints"])
        if violation <= 0.0 or len(costs) == 1:
            return costs
        pairs = zip(costs, self._problem["reference"], strict=True)
        return [max(cost, bound) + 0.1 * abs(bound) + violation for cost, bound in pairs]


def _never(config: object, seed: int = 0, budget: float | None = None) -> float:
    raise NotImplementedError


def _space(problem: Problem, seed: int) -> ConfigurationSpace:
    space = ConfigurationSpace(seed=seed)
    for parameter in problem["parameters"]:
        space.add(_hyperparameter(parameter))
    return space


def _hyperparameter(parameter: Parameter) -> Float | Integer | Categorical:
    name, low, high, log = parameter["name"], parameter["low"], parameter["high"], parameter["log"]
    if parameter["type"] == "double":
        return Float(name, (low, high), log=log)
    if parameter["type"] == "integer":
        return Integer(name, (int(low), int(high)), log=log)
    return Categorical(name, parameter["values"])


def _value(parameter: Parameter, proposed: float) -> str | float | int | bool:
    if parameter["type"] == "double":
        return float(proposed)
    if parameter["type"] == "integer":
        return int(proposed)
    return next(value for value in parameter["values"] if value == proposed)
