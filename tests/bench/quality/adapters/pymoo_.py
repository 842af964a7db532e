"""pymoo's NSGA-II, in generations of 20: with several workers, they wait at the end of each. It knows no thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2, RankAndCrowdingSurvival
from pymoo.core.evaluator import Evaluator
from pymoo.core.mixed import MixedVariableGA
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.variable import Choice, Integer, Real
from pymoo.problems.static import StaticProblem

if TYPE_CHECKING:
    from tests.bench.quality.adapters.speaking import Job, Metrics, Parameter, Start

PACKAGES = ("pymoo",)
POPULATION = 20
GENERATIONS = 10**6
"""More than any budget has."""


class Adapter:
    """Keeps speaking.Adapter."""

    def __init__(self, start: Start) -> None:
        self._problem = problem = start["problem"]
        self._parameters = problem["parameters"]
        sizes = {"n_obj": len(problem["objectives"]), "n_ieq_constr": len(problem["constraints"])}
        self._is_mixed = any(p["type"] != "double" or p["log"] for p in self._parameters)
        if self._is_mixed:
            self._pymoo = PymooProblem(vars={p["name"]: _variable(p) for p in self._parameters}, **sizes)
            self._algorithm = MixedVariableGA(pop_size=POPULATION, survival=RankAndCrowdingSurvival())
        else:
            low, high = ([p[end] for p in self._parameters] for end in ("low", "high"))
            self._pymoo = PymooProblem(n_var=len(low), xl=np.array(low), xu=np.array(high), **sizes)
            self._algorithm = NSGA2(pop_size=POPULATION)
        self._algorithm.setup(self._pymoo, termination=("n_gen", GENERATIONS), seed=start["seed"], verbose=False)
        self._next_generation()

    def ask(self) -> Job | None:
        """The next member; None until the generation is back."""
        if not self._waiting:
            return None
        index = self._waiting.pop(0)
        return {"id": str(index), "configuration": self._configuration(self._generation[index].X)}

    def report(self, job: str, step: int, metrics: Metrics) -> bool:
        """No job reports its steps."""
        raise NotImplementedError

    def tell(self, job: str, step: int, metrics: Metrics) -> None:
        """The last one of a generation makes the next."""
        self._found[int(job)] = metrics
        if len(self._found) < len(self._generation):
            return
        found = [self._found[i] for i in range(len(self._generation))]
        values = {"F": np.array([[m[name] for name in self._problem["objectives"]] for m in found])}
        if self._problem["constraints"]:
            values["G"] = np.array([[m[name] for name in self._problem["constraints"]] for m in found])
        Evaluator().eval(StaticProblem(self._pymoo, **values), self._generation)
        self._algorithm.tell(infills=self._generation)
        self._next_generation()

    def _next_generation(self) -> None:
        self._generation = self._algorithm.ask()
        self._waiting = list(range(len(self._generation)))
        self._found: dict[int, Metrics] = {}

    def _configuration(self, point: dict[str, float] | list[float]) -> dict[str, str | float | int | bool]:
        if isinstance(point, dict):
            return {p["name"]: _value(p, point[p["name"]]) for p in self._parameters}
        return {p["name"]: float(value) for p, value in zip(self._parameters, point, strict=True)}


def _variable(parameter: Parameter) -> Real | Integer | Choice:
    """Logarithms are searched evenly: pymoo knows no scales."""
    if parameter["type"] in ("double", "integer") and parameter["log"]:
        return Real(bounds=(float(np.log(parameter["low"])), float(np.log(parameter["high"]))))
    if parameter["type"] == "double":
        return Real(bounds=(parameter["low"], parameter["high"]))
    if parameter["type"] == "integer":
        return Integer(bounds=(int(parameter["low"]), int(parameter["high"])))
    return Choice(options=list(range(len(parameter["values"]))))


def _value(parameter: Parameter, proposed: float) -> str | float | int | bool:
    if parameter["values"]:
        return parameter["values"][int(proposed)]
    value = float(np.exp(proposed)) if parameter["log"] else float(proposed)
    value = min(max(value, parameter["low"]), parameter["high"])  # exp(log(x)) may be a hair beyond x
    return round(value) if parameter["type"] == "integer" else value
