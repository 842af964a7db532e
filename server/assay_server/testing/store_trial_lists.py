"""What a store promises about lists of trials."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

import pytest

from assay_server.domain.errors import InvalidArgument, InvalidPageToken
from assay_server.domain.listing import Filter, MetricBound, Page
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import Store
from assay_server.testing.builders import a_measurement, a_trial
from assay_server.testing.clock import START
from assay_server.testing.store_trials import STUDY, UID, add_trials

STRANGE = 'm"e\\t.ric é'
"""A metric's name may have any printable character."""


class TrialListsContract:
    """Lists of trials."""

    TRIALS = (
        a_trial(1, study=STUDY, loss=2.0, labels={"kind": "a"}, created_at=START + timedelta(seconds=2)),
        a_trial(2, study=STUDY, state=TrialState.RUNNING, worker="w", created_at=START + timedelta(seconds=1)),
        replace(
            a_trial(3, study=STUDY, labels={"kind": "a"}, created_at=START),
            latest=a_measurement(metrics={"loss": 1.0, STRANGE: 0.0}, sem=0.5),
        ),
        a_trial(4, study=STUDY, loss=2.0, state=TrialState.SUCCEEDED, created_at=START),
        a_trial(5, study=STUDY, loss=-0.5, created_at=START + timedelta(seconds=3)),
    )

    @pytest.mark.parametrize("limit", [1, 2, 9])
    @pytest.mark.parametrize(
        ("order_by", "descending", "expected"),
        [
            ("", False, "12345"),
            ("number", True, "54321"),
            ("create_time", False, "34215"),
            ("create_time", True, "51243"),
            ("metrics.loss", False, "53142"),
            ("metrics.loss", True, "41352"),
            (f"metrics.{STRANGE}", False, "31245"),
            ("metrics.nobody", True, "54321"),
        ],
    )
    async def test_trials_come_in_every_order_page_by_page(
        self, store: Store, order_by: str, *, descending: bool, expected: str, limit: int
    ) -> None:
        """Pages put together are the whole list; trials without the metric come last in both directions."""
        await add_trials(store, *self.TRIALS)
        seen: list[int] = []
        after: tuple[float | str | None, str] | None = None
        while True:
            page = Page(limit=limit, order_by=order_by, descending=descending, after=after)
            found = await store.read(methodcaller("list_trials", UID, Filter(), page))
            if not found:
                break
            assert len(found) <= limit
            seen += [t.number for t in found]
            after = (self._key(found[-1], order_by), str(found[-1].number))

        assert "".join(map(str, seen)) == expected

    @pytest.mark.parametrize(
        ("filter_", "expected"),
        [
            (Filter(), "12345"),
            (Filter(states=frozenset({TrialState.QUEUED, TrialState.RUNNING})), "1235"),
            (Filter(states=frozenset()), ""),
            (Filter(labels=(("kind", "a"),)), "13"),
            (Filter(labels=(("kind", ""),)), ""),
            (Filter(created_after=START), "125"),
            (Filter(created_before=START + timedelta(microseconds=1)), "34"),
            (Filter(metrics=(MetricBound(metric="loss", operator="<", value=2.0),)), "35"),
            (Filter(metrics=(MetricBound(metric="loss", operator="<=", value=2.0),)), "1345"),
            (Filter(metrics=(MetricBound(metric="loss", operator=">", value=1.0),)), "14"),
            (Filter(metrics=(MetricBound(metric="loss", operator=">=", value=1.0),)), "134"),
            (Filter(metrics=(MetricBound(metric="loss", operator="=", value=1.0),)), "3"),
            (Filter(metrics=(MetricBound(metric="loss", operator="!=", value=2.0),)), "35"),
            (Filter(metrics=(MetricBound(metric=STRANGE, operator="=", value=0.0),)), "3"),
            (
                Filter(
                    states=frozenset({TrialState.QUEUED}),
                    labels=(("kind", "a"),),
                    metrics=(MetricBound(metric="loss", operator=">", value=1.0),),
                ),
                "1",
            ),
        ],
    )
    async def test_trials_are_narrowed_by_every_filter(self, store: Store, filter_: Filter, expected: str) -> None:
        """All conditions hold together; a trial without the metric meets no condition on it."""
        await add_trials(store, *self.TRIALS)

        found = await store.read(lambda uow: uow.list_trials(UID, filter_, Page(limit=9)))

        assert "".join(str(t.number) for t in found) == expected

    async def test_an_unknown_order_of_trials_is_refused(self, store: Store) -> None:
        """The message names it."""
        with pytest.raises(InvalidArgument, match="'colour'"):
            await store.read(lambda uow: uow.list_trials(UID, Filter(), Page(limit=1, order_by="colour")))

    @pytest.mark.parametrize(
        "page",
        [
            Page(limit=1, after=(1.0, "one")),
            Page(limit=1, after=(1.0, "9" * 30)),
            Page(limit=1, order_by="create_time", after=(1e300, "1")),
            Page(limit=1, order_by="create_time", after=(float("nan"), "1")),
            Page(limit=1, order_by="create_time", after=(None, "1")),
            Page(limit=1, order_by="metrics.loss", after=("a", "1")),
        ],
    )
    async def test_a_page_made_for_another_order_of_trials_is_refused(self, store: Store, page: Page) -> None:
        """InvalidPageToken, not a wrong list."""
        with pytest.raises(InvalidPageToken):
            await store.read(lambda uow: uow.list_trials(UID, Filter(), page))

    def _key(self, trial: Trial, order_by: str) -> float | None:
        if order_by == "create_time":
            return trial.created_at.timestamp()
        if order_by.startswith("metrics."):
            return trial.latest.values().get(order_by.removeprefix("metrics.")) if trial.latest else None
        return float(trial.number)
