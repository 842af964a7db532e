"""Stop a trial, whoever holds it."""

from __future__ import annotations

from assay_server.domain.copies import replace
from assay_server.domain.errors import WrongTrialState
from assay_server.domain.names import TrialName
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import UnitOfWork

from .ending import end_if_over
from .leasing import end_attempt, load
from .ledger import Ledger
from .tools import Tools


def stop_trial(uow: UnitOfWork, tools: Tools, name: TrialName) -> Trial:
    """The trial, STOPPED; its worker is told by its next report or heartbeat. One that is STOPPED stays so.

    Raises:
        StudyNotFound, TrialNotFound.
        WrongTrialState: it ended otherwise.
    """
    study, trial = load(uow, name)
    if trial.state is TrialState.STOPPED:
        return trial
    if trial.state.is_terminal:
        raise WrongTrialState(str(name), state=trial.state.value, act="stop")
    ledger = Ledger(uow, study)
    if trial.state is TrialState.RUNNING:
        end_attempt(uow, trial)
    was_paused = trial.state is TrialState.PAUSED
    stopped = ledger.move(trial, TrialState.STOPPED)
    if was_paused:
        for result in uow.rung_results(study.uid):
            if result.trial == trial.number and result.waiting:
                ledger.put_rung_result(replace(result, waiting=False))
    end_if_over(uow, tools, ledger)
    ledger.close()
    return stopped
