"""Optuna: options `sampler` (tpe, gp, nsga2) and `pruner` (hyperband, median). It cannot be told thresholds.

Optuna refuses to prune with several objectives.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import optuna

if TYPE_CHECKING:
    from tests.bench.quality.adapters.speaking import Job, Metrics, Parameter, Start

PACKAGES = ("optuna",)
POPULATION = 20
optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
# Optuna 5 wants constraints to be set in another way from version 7 on; 4 knows this one only.
warnings.filterwarnings("ignore", category=FutureWarning, message=".*constraints_func")


class Adapter:
    """Keeps speaking.Adapter."""

    def __init__(self, start: Start) -> None:
        self._problem = problem = start["problem"]
        self._trials: dict[str, optuna.Trial] = {}
        pruner = start["options"].get("pruner", "")
        if pruner and (len(problem["objectives"]) > 1 or problem["max_step"] == 1):
            raise NotImplementedError("pruning is for one objective, and needs a fidelity")
        self._prunes = bool(pruner)
        self._study = optuna.create_study(
            directions=["minimize"] * len(problem["objectives"]),
            sampler=_sampler(start),
            pruner=_pruner(pruner, problem["max_step"]),
        )

    def ask(self) -> Job | None:
        """Conditions are followed as Optuna has them: by asking only for what exists."""
        trial = self._study.ask()
        configuration: dict[str, str | float | int | bool] = {}
        for parameter in self._problem["parameters"]:
            if all(configuration.get(name) in values for name, values in parameter["when"].items()):
                configuration[parameter["name"]] = _suggested(trial, parameter)
        job = str(trial.number)
        self._trials[job] = trial
        return {"id": job, "configuration": configuration, "reports_steps": self._prunes}

    def report(self, job: str, step: int, metrics: Metrics) -> bool:
        """Pruned or not."""
        trial = self._trials[job]
        trial.report(metrics[self._problem["objectives"][0]], step)
        return bool(trial.should_prune())

    def tell(self, job: str, step: int, metrics: Metrics) -> None:
        """One that ended early was pruned."""
        trial = self._trials.pop(job)
        trial.set_user_attr("constraints", [metrics[name] for name in self._problem["constraints"]])
        if step < self._problem["max_step"]:
            self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            self._study.tell(trial, [metrics[name] for name in self._problem["objectives"]])


def _suggested(trial: optuna.Trial, parameter: Parameter) -> str | float | int | bool:
    name, low, high, log = parameter["name"], parameter["low"], parameter["high"], parameter["log"]
    if parameter["type"] == "double":
        return float(trial.suggest_float(name, low, high, log=log))
    if parameter["type"] == "integer":
        return int(trial.suggest_int(name, int(low), int(high), log=log))
    values = parameter["values"]
    return values[values.index(trial.suggest_categorical(name, values))]


def _sampler(start: Start) -> optuna.samplers.BaseSampler:
    seed = start["seed"]
    bounds = _bounds if start["problem"]["constraints"] else None
    name = start["options"]["sampler"]
    if name == "tpe":
        liar = start["num_workers"] > 1
        return optuna.samplers.TPESampler(seed=seed, constraints_func=bounds, constant_liar=liar)
    if name == "gp":
        return optuna.samplers.GPSampler(seed=seed, constraints_func=bounds, deterministic_objective=True)
    if name == "nsga2":
        return optuna.samplers.NSGAIISampler(seed=seed, constraints_func=bounds, population_size=POPULATION)
    raise ValueError(f"sampler {name!r} is none of tpe, gp, nsga2")


def _bounds(trial: optuna.trial.FrozenTrial) -> Sequence[float]:
    found: Sequence[float] = trial.user_attrs["constraints"]
    return found


def _pruner(name: str, max_step: int) -> optuna.pruners.BasePruner:
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(1, max_step, 3)
    if name == "median":
        return optuna.pruners.MedianPruner()
    if name:
        raise ValueError(f"pruner {name!r} is none of hyperband, median")
    return optuna.pruners.NopPruner()
