"""The port of schedulers: what they are asked, and what they see.

Implementations are proven by `assay_server.testing.scheduler_contract`. As in `ports`, promises stand here and are not
repeated there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from .domain.rung import Curve
from .pareto import Ranking


class Rung(Protocol):
    """Results of one bracket at one rung, in order of arrival. N results of M objectives."""

    @property
    def numbers(self) -> Sequence[int]:
        """Trials; rows of the arrays below."""
        ...

    @property
    def losses(self) -> npt.NDArray[np.float64]:
        """Shape (N, M), minimised."""
        ...

    @property
    def violations(self) -> npt.NDArray[np.float64]:
        """Shape (N,); 0 is feasible."""
        ...

    @property
    def ranking(self) -> Ranking:
        """Of these results."""
        ...

    @property
    def waiting(self) -> npt.NDArray[np.bool_]:
        """Shape (N,); whether the trial is PAUSED at this rung and may still go on."""
        ...

    @property
    def promoted(self) -> npt.NDArray[np.bool_]:
        """Shape (N,); whether the trial went on beyond this rung."""
        ...

    def row(self, trial: int) -> int | None:
        """The row of a trial; None when it has no result here."""
        ...

    def curve(self, row: int) -> Curve | None:
        """The trial's curve up to here, for schedulers that compare curves (`domain.strategy.compares_curves`)."""
        ...

    @property
    def mean_losses(self) -> npt.NDArray[np.float64]:
        """Shape (N, M); losses averaged over each trial's curve up to here, those of this rung where none is kept."""
        ...


class RungView(Protocol):
    """The results of one study's rungs, up to date within an act.

    Brackets are counted from 0; trials of a scheduler without brackets, and baselines of any, are in bracket None.
    """

    def at(self, step: int, bracket: int | None = None) -> Rung:
        """The rung at *step* of a bracket; empty when nobody has reached it."""
        ...

    @property
    def num_brackets(self) -> int:
        """One more than the highest bracket that has a trial."""
        ...

    def num_trials(self, bracket: int) -> int:
        """Trials that began in a bracket, whatever became of them."""
        ...

    def num_open(self, bracket: int) -> int:
        """Trials of a bracket that run or are queued to run."""
        ...

    def live_brackets(self) -> Sequence[int]:
        """Brackets with a trial that is open or waits at a rung, in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTrial:
    """A trial that is PAUSED at a rung."""

    trial: int
    """Its number."""
    step: int
    """The rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A waiting trial that will not go on."""

    trial: int
    step: int
    stop: bool
    """End it; otherwise it stays PAUSED until the study is over, because it is on its rung's front."""


Decision = Literal["promote", "pause", "stop"]


class Scheduler(Protocol):
    """Decides budgets. Pure: it sees results and answers, and answers the same to the same question.

    Results are ranked as `pareto.top` has it. No trial on the feasible front of its rung, as far as results have
    come, is ever stopped; in a scheduler that has brackets, a trial without one is always promoted.
    """

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        """The bracket in which new trial *number* of a study with *seed* begins; None without brackets.

        Baselines are not placed: they are in no bracket and are always promoted.
        """
        ...

    def admits(self, rungs: RungView) -> bool:
        """Whether a new trial may begin now. When not, an open or waiting trial will change that."""
        ...

    def first_step(self, bracket: int | None = None) -> int | None:
        """Until which step a new trial of a bracket is trained; None without a fidelity."""
        ...

    def next_step(self, step: int) -> int | None:
        """The rung after *step*; None at the top."""
        ...

    def decide(
        self, rungs: RungView, *, trial: int, step: int, bracket: int | None = None, is_last: bool = False
    ) -> Decision:
        """What happens to the open trial whose result at rung *step* (below the top) has just arrived.

        *is_last*: see `promotable`.
        """
        ...

    def promotable(self, rungs: RungView, *, is_last: bool = False) -> Iterator[WaitingTrial]:
        """Every waiting trial that may go on now, the one that deserves it most first; found one by one.

        With *is_last* no new trials will come: what is left of the budget of steps belongs to those that wait.
        """
        ...

    def settled(self, rungs: RungView, *, is_last: bool = False) -> Iterator[Settled]:
        """Waiting trials that will never be promotable, whatever comes."""
        ...
