"""What a store promises about studies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

import pytest

from assay_server.domain.errors import InvalidArgument, InvalidPageToken, StudyNotFound
from assay_server.domain.listing import Filter, Page
from assay_server.domain.names import ProjectName, StudyName
from assay_server.domain.study import StudyEndReason, StudyState, Tally
from assay_server.domain.trial import TrialState
from assay_server.ports import Store
from assay_server.testing.builders import (
    a_candidate,
    a_measurement,
    a_rung_result,
    a_spec,
    a_study,
    a_trial,
    an_attempt,
    an_event,
)
from assay_server.testing.clock import START

DEFAULT = ProjectName("default")
DIGITS = a_study("digits")
A_TALLY = Tally(
    trials={TrialState.RUNNING: 0, TrialState.SUCCEEDED: 2},
    num_created=3,
    num_generated=(0, 3),
    num_results=2,
    num_feasible=1,
    cost=0.5,
    revision=7,
    exhausted=True,
)


class StudiesContract:
    """Studies and tallies."""

    async def test_a_study_reads_back_as_it_was_written(self, store: Store) -> None:
        """By name and by uid, with its tally; zero is a value, not an absence."""
        study = replace(DIGITS, seed=0, tally=A_TALLY, ended_at=START, end_reason=StudyEndReason.MAX_TRIALS)

        await store.act(lambda uow: uow.add_study(study))

        assert await store.read(lambda uow: uow.study(study.name)) == study
        assert await store.read(lambda uow: uow.study_of(study.uid)) == study

    async def test_what_does_not_exist_is_named(self, store: Store) -> None:
        """A missing study raises StudyNotFound with the name that was asked for."""
        with pytest.raises(StudyNotFound, match=r"projects/default/studies/nobody does not exist"):
            await store.read(lambda uow: uow.study(StudyName("default", "nobody")))

    async def test_a_missing_uid_is_not_found(self, store: Store) -> None:
        """study_of raises StudyNotFound too."""
        with pytest.raises(StudyNotFound):
            await store.read(lambda uow: uow.study_of("nobody"))

    @pytest.mark.parametrize("act", ["put_study", "put_tally", "delete_study"])
    async def test_a_study_that_is_not_there_cannot_be_changed(self, store: Store, act: str) -> None:
        """Replacing or removing it raises StudyNotFound."""
        acts = {
            "put_study": lambda uow: uow.put_study(DIGITS),
            "put_tally": lambda uow: uow.put_tally(DIGITS.uid, Tally()),
            "delete_study": lambda uow: uow.delete_study(DIGITS.uid),
        }
        with pytest.raises(StudyNotFound):
            await store.act(acts[act])

    async def test_a_taken_name_stays_with_its_study(self, store: Store) -> None:
        """A second study of the same name is refused, and the first is unchanged."""
        await store.act(lambda uow: uow.add_study(DIGITS))

        with pytest.raises(Exception, match=r"(?i)unique"):
            await store.act(lambda uow: uow.add_study(replace(DIGITS, uid="another", seed=9)))

        assert await store.read(lambda uow: uow.study(DIGITS.name)) == DIGITS

    async def test_the_same_name_in_another_project_is_another_study(self, store: Store) -> None:
        """Projects do not see each other."""
        other = a_study("digits", project="other", seed=5)
        await store.act(lambda uow: uow.add_study(DIGITS))
        await store.act(lambda uow: uow.add_study(other))

        assert await store.read(lambda uow: uow.study(other.name)) == other
        assert await store.read(lambda uow: uow.list_studies(DEFAULT, Filter(), Page(limit=9))) == [DIGITS]

    async def test_put_study_leaves_the_tally_alone(self, store: Store) -> None:
        """Everything but the tally is replaced, the specification too, even under the same version."""
        await store.act(lambda uow: uow.add_study(replace(DIGITS, tally=A_TALLY)))
        await store.read(lambda uow: uow.study(DIGITS.name))  # a cache of specifications must not keep it
        changed = replace(DIGITS, spec=a_spec(seed=7, labels={"team": "vision"}), state=StudyState.STOPPED)

        await store.act(lambda uow: uow.put_study(changed))

        assert await store.read(lambda uow: uow.study(DIGITS.name)) == replace(changed, tally=A_TALLY)

    async def test_put_tally_leaves_the_study_alone(self, store: Store) -> None:
        """Only the tally is replaced."""
        await store.act(lambda uow: uow.add_study(DIGITS))

        await store.act(lambda uow: uow.put_tally(DIGITS.uid, A_TALLY))

        assert await store.read(lambda uow: uow.study(DIGITS.name)) == replace(DIGITS, tally=A_TALLY)

    async def test_a_deleted_study_takes_everything_with_it(self, store: Store) -> None:
        """A study made later under the same uid finds nothing of the old one."""
        trial = a_trial(1, study=DIGITS, loss=0.0)
        await store.act(lambda uow: uow.add_study(DIGITS))
        await store.act(lambda uow: uow.add_trial(trial))
        await store.act(lambda uow: uow.add_measurements(trial, [a_measurement()]))
        await store.act(lambda uow: uow.put_attempt(trial, an_attempt()))
        await store.act(lambda uow: uow.put_rung_result(DIGITS.uid, a_rung_result()))
        await store.act(lambda uow: uow.add_candidates(DIGITS.uid, [a_candidate()]))
        await store.act(lambda uow: uow.log(DIGITS.uid, an_event()))

        await store.act(lambda uow: uow.delete_study(DIGITS.uid))
        await store.act(lambda uow: uow.add_study(DIGITS))

        uid = DIGITS.uid
        assert await store.read(lambda uow: uow.list_trials(uid, Filter(), Page(limit=9))) == []
        assert await store.read(lambda uow: uow.measurements(uid, 1)) == []
        assert await store.read(lambda uow: uow.attempts(uid, 1)) == []
        assert await store.read(lambda uow: uow.rung_results(uid)) == []
        assert await store.read(lambda uow: uow.num_candidates(uid)) == 0
        assert await store.read(lambda uow: uow.events(uid, limit=9)) == []

    async def test_deleting_one_study_leaves_the_others(self, store: Store) -> None:
        """Only what belongs to it goes."""
        other = a_study("other")
        await store.act(lambda uow: uow.add_study(DIGITS))
        await store.act(lambda uow: uow.add_study(other))
        await store.act(lambda uow: uow.add_trial(a_trial(1, study=other)))

        await store.act(lambda uow: uow.delete_study(DIGITS.uid))

        assert await store.read(lambda uow: uow.trial(other, 1)) == a_trial(1, study=other)

    async def test_active_studies_come_oldest_first_from_all_projects(self, store: Store) -> None:
        """Studies that are over are left out."""
        old = a_study("z", project="p", created_at=START)
        new = a_study("a", project="q", created_at=START + timedelta(microseconds=1))
        over = a_study("b", state=StudyState.COMPLETED)
        for study in (new, over, old):
            await store.act(methodcaller("add_study", study))

        assert await store.read(lambda uow: uow.active_studies()) == [old, new]


class StudyListsContract:
    """Lists of studies."""

    STUDIES = tuple(
        a_study(
            name,
            created_at=START + timedelta(seconds=age),
            state=state,
            spec=a_spec(labels={"team": team, "é": "ü"} if team else None),
        )
        for name, age, state, team in (
            ("c", 0, StudyState.ACTIVE, "x"),
            ("a", 1, StudyState.STOPPED, "x"),
            ("b", 1, StudyState.ACTIVE, ""),
            ("d", 2, StudyState.COMPLETED, "y"),
        )
    )

    @pytest.mark.parametrize(
        ("order_by", "descending", "expected"),
        [
            ("", False, "cabd"),
            ("create_time", True, "dbac"),
            ("name", False, "abcd"),
            ("name", True, "dcba"),
        ],
    )
    async def test_studies_come_in_every_order_page_by_page(
        self, store: Store, order_by: str, *, descending: bool, expected: str
    ) -> None:
        """Pages of any size, put together, are the whole list: nothing twice, nothing left out."""
        await self._fill(store)
        seen: list[str] = []
        after: tuple[float | str | None, str] | None = None
        while True:
            page = Page(limit=1, order_by=order_by, descending=descending, after=after)
            found = await store.read(methodcaller("list_studies", DEFAULT, Filter(), page))
            if not found:
                break
            (study,) = found
            seen.append(study.name.study)
            key = study.name.study if order_by == "name" else study.created_at.timestamp()
            after = (key, study.name.study)

        assert "".join(seen) == expected

    @pytest.mark.parametrize(
        ("filter_", "expected"),
        [
            (Filter(), "cabd"),
            (Filter(study_states=frozenset({StudyState.ACTIVE})), "cb"),
            (Filter(study_states=frozenset()), ""),
            (Filter(labels=(("team", "x"),)), "ca"),
            (Filter(labels=(("team", "x"), ("é", "ü"))), "ca"),
            (Filter(labels=(("team", "x"), ("é", "u"))), ""),
            (Filter(created_after=START), "abd"),
            (Filter(created_before=START + timedelta(seconds=2)), "cab"),
        ],
    )
    async def test_studies_are_narrowed_by_every_filter(self, store: Store, filter_: Filter, expected: str) -> None:
        """All conditions hold together; times are exclusive."""
        await self._fill(store)

        found = await store.read(lambda uow: uow.list_studies(DEFAULT, filter_, Page(limit=9)))

        assert "".join(s.name.study for s in found) == expected

    async def test_an_unknown_order_of_studies_is_refused(self, store: Store) -> None:
        """The message names it."""
        with pytest.raises(InvalidArgument, match="'colour'"):
            await store.read(lambda uow: uow.list_studies(DEFAULT, Filter(), Page(limit=1, order_by="colour")))

    async def test_a_page_made_for_another_order_of_studies_is_refused(self, store: Store) -> None:
        """A name is not a time."""
        page = Page(limit=1, after=("name", "name"))
        with pytest.raises(InvalidPageToken):
            await store.read(lambda uow: uow.list_studies(DEFAULT, Filter(), page))

    async def _fill(self, store: Store) -> None:
        for study in self.STUDIES:
            await store.act(methodcaller("add_study", study))
