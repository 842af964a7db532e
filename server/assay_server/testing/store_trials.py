"""What a store promises about trials."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assay_server.domain.errors import TrialNotFound
from assay_server.domain.listing import Filter, Page
from assay_server.domain.space import Value
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import Store, UnitOfWork
from assay_server.testing.builders import a_study, a_trial
from assay_server.testing.clock import START, FakeClock

STUDY = a_study("digits")
UID = STUDY.uid


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
