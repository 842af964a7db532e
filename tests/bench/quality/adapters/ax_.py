"""Ax's client with every default; option `thresholds` "yes": told the reference point as objective thresholds.

Ax 1.3 has no fidelities in its client and no conditions that its default generators follow.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Literal

import torch
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from ax.exceptions.core import DataRequiredError

if TYPE_CHECKING:
    from tests.bench.quality.adapters.speaking import Job, Metrics, Parameter, Start

PACKAGES = ("ax-platform", "botorch", "torch")
for _name in ("ax", "ax.api.client"):
    logging.getLogger(_name).setLevel(logging.ERROR)
warnings.simplefilter("ignore")
torch.set_num_threads(1)


class Adapter:
    """Keeps speaking.Adapter."""

    def __init__(self, start: Start) -> None:
        problem = start["problem"]
        self._parameters = problem["parameters"]
        self._client = Client(random_seed=start["seed"])
        self._client.configure_experiment(parameters=[_config(p) for p in self._parameters])
        bounds = [f"{name} <= 0" for name in problem["constraints"]]
        if start["options"].get("thresholds") == "yes":
            pairs = zip(problem["objectives"], problem["reference"], strict=False)  # one objective has no reference
            bounds += [f"{name} <= {value}" for name, value in pairs]
        self._client.configure_optimization(
            objective=", ".join(f"-{name}" for name in problem["objectives"]), outcome_constraints=bounds or None
        )

    def ask(self) -> Job | None:
        """None while all of the first points are out and none is back."""
        try:
            trials = self._client.get_next_trials(max_trials=1)
        except DataRequiredError:
            return None
        for index, values in trials.items():
            configuration = {p["name"]: _value(p, values[p["name"]]) for p in self._parameters}
            return {"id": str(index), "configuration": configuration}
        return None

    def report(self, job: str, step: int, metrics: Metrics) -> bool:
        """No job reports its steps."""
        raise NotImplementedError

    def tell(self, job: str, step: int, metrics: Metrics) -> None:
        """A result without noise reported."""
        self._client.complete_trial(trial_index=int(job), raw_data=dict(metrics))


def _config(parameter: Parameter) -> RangeParameterConfig | ChoiceParameterConfig:
    name, low, high = parameter["name"], parameter["low"], parameter["high"]
    scaling: Literal["log"] | None = "log" if parameter["log"] else None
    if parameter["type"] == "double":
        return RangeParameterConfig(name=name, parameter_type="float", bounds=(low, high), scaling=scaling)
    if parameter["type"] == "integer":
        return RangeParameterConfig(name=name, parameter_type="int", bounds=(int(low), int(high)), scaling=scaling)
    values = [str(value) for value in parameter["values"]]
    return ChoiceParameterConfig(name=name, parameter_type="str", values=values, is_ordered=parameter["ordered"])


def _value(parameter: Parameter, proposed: str | float | bool) -> str | float | int | bool:
    """As the problem has it: choices went to Ax as text."""
    if not parameter["values"]:
        return proposed
    return next(value for value in parameter["values"] if str(value) == str(proposed))
