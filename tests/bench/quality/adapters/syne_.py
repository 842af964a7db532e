"""Syne Tune: option `scheduler` MOASHA (several objectives), ASHA or BOHB (one), all of the stopping form.

None of them knows thresholds or constraints.
"""

from __future__ import annotations

import datetime
import logging
import random
from typing import TYPE_CHECKING

import numpy as np
from syne_tune import config_space
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer import baselines
from syne_tune.optimizer.scheduler import SchedulerDecision
from syne_tune.optimizer.schedulers.multiobjective.moasha import MOASHA

if TYPE_CHECKING:
    from tests.bench.quality.adapters.speaking import Job, Metrics, Parameter, Start

PACKAGES = ("syne-tune",)
logging.disable(logging.WARNING)


class Adapter:
    """Keeps speaking.Adapter."""

    def __init__(self, start: Start) -> None:
        self._problem = problem = start["problem"]
        if problem["max_step"] == 1:
            raise NotImplementedError("these schedulers need a fidelity")
        np.random.seed(start["seed"])  # noqa: NPY002 (its schedulers draw from the global ones)
        random.seed(start["seed"])
        space = {p["name"]: _domain(p) for p in problem["parameters"]}
        common = {
            "time_attr": "step",
            "max_t": problem["max_step"],
            "grace_period": 1,
            "reduction_factor": 3,
            "do_minimize": True,
            "random_seed": start["seed"],
        }
        kind = start["options"]["scheduler"]
        if kind == "MOASHA":
            self._scheduler = MOASHA(space, metrics=problem["objectives"], **common)
        elif len(problem["objectives"]) > 1:
            raise NotImplementedError(f"{kind} has one objective, not {len(problem['objectives'])}")
        else:
            self._scheduler = getattr(baselines, kind)(space, metric=problem["objectives"][0], **common)
        self._trials: dict[str, Trial] = {}

    def ask(self) -> Job | None:
        """A new trial: the stopping form resumes none."""
        suggestion = self._scheduler.suggest()
        if suggestion is None:
            return None
        number = len(self._trials)
        now = datetime.datetime.now(datetime.UTC)
        trial = Trial(trial_id=number, config=suggestion.config, creation_time=now)
        self._trials[str(number)] = trial
        self._scheduler.on_trial_add(trial)
        configuration = {p["name"]: _value(p, suggestion.config[p["name"]]) for p in self._problem["parameters"]}
        return {"id": str(number), "configuration": configuration, "reports_steps": True}

    def report(self, job: str, step: int, metrics: Metrics) -> bool:
        """Stopped or not; the last step is told as the end."""
        if step >= self._problem["max_step"]:
            return True
        decision = self._scheduler.on_trial_result(self._trials[job], self._result(step, metrics))
        return bool(decision == SchedulerDecision.STOP)

    def tell(self, job: str, step: int, metrics: Metrics) -> None:
        """One that was stopped is removed, where the scheduler wants to know."""
        if step >= self._problem["max_step"]:
            self._scheduler.on_trial_complete(self._trials[job], self._result(step, metrics))
        elif hasattr(self._scheduler, "on_trial_remove"):
            self._scheduler.on_trial_remove(self._trials[job])

    def _result(self, step: int, metrics: Metrics) -> dict[str, float]:
        return {name: metrics[name] for name in self._problem["objectives"]} | {"step": step}


def _domain(parameter: Parameter) -> config_space.Domain:
    low, high, log = parameter["low"], parameter["high"], parameter["log"]
    if parameter["type"] == "double":
        return (config_space.loguniform if log else config_space.uniform)(low, high)
    if parameter["type"] == "integer":
        return (config_space.lograndint if log else config_space.randint)(int(low), int(high))
    return config_space.choice(parameter["values"])


def _value(parameter: Parameter, proposed: float) -> str | float | int | bool:
    """As JSON has it, not NumPy."""
    if parameter["type"] == "double":
        return float(proposed)
    if parameter["type"] == "integer":
        return int(proposed)
    return parameter["values"][parameter["values"].index(proposed)]
