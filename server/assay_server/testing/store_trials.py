"""What a store promises about trials."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

import pytest

from assay_server.domain.errors import InvalidArgument, InvalidPageToken, TrialNotFound
from assay_server.domain.space import Value
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import Filter, MetricBound, Page, Store, UnitOfWork
from assay_server.testing.builders import a_measurement, a_study, a_trial
from assay_server.testing.clock import START, FakeClock

STUDY = a_study("digits")
UID = STUDY.uid
STRANGE = 'm"e\\t.ric é'
"""A metric's name may have any printable character."""


async def add_trials(store: Store, *trials: Trial) -> None:
    """A study with these trials."""

    def act(uow: UnitOfWork) -> None:
        uow.add_study(STUDY)
        for trial in trials:
            uow.add_trial(trial)

    await store.act(act)


class TrialsContract:
    """Single trials, and those that acts look for."""

    async def test_a_trial_reads_back_as_it_was_written(self, store: Store) -> None:
        """Zero is a value, not an absence; whole numbers, truth values and texts stay what they are."""
        params: dict[str, Value] = {"lr": 0.0, "depth": 0, "flag": False, "act": "", "one": 1, "unit": 1.0, "on": True}
        trial = a_trial(1, study=STUDY, params=params, loss=0.0, worker="gpu-0")

        await add_trials(store, trial)

        found = await store.read(lambda uow: uow.trial(STUDY, 1))
        assert found == trial
        assert repr(found.configuration) == repr(params)

    async def test_a_missing_trial_is_named(self, store: Store) -> None:
        """TrialNotFound has the trial's full name."""
        await add_trials(store)
        with pytest.raises(TrialNotFound, match=r"projects/default/studies/digits/trials/7 does not exist"):
            await store.read(lambda uow: uow.trial(STUDY, 7))

    async def test_a_trial_is_replaced_as_a_whole(self, store: Store) -> None:
        """What the new value does not have is gone."""
        await add_trials(store, a_trial(1, study=STUDY, loss=1.0, worker="gpu-0", labels={"a": "b"}))
        bare = replace(a_trial(1, study=STUDY, params={"lr": 0.25}), generation=None)

        await store.act(lambda uow: uow.put_trial(bare))

        assert await store.read(lambda uow: uow.trial(STUDY, 1)) == bare

    async def test_a_trial_that_is_not_there_cannot_be_replaced(self, store: Store) -> None:
        """TrialNotFound, and nothing is stored."""
        await add_trials(store)
        with pytest.raises(TrialNotFound):
            await store.act(lambda uow: uow.put_trial(a_trial(1, study=STUDY)))

        assert await store.read(lambda uow: uow.list_trials(UID, Filter(), Page(limit=9))) == []

    async def test_a_taken_number_stays_with_its_trial(self, store: Store) -> None:
        """A second trial of that number is refused."""
        await add_trials(store, a_trial(1, study=STUDY))
        with pytest.raises(Exception, match=r"(?i)unique"):
            await store.act(lambda uow: uow.add_trial(a_trial(1, study=STUDY, params={"lr": 0.75})))

        assert await store.read(lambda uow: uow.trial(STUDY, 1)) == a_trial(1, study=STUDY)

    async def test_a_worker_finds_what_it_holds(self, store: Store) -> None:
        """RUNNING trials of that worker, by number; not those it held once."""
        running = TrialState.RUNNING
        held = [a_trial(n, study=STUDY, state=running, worker="gpu-0") for n in (3, 1)]
        given_back = a_trial(2, study=STUDY, state=TrialState.QUEUED, worker="gpu-0")
        another = a_trial(4, study=STUDY, state=running, worker="gpu-1")
        await add_trials(store, *held, given_back, another)

        assert [t.number for t in await store.read(lambda uow: uow.trials_held_by(UID, "gpu-0"))] == [1, 3]

    async def test_the_next_queued_trial_has_the_highest_priority(self, store: Store) -> None:
        """Then the lowest number; others' states do not count."""
        await add_trials(
            store,
            a_trial(1, study=STUDY, priority=-1),
            a_trial(2, study=STUDY, priority=9, state=TrialState.PAUSED),
            a_trial(4, study=STUDY, priority=5),
            a_trial(3, study=STUDY, priority=5),
        )

        found = await store.read(lambda uow: uow.next_queued(UID))

        assert found is not None
        assert found.number == 3

    async def test_an_empty_queue_has_no_next_trial(self, store: Store) -> None:
        """None, not an error."""
        await add_trials(store, a_trial(1, study=STUDY, state=TrialState.SUCCEEDED))

        assert await store.read(lambda uow: uow.next_queued(UID)) is None

    async def test_trials_are_found_by_state(self, store: Store) -> None:
        """In any of the states, by number; no states, no trials."""
        states = (TrialState.PAUSED, TrialState.FAILED, TrialState.QUEUED, TrialState.PAUSED)
        await add_trials(store, *(a_trial(n, study=STUDY, state=s) for n, s in enumerate(states, start=1)))

        wanted = (TrialState.PAUSED, TrialState.QUEUED)
        assert [t.number for t in await store.read(lambda uow: uow.trials_in(UID, wanted))] == [1, 3, 4]
        assert await store.read(lambda uow: uow.trials_in(UID, ())) == []

    async def test_changes_come_in_the_order_they_happened(self, store: Store) -> None:
        """Beyond a revision, that one not included, and no more than asked for."""
        trials = [a_trial(n, study=STUDY, revision=r) for n, r in ((1, 4), (2, 1), (3, 3), (4, 2))]
        await add_trials(store, *trials)

        found = await store.read(lambda uow: uow.trials_changed(UID, after_revision=1, limit=2))

        assert [t.number for t in found] == [4, 3]

    async def test_a_lease_is_over_at_the_moment_it_expires(self, store: Store, clock: FakeClock) -> None:
        """RUNNING trials of all studies, longest expired first, as many as asked for."""
        other = a_study("other")
        running = TrialState.RUNNING
        trials = [
            a_trial(n, study=STUDY, state=state, worker="w", expires_at=START + timedelta(seconds=s))
            for n, s, state in ((1, 10, running), (2, 5, running), (3, 1, TrialState.QUEUED), (4, 10.000001, running))
        ]
        await add_trials(store, *trials)
        await store.act(lambda uow: uow.add_study(other))
        stray = a_trial(1, study=other, state=running, worker="w", expires_at=START + timedelta(seconds=7))
        await store.act(lambda uow: uow.add_trial(stray))

        clock.advance(10)

        found = await store.read(lambda uow: uow.expired_trials(9))
        assert [(t.study_uid, t.number) for t in found] == [(UID, 2), (other.uid, 1), (UID, 1)]
        assert [t.number for t in await store.read(lambda uow: uow.expired_trials(1))] == [2]


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
