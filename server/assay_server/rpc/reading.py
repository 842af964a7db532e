"""Reading trials: one with everything about it, or a page of many."""

from __future__ import annotations

from assay.v1 import trial_pb2, trial_service_pb2
from assay_server.domain.listing import Page
from assay_server.domain.names import TrialName
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial
from assay_server.ports import UnitOfWork
from assay_server.rpc.pages import Key, Position, Query, cut, is_moment, is_number
from assay_server.rpc.wire.lists import ListTrials
from assay_server.rpc.wire.trials import trial_to_wire


def get_trial(uow: UnitOfWork, name: TrialName) -> trial_pb2.Trial:
    """A trial with its measurements and attempts. Raises StudyNotFound, TrialNotFound."""
    study = uow.study(name.study)
    return _full(uow, study, uow.trial(study, name.number))


def list_trials(uow: UnitOfWork, ask: ListTrials, filter_text: str) -> trial_service_pb2.ListTrialsResponse:
    """A page of a study's trials. Raises StudyNotFound, InvalidPageToken."""
    study = uow.study(ask.study)
    order = ask.order
    tokens = Query(
        parts=("ListTrials", study.uid, filter_text, order.by, str(order.descending)),
        key_kind=is_moment if order.by == "create_time" else is_number,
    )
    after = tokens.position(ask.page_token)
    page = Page(
        limit=ask.page_size + 1,
        order_by=order.by,
        descending=order.descending,
        after=None if after is None else (after.key, after.tie),
    )
    found = uow.list_trials(study.uid, ask.filter, page)
    if ask.view == "full":
        trials, last = cut(found, ask.page_size, lambda t: _full(uow, study, t))
    else:
        trials, last = cut(found, ask.page_size, lambda t: trial_to_wire(study.name, t))
    answer = trial_service_pb2.ListTrialsResponse(trials=trials)
    for trial in last:
        answer.next_page_token = tokens.token(Position(_key(trial, order.by), str(trial.number)))
    return answer


def _full(uow: UnitOfWork, study: Study, trial: Trial) -> trial_pb2.Trial:
    measurements = uow.measurements(study.uid, trial.number)
    attempts = uow.attempts(study.uid, trial.number)
    return trial_to_wire(study.name, trial, measurements=measurements, attempts=attempts)


def _key(trial: Trial, by: str) -> Key:
    if by == "create_time":
        return trial.created_at.timestamp()
    if by.startswith("metrics."):
        metric = by.removeprefix("metrics.")
        known = trial.latest.metrics.get(metric) if trial.latest else None
        return None if known is None else known.value
    return trial.number
