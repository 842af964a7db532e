"""Paused trials as rivals of new ones: whom the improvement expected per cost still to pay speaks for.

R is the number of paused trials, P of candidates, D of columns with the fidelity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from botorch.models.model import Model
from torch import Tensor

from assay_server.domain.candidate import StudySnapshot, Verdict
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.trial import TrialState

from .aim import Aim
from .columns import Array
from .encode import Encoding
from .improvement import MAX_OBJECTIVES, LogImprovement
from .leave_out import groups_of, left_out, rank_correlation
from .posterior import Marginals, Process, processes_of

MIN_CORRELATION = 0.3
"""Between what was measured and what the model foresees of configurations that are left out: below, it has no say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """Trials that wait at a rung."""

    numbers: tuple[int, ...]
    points_RD: Array
    """Without the fidelity column."""
    log_costs_R: Array
    """Logarithm of what is left to pay for a full evaluation of each."""
    log_cost_new: float
    """Of what a new trial costs."""

    def verdicts(self, improvement: LogImprovement, rivals_RD: Tensor, points_PD: Tensor) -> list[Verdict]:
        """One for each point; *rivals_RD* are our points as the model knows them, at full fidelity."""
        with torch.no_grad():
            worth_R = improvement(rivals_RD.unsqueeze(1)).numpy() - self.log_costs_R
            worth_P = improvement(points_PD.unsqueeze(1)).numpy() - self.log_cost_new
        order = np.argsort(-worth_R, kind="stable")
        return [
            Verdict(
                better=tuple(self.numbers[r] for r in order if worth_R[r] >= worth),
                worse=tuple(self.numbers[r] for r in order if worth_R[r] < worth),
            )
            for worth in worth_P
        ]


class Opinion:
    """Gathers, while candidates are chosen, what the model makes of the rivals; nothing where it predicts badly."""

    def __init__(self, rivals: Rivals | None) -> None:
        self._rivals = rivals
        self.verdicts: list[Verdict] = []
        """One for each candidate, or none at all."""

    def form(self, model: Model, aim: Aim, awaited_PD: Tensor | None, points_PD: Tensor) -> None:
        """Judge the candidates *points_PD* of a model that was fitted with a fidelity as its last column."""
        if self._rivals is None or len(aim.weights_MO) > MAX_OBJECTIVES:
            return
        processes = processes_of(model)
        if not all(_predicts(processes[outcome]) for outcome in aim.objective_outcomes):
            return
        rivals_RD = _at_full_fidelity(self._rivals.points_RD)
        running_PD = _without(awaited_PD, rivals_RD)
        finished_ND = torch.unique(torch.cat([p.points_ND[p.points_ND[:, -1] == 1.0] for p in processes]), dim=0)
        marginals = Marginals(processes, running_PD, aim.objective_outcomes)
        improvement = LogImprovement(marginals, aim, finished_ND, running_PD)
        self.verdicts = self._rivals.verdicts(improvement, rivals_RD, points_PD)


def rivals_of(snapshot: StudySnapshot, encoding: Encoding) -> Rivals | None:
    """The paused trials of *snapshot*; None without any."""
    fidelity = snapshot.spec.fidelity
    if fidelity is None:
        return None
    found = [
        (o.number, point_D, _log_cost(fidelity, o.measurements[-1].step))
        for o in snapshot.observations
        if o.state is TrialState.PAUSED and o.measurements
        if (point_D := encoding.encode(o.configuration)) is not None
    ]
    if not found:
        return None
    numbers, points, log_costs = zip(*found, strict=True)
    return Rivals(
        numbers=numbers,
        points_RD=np.array(points),
        log_costs_R=np.array(log_costs),
        log_cost_new=_log_cost(fidelity, 0),
    )


def _log_cost(fidelity: Fidelity, step: int) -> float:
    """Of training on from *step* to the end; every start pays what starting costs."""
    model = fidelity.cost_model
    if model is None:
        return math.log(max(1, fidelity.max - step))
    return math.log(model.startup_cost + model.cost_per_step * max(1, fidelity.max - step))


def _predicts(process: Process) -> bool:
    """Whether the ranks of configurations that are left out are foreseen."""
    groups_N = groups_of(process.points_ND[:, :-1].numpy())
    correlation = rank_correlation(*left_out(process, groups_N))
    return correlation is not None and correlation >= MIN_CORRELATION


def _at_full_fidelity(points_RD: Array) -> Tensor:
    return torch.from_numpy(np.concatenate([points_RD, np.ones((len(points_RD), 1))], axis=1))


def _without(awaited_PD: Tensor | None, rivals_RD: Tensor) -> Tensor | None:
    """*awaited_PD* without the rivals, which are judged themselves."""
    if awaited_PD is None:
        return None
    is_rival_P = ((awaited_PD[:, None] - rivals_RD[None]).abs() < 1e-9).all(dim=2).any(dim=1)
    return awaited_PD[~is_rival_P]
