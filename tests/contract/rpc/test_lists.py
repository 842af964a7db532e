"""Lists over the wire: pages, filters, orders."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.v1 import study_service_pb2, trial_service_pb2
from tests.contract.rpc.fronts import ServedFront, a_measurement, serving


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[ServedFront]:
    async with serving(tmp_path) as served:
        yield served


async def attached(front: ServedFront, parent: str, losses: list[float], **labels: str) -> None:
    """Trials that were measured elsewhere."""
    for loss in losses:
        request = trial_service_pb2.CreateTrialRequest(parent=parent, measurements=[a_measurement(loss=loss)])
        request.trial.configuration.values["lr"].double_value = 0.5
        request.trial.labels.update(labels)
        await front.trials.CreateTrial(request)


async def numbers(front: ServedFront, request: trial_service_pb2.ListTrialsRequest) -> list[list[int]]:
    """The numbers on each page."""
    pages = []
    while True:
        page = await front.trials.ListTrials(request)
        pages.append([t.number for t in page.trials])
        if not page.next_page_token:
            return pages
        request.page_token = page.next_page_token


@pytest.mark.parametrize(
    ("order", "pages"),
    [
        ("", [[1, 2], [3, 4], [5]]),
        ("number desc", [[5, 4], [3, 2], [1]]),
        ("create_time", [[1, 2], [3, 4], [5]]),
        ("create_time desc", [[5, 4], [3, 2], [1]]),
        ("metrics.loss", [[2, 5], [1, 4], [3]]),
        ("metrics.loss desc", [[3, 4], [1, 5], [2]]),
        ("metrics.none", [[1, 2], [3, 4], [5]]),
    ],
)
async def test_pages_continue_in_every_order(front: ServedFront, order: str, pages: list[list[int]]) -> None:
    """All trials once, in order, whatever the order, also where values are equal, zero or missing."""
    study = await front.with_study()
    await attached(front, study.name, [0.5, -1.0, 2.0, 0.5, 0.0])

    request = trial_service_pb2.ListTrialsRequest(parent=study.name, page_size=2, order_by=order)

    assert await numbers(front, request) == pages


async def test_a_filter_narrows_every_page(front: ServedFront) -> None:
    """State, label and metric, all together."""
    study = await front.with_study()
    await attached(front, study.name, [0.1, 0.9, 0.2, 0.3], kind="a")
    await attached(front, study.name, [0.1], kind="b")

    found = await numbers(
        front,
        trial_service_pb2.ListTrialsRequest(
            parent=study.name,
            page_size=2,
            filter='state = "SUCCEEDED" AND labels.kind = "a" AND metrics.loss < 0.5',
        ),
    )

    assert found == [[1, 3], [4]]


async def test_studies_come_newest_first_and_by_name(front: ServedFront) -> None:
    """Pages of studies continue in both orders."""
    for name in ("b", "c", "a"):
        await front.with_study(name)

    found = {}
    for order in ("", "name", "name desc", "create_time"):
        request = study_service_pb2.ListStudiesRequest(parent="projects/default", page_size=2, order_by=order)
        first = await front.studies.ListStudies(request)
        request.page_token = first.next_page_token
        second = await front.studies.ListStudies(request)
        found[order] = "".join(s.name[-1] for s in [*first.studies, *second.studies])
        assert (len(first.studies), second.next_page_token) == (2, "")

    assert found == {"": "acb", "name": "abc", "name desc": "cba", "create_time": "bca"}


async def test_the_log_is_read_backwards(front: ServedFront) -> None:
    """Events come newest first, page by page."""
    study = await front.with_study()
    await front.studies.StopStudy(study_service_pb2.StopStudyRequest(name=study.name))
    await front.studies.ReopenStudy(study_service_pb2.ReopenStudyRequest(name=study.name))
    request = study_service_pb2.ListStudyEventsRequest(parent=study.name, page_size=1)

    first = await front.studies.ListStudyEvents(request)
    request.page_token = first.next_page_token
    second = await front.studies.ListStudyEvents(request)

    assert [e.kind for e in first.events] == ["STUDY_REOPENED"]
    assert [e.kind for e in second.events] == ["STUDY_ENDED"]
    assert second.next_page_token == ""


async def test_a_page_of_too_many_is_a_page_of_a_thousand(front: ServedFront) -> None:
    """A larger page size means the largest (AIP-158)."""
    study = await front.with_study()
    await attached(front, study.name, [0.1, 0.2])

    page = await front.trials.ListTrials(
        trial_service_pb2.ListTrialsRequest(parent=study.name, page_size=2_000_000_000)
    )

    assert len(page.trials) == 2
