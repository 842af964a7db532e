"""Settling: paused trials that will never go on are ended, or kept aside."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from assay_server.domain.copies import replace
from assay_server.domain.trial import TrialState
from assay_server.ports import UnitOfWork
from assay_server.scheduling import Settled

from .ledger import Ledger

MAX_SETTLED = 32
"""In one act, which must be short; the rest is for the next asker. None of them is promotable meanwhile."""


def settle(uow: UnitOfWork, ledger: Ledger, settled: Iterator[Settled]) -> int:
    """End the waiting trials that the scheduler has *settled*; how many there were.

    Those on the front of their rung stay PAUSED until the study is over, and wait no more.
    """
    study = ledger.study
    found = list(islice(settled, MAX_SETTLED))
    for one in found:
        trial = uow.trial(study, one.trial)
        result = uow.rung_result(study.uid, one.trial, one.step)
        assert result is not None, "a settled trial has a result at its rung"
        if one.stop:
            ledger.move(trial, TrialState.STOPPED)
        else:
            ledger.put(trial)
        ledger.put_rung_result(replace(result, waiting=False))
    return len(found)
