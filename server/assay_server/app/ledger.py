"""Ledger: the bookkeeping of one act, so that trials and tally never disagree."""

from __future__ import annotations

from assay_server.domain.copies import replace
from assay_server.domain.rung import RungResult
from assay_server.domain.study import Study, Tally
from assay_server.domain.trial import TRANSITIONS, Trial, TrialOrigin, TrialState
from assay_server.ports import UnitOfWork


class Ledger:
    """Writes trials of one study and keeps count; `close` writes the tally, once, at the end of the act."""

    def __init__(self, uow: UnitOfWork, study: Study) -> None:
        self._uow = uow
        self._study = study
        self._stored = study.tally
        self.tally = study.tally

    @property
    def study(self) -> Study:
        """The study with its tally as it is now."""
        if self._study.tally is not self.tally:
            self._study = replace(self._study, tally=self.tally)
        return self._study

    def change_study(self, study: Study) -> None:
        """Store a changed study (not its tally)."""
        self._study = replace(study, tally=self.tally)
        self._uow.put_study(self._study)

    def add(self, trial: Trial) -> Trial:
        """Store a new trial; its number must be tally.num_created + 1."""
        assert trial.number == self.tally.num_created + 1, "trial numbers are dense"
        self.tally = replace(self.tally, num_created=trial.number)
        if trial.origin is TrialOrigin.GENERATED and trial.generation is not None:
            self._count_generated(trial.generation.phase)
        self._count(None, trial.state)
        stamped = self._stamp(trial)
        self._uow.add_trial(stamped)
        return stamped

    def put(self, trial: Trial) -> Trial:
        """Store a trial that stays in its state."""
        stamped = self._stamp(trial)
        self._uow.put_trial(stamped)
        return stamped

    def move(self, trial: Trial, state: TrialState) -> Trial:
        """Store a trial in another state."""
        assert state in TRANSITIONS[trial.state], f"{trial.state} -> {state} is not a transition"
        self._count(trial.state, state)
        ended_at = self._uow.now if state.is_terminal else None
        return self.put(replace(trial, state=state, ended_at=ended_at))

    def put_rung_result(self, result: RungResult) -> None:
        """Store what a trial achieved at a rung, under the current revision."""
        revision = self.tally.revision
        stamped = replace(result, revision=revision, arrival=result.arrival or revision)
        self._uow.put_rung_result(self._study.uid, stamped)

    def learnt(self, *, num_results: int = 0, num_feasible: int = 0, cost: float = 0.0) -> None:
        """Count what there is to learn from, and what it cost."""
        self.tally = replace(
            self.tally,
            num_results=self.tally.num_results + num_results,
            num_feasible=self.tally.num_feasible + num_feasible,
            cost=self.tally.cost + cost,
        )

    def close(self) -> Tally:
        """Write the tally, if anything changed."""
        if self.tally is not self._stored:
            self._uow.put_tally(self._study.uid, self.tally)
        return self.tally

    def _stamp(self, trial: Trial) -> Trial:
        self.tally = replace(self.tally, revision=self.tally.revision + 1)
        return replace(trial, revision=self.tally.revision, updated_at=self._uow.now)

    def _count(self, old: TrialState | None, new: TrialState) -> None:
        trials = dict(self.tally.trials)
        if old is not None:
            trials[old] = trials.get(old, 0) - 1
        trials[new] = trials.get(new, 0) + 1
        self.tally = replace(self.tally, trials=trials)

    def _count_generated(self, phase: int) -> None:
        counts = [*self.tally.num_generated, *[0] * (phase + 1 - len(self.tally.num_generated))]
        counts[phase] += 1
        self.tally = replace(self.tally, num_generated=tuple(counts))
