"""StudyService: decode, act, encode."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf import empty_pb2

from assay.v1 import study_service_pb2
from assay_server.app.create_study import create_study
from assay_server.app.delete_study import delete_study
from assay_server.app.once import Once, once
from assay_server.app.reopen_study import reopen_study
from assay_server.app.stop_study import stop_study
from assay_server.app.tools import Tools
from assay_server.app.update_study import update_study
from assay_server.domain.listing import Page
from assay_server.domain.names import is_id
from assay_server.domain.study import Study
from assay_server.ports import Store, UnitOfWork
from assay_server.rpc.calls import Call
from assay_server.rpc.pages import Position, Query, cut, is_moment, is_text
from assay_server.rpc.wire.asks import once_from_wire
from assay_server.rpc.wire.lists import ListStudies, list_events_from_wire, list_studies_from_wire
from assay_server.rpc.wire.studies import event_to_wire, study_to_wire
from assay_server.rpc.wire.study_asks import (
    create_study_from_wire,
    delete_study_from_wire,
    named_study,
    update_study_from_wire,
)


class StudyService:
    """Creating, reading and steering studies."""

    def __init__(self, store: Store, tools: Tools) -> None:
        self._store = store
        self._tools = tools

    async def create_study(self, request: study_service_pb2.CreateStudyRequest, _call: Call) -> bytes:
        """Creates a study."""
        ask = create_study_from_wire(request)
        key = once_from_wire("CreateStudy", ask.project.project, request)
        if ask.validate_only:  # nothing to remember: it has no effect
            return await self._store.read(lambda uow: _study(create_study(uow, self._tools, ask)))
        return await self._once(key, lambda uow: _study(create_study(uow, self._tools, ask)))

    async def get_study(self, request: study_service_pb2.GetStudyRequest, _call: Call) -> bytes:
        """Returns a study."""
        name = named_study(request.name)
        return await self._store.read(lambda uow: _study(uow.study(name)))

    async def list_studies(
        self, request: study_service_pb2.ListStudiesRequest, _call: Call
    ) -> study_service_pb2.ListStudiesResponse:
        """Lists a project's studies."""
        ask = list_studies_from_wire(request)
        return await self._store.read(lambda uow: _list_studies(uow, ask, request))

    async def update_study(self, request: study_service_pb2.UpdateStudyRequest, _call: Call) -> bytes:
        """Changes description, labels or budget."""
        ask = update_study_from_wire(request)
        key = once_from_wire("UpdateStudy", ask.name.project, request)
        return await self._once(key, lambda uow: _study(update_study(uow, self._tools, ask)))

    async def delete_study(self, request: study_service_pb2.DeleteStudyRequest, _call: Call) -> bytes:
        """Deletes a study with all its trials."""
        ask = delete_study_from_wire(request)
        key = once_from_wire("DeleteStudy", ask.name.project, request)

        def act(uow: UnitOfWork) -> bytes:
            delete_study(uow, ask.name, ask.etag)
            return empty_pb2.Empty().SerializeToString()

        return await self._once(key, act)

    async def stop_study(self, request: study_service_pb2.StopStudyRequest, _call: Call) -> bytes:
        """Ends a study."""
        name = named_study(request.name, request_id=request.request_id)
        key = once_from_wire("StopStudy", name.project, request)

        def act(uow: UnitOfWork) -> bytes:
            answer = study_service_pb2.StopStudyResponse(study=study_to_wire(stop_study(uow, name)))
            return answer.SerializeToString()

        return await self._once(key, act)

    async def reopen_study(self, request: study_service_pb2.ReopenStudyRequest, _call: Call) -> bytes:
        """Lets a study that is over go on."""
        name = named_study(request.name, request_id=request.request_id)
        key = once_from_wire("ReopenStudy", name.project, request)

        def act(uow: UnitOfWork) -> bytes:
            answer = study_service_pb2.ReopenStudyResponse(study=study_to_wire(reopen_study(uow, name)))
            return answer.SerializeToString()

        return await self._once(key, act)

    async def list_study_events(
        self, request: study_service_pb2.ListStudyEventsRequest, _call: Call
    ) -> study_service_pb2.ListStudyEventsResponse:
        """Lists a study's log, newest first."""
        ask = list_events_from_wire(request)

        def query(uow: UnitOfWork) -> study_service_pb2.ListStudyEventsResponse:
            study = uow.study(ask.study)
            tokens = Query(parts=("ListStudyEvents", study.uid))
            after = tokens.position(ask.page_token)
            before = None if after is None else int(after.tie)
            events = uow.events(study.uid, limit=ask.page_size + 1, before_sequence=before)
            page, last = cut(events, ask.page_size, lambda e: event_to_wire(study.name, e))
            answer = study_service_pb2.ListStudyEventsResponse(events=page)
            for event in last:
                answer.next_page_token = tokens.token(Position(None, str(event.sequence)))
            return answer

        return await self._store.read(query)

    async def _once(self, key: Once | None, act: Callable[[UnitOfWork], bytes]) -> bytes:
        return await self._store.act(lambda uow: once(uow, key, lambda: act(uow)))


def _study(study: Study) -> bytes:
    return study_to_wire(study).SerializeToString()


def _list_studies(
    uow: UnitOfWork, ask: ListStudies, request: study_service_pb2.ListStudiesRequest
) -> study_service_pb2.ListStudiesResponse:
    by_name = ask.order.by == "name"
    tokens = Query(
        parts=("ListStudies", str(ask.project), request.filter, ask.order.by, str(ask.order.descending)),
        key_kind=is_text if by_name else is_moment,
        tie_is=is_id,
    )
    after = tokens.position(ask.page_token)
    page = Page(
        limit=ask.page_size + 1,
        order_by=ask.order.by,
        descending=ask.order.descending,
        after=None if after is None else (after.key, after.tie),
    )
    found = uow.list_studies(ask.project, ask.filter, page)
    studies, last = cut(found, ask.page_size, study_to_wire)
    answer = study_service_pb2.ListStudiesResponse(studies=studies)
    for study in last:
        key = study.name.study if by_name else study.created_at.timestamp()
        answer.next_page_token = tokens.token(Position(key, study.name.study))
    return answer
