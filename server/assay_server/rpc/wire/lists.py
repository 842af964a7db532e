"""What list calls are asked, from the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assay.v1 import study_service_pb2, trial_pb2, trial_service_pb2
from assay_server.domain.listing import Filter
from assay_server.domain.names import ProjectName, StudyName
from assay_server.rpc.filters import Order, study_filter, study_order, trial_filter, trial_order
from assay_server.rpc.wire.asks import page_size_from_wire
from assay_server.rpc.wire.problems import Problems

View = Literal["basic", "full"]
VIEWS: dict[int, View] = {trial_pb2.TRIAL_VIEW_BASIC: "basic", trial_pb2.TRIAL_VIEW_FULL: "full"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStudies:
    """A page of a project's studies."""

    project: ProjectName
    filter: Filter
    order: Order
    page_size: int
    page_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTrials:
    """A page of a study's trials."""

    study: StudyName
    filter: Filter
    order: Order
    page_size: int
    page_token: str
    view: View


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEvents:
    """A page of a study's log."""

    study: StudyName
    page_size: int
    page_token: str


def list_studies_from_wire(request: study_service_pb2.ListStudiesRequest) -> ListStudies:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    if not request.parent:
        problems.add("parent", "required")
    ask = ListStudies(
        project=problems.project(request.parent, "parent"),
        filter=study_filter(request.filter, problems),
        order=study_order(request.order_by, problems),
        page_size=page_size_from_wire(request.page_size, problems),
        page_token=request.page_token,
    )
    problems.raise_any()
    return ask


def list_trials_from_wire(request: trial_service_pb2.ListTrialsRequest) -> ListTrials:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    ask = ListTrials(
        study=problems.study(request.parent, "parent"),
        filter=trial_filter(request.filter, problems),
        order=trial_order(request.order_by, problems),
        page_size=page_size_from_wire(request.page_size, problems),
        page_token=request.page_token,
        view=problems.enum(VIEWS, request.view, "view", default="basic"),
    )
    problems.raise_any()
    return ask


def list_events_from_wire(request: study_service_pb2.ListStudyEventsRequest) -> ListEvents:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    ask = ListEvents(
        study=problems.study(request.parent, "parent"),
        page_size=page_size_from_wire(request.page_size, problems),
        page_token=request.page_token,
    )
    problems.raise_any()
    return ask
