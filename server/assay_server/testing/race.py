"""A race: a scheduler and its fleet without a store, one decision after the other, by chance from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from assay_server.domain.objective import Score
from assay_server.domain.rung import BracketMember, Curve, RungResult
from assay_server.scheduling import Decision, Scheduler
from assay_server.testing.rungs import ListedRungs

MAX_MOVES = 20_000
"""A race that is not over by then goes in circles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision, and what was known when it was made."""

    rungs: ListedRungs
    trial: int
    step: int
    bracket: int | None
    decision: Decision
    is_last: bool
    """No new trials would come."""


@dataclass(slots=True)
class Racer:
    """A trial."""

    bracket: int | None
    until: int
    state: str = "RUNNING"
    """As TrialState has it."""


@dataclass(slots=True, kw_only=True)
class Race:
    """Up to *num_workers* trials run at a time; each move hands one out, or ends one's stretch to its next rung."""

    scheduler: Scheduler
    score: Callable[[int, int], Score]
    """Of a trial at a step."""
    num_trials: int
    num_workers: int = 3
    num_baselines: int = 0
    death_rate: float = 0.0
    """Probability that a stretch ends in the trial's death."""
    seed: int = 0
    racers: dict[int, Racer] = field(default_factory=dict)
    results: dict[tuple[int, int], RungResult] = field(default_factory=dict)
    judged: list[Judged] = field(default_factory=list)

    def run(self) -> Race:
        """To its end; itself. AssertionError when all wait for something that cannot come."""
        rng = np.random.default_rng(self.seed)
        for _ in range(MAX_MOVES):
            running = [n for n, r in self.racers.items() if r.state == "RUNNING"]
            is_asking = len(running) < self.num_workers and (not running or rng.random() < 0.5)
            if is_asking and self._hand_out():
                continue
            if not running:
                assert self.is_last, "nobody runs, and no new trial may begin"
                return self
            self._finish(int(rng.choice(running)), dies=rng.random() < self.death_rate)
        raise AssertionError(f"not over after {MAX_MOVES} moves")

    @property
    def is_last(self) -> bool:
        """No new trials will come."""
        return len(self.racers) >= self.num_trials

    @property
    def at_top(self) -> list[int]:
        """Trials that were trained to the end."""
        return [n for n, r in self.racers.items() if r.state == "SUCCEEDED"]

    def rungs(self) -> ListedRungs:
        """What the scheduler sees."""
        members = [
            BracketMember(trial=n, bracket=r.bracket, is_open=r.state == "RUNNING", revision=0)
            for n, r in self.racers.items()
            if r.bracket is not None
        ]
        return ListedRungs(tuple(self.results.values()), members)

    def _hand_out(self) -> bool:
        for settled in self.scheduler.settled(self.rungs(), is_last=self.is_last):
            self._mark(settled.trial, settled.step, waiting=False)
            if settled.stop:
                self.racers[settled.trial].state = "STOPPED"
                self._judge(settled.trial, settled.step, "stop")
        found = next(self.scheduler.promotable(self.rungs(), is_last=self.is_last), None)
        if found is not None:
            self._mark(found.trial, found.step, waiting=False, promoted=True)
            self._go_on(found.trial, found.step)
            return True
        return next(self._begun(), None) is not None

    def _begun(self) -> Iterator[int]:
        number = len(self.racers) + 1
        is_baseline = number <= self.num_baselines
        if self.is_last or not (is_baseline or self.scheduler.admits(self.rungs())):
            return
        bracket = None if is_baseline else self.scheduler.place(self.rungs(), number=number, seed=self.seed)
        until = self.scheduler.first_step(bracket)
        assert until is not None, "a race needs a fidelity"
        self.racers[number] = Racer(bracket, until)
        yield number

    def _finish(self, number: int, *, dies: bool) -> None:
        racer = self.racers[number]
        if dies:
            racer.state = "FAILED"
            return
        step = racer.until
        score = self.score(number, step)
        self.results[number, step] = RungResult(
            trial=number,
            step=step,
            score=score,
            waiting=False,
            promoted=False,
            bracket=racer.bracket,
            curve=self._curve(number, score),
        )
        if self.scheduler.next_step(step) is None:
            racer.state = "SUCCEEDED"
            return
        if number <= self.num_baselines:
            self._mark(number, step, promoted=True)
            self._go_on(number, step)
            return
        decision = self.scheduler.decide(
            self.rungs(), trial=number, step=step, bracket=racer.bracket, is_last=self.is_last
        )
        self._judge(number, step, decision)
        if decision == "promote":
            self._mark(number, step, promoted=True)
            self._go_on(number, step)
        else:
            self._mark(number, step, waiting=decision == "pause")
            racer.state = {"pause": "PAUSED", "stop": "STOPPED"}[decision]

    def _go_on(self, number: int, step: int) -> None:
        until = self.scheduler.next_step(step)
        assert until is not None, "nobody goes on from the top"
        self.racers[number].state, self.racers[number].until = "RUNNING", until

    def _mark(self, number: int, step: int, *, waiting: bool = False, promoted: bool = False) -> None:
        self.results[number, step] = replace(self.results[number, step], waiting=waiting, promoted=promoted)

    def _judge(self, number: int, step: int, decision: Decision) -> None:
        self.judged.append(
            Judged(
                rungs=self.rungs(),
                trial=number,
                step=step,
                bracket=self.racers[number].bracket,
                decision=decision,
                is_last=self.is_last,
            )
        )

    def _curve(self, number: int, last: Score) -> Curve:
        scores = [r.score for (n, _), r in self.results.items() if n == number] + [last]
        columns = list(zip(*(s.losses for s in scores), strict=True))
        return Curve(
            mean_losses=tuple(sum(c) / len(c) for c in columns),
            best_losses=tuple(min(c) for c in columns),
            least_violation=min(s.violation for s in scores),
        )
