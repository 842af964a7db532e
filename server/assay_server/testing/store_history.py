"""What a store promises about what belongs to trials and studies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

from assay_server.domain.candidate import Verdict
from assay_server.domain.event import Severity
from assay_server.domain.objective import Score
from assay_server.domain.provenance import Provenance
from assay_server.domain.trial import FailureKind, TrialOrigin, TrialState
from assay_server.ports import Store, StoredAnswer
from assay_server.testing.builders import (
    a_candidate,
    a_measurement,
    a_rung_result,
    a_study,
    a_trial,
    an_attempt,
    an_event,
)
from assay_server.testing.clock import START, FakeClock
from assay_server.testing.store_trials import STUDY, UID, add_trials

TRIAL = a_trial(1, study=STUDY)
ANSWER = StoredAnswer(fingerprint=b"\x00print", answer=b"")


class HistoryContract:
    """Measurements, attempts, observations."""

    async def test_measurements_come_by_step(self, store: Store, clock: FakeClock) -> None:
        """Whatever the order they came in; without a time they get that of the act."""
        await add_trials(store, TRIAL)
        clock.advance(5)
        late, early = a_measurement(9, created_at=None), replace(a_measurement(0, sem=0.0), cost=0.0, elapsed_s=0.0)

        await store.act(lambda uow: uow.add_measurements(TRIAL, [late, early]))

        found = await store.read(lambda uow: uow.measurements(UID, 1))
        assert found == [early, replace(late, created_at=clock.now())]

    async def test_a_measurement_of_the_same_step_replaces_the_stored_one(self, store: Store) -> None:
        """A resumed attempt repeats steps; later steps of the dead one stay."""
        await add_trials(store, TRIAL)
        first = [a_measurement(step, loss=step) for step in (1, 2, 3)]
        await store.act(lambda uow: uow.add_measurements(TRIAL, first))

        await store.act(lambda uow: uow.add_measurements(TRIAL, [a_measurement(2, loss=0.0)]))

        found = await store.read(lambda uow: uow.measurements(UID, 1))
        assert found == [first[0], a_measurement(2, loss=0.0), first[2]]

    async def test_no_measurements_are_no_error(self, store: Store) -> None:
        """Storing none, and asking a trial that has none."""
        await add_trials(store, TRIAL)
        await store.act(lambda uow: uow.add_measurements(TRIAL, []))

        assert await store.read(lambda uow: uow.measurements(UID, 1)) == []

    async def test_attempts_come_by_number_as_they_were_last_put(self, store: Store) -> None:
        """With how they ended."""
        await add_trials(store, TRIAL)
        ended = replace(
            an_attempt(1),
            ended_at=START,
            last_step=0,
            failure_kind=FailureKind.CRASHED,
            failure_message="out of memory",
            provenance=Provenance(seed=0, code_dirty=False, environment={"torch": "2"}),
        )
        for attempt in (an_attempt(2), an_attempt(1), ended):
            await store.act(methodcaller("put_attempt", TRIAL, attempt))

        assert await store.read(lambda uow: uow.attempts(UID, 1)) == [ended, an_attempt(2)]
        assert await store.read(lambda uow: uow.attempt(TRIAL, 1)) == ended

    async def test_observations_are_the_trials_that_teach(self, store: Store) -> None:
        """Measured, or ended badly; not the incomparable; with the whole curve, by step."""
        measured = a_trial(1, study=STUDY, params={"lr": 0.0}, origin=TrialOrigin.EXTERNAL)
        queued = a_trial(2, study=STUDY)
        failed = a_trial(3, study=STUDY, state=TrialState.FAILED)
        infeasible = a_trial(4, study=STUDY, state=TrialState.INFEASIBLE)
        deviating = a_trial(5, study=STUDY, incomparable=("another dataset",))
        await add_trials(store, measured, queued, failed, infeasible, deviating)
        curve = [a_measurement(2, loss=0.0), a_measurement(1, loss=1.0)]
        for trial in (measured, deviating):
            await store.act(methodcaller("add_measurements", trial, curve))

        first, second, third = await store.read(lambda uow: uow.observations(UID))

        assert (first.number, first.configuration, first.state) == (1, {"lr": 0.0}, TrialState.QUEUED)
        assert first.measurements == (curve[1], curve[0])
        assert first.is_external
        assert (second.number, second.state, second.measurements) == (3, TrialState.FAILED, ())
        assert (third.number, third.is_external) == (4, False)


class RungsContract:
    """Rung results."""

    async def test_a_rung_result_reads_back_as_it_was_last_put(self, store: Store) -> None:
        """One per trial and rung; a loss that overflowed is still a loss."""
        await add_trials(store)
        overflown = replace(a_rung_result(2), score=Score(losses=(0.0, float("inf")), violation=float("inf")))
        waiting, promoted = a_rung_result(1, step=1), replace(a_rung_result(1, step=1), waiting=False, promoted=True)
        for result in (waiting, promoted, overflown):
            await store.act(methodcaller("put_rung_result", UID, result))

        assert await store.read(lambda uow: uow.rung_result(UID, 1, 1)) == promoted
        assert await store.read(lambda uow: uow.rung_result(UID, 2, 1)) == overflown
        assert await store.read(lambda uow: uow.rung_result(UID, 1, 3)) is None

    async def test_members_of_brackets_come_in_the_order_they_changed(self, store: Store) -> None:
        """Beyond a revision; trials without a bracket are none, and who has ended or waits is not open."""
        states = (TrialState.QUEUED, TrialState.RUNNING, TrialState.PAUSED, TrialState.STOPPED)
        trials = [
            replace(a_trial(n, study=STUDY, state=state), bracket=0 if n < 4 else 7, revision=10 - n)
            for n, state in enumerate(states, start=1)
        ]
        await add_trials(store, *trials, a_trial(5, study=STUDY))

        found = await store.read(lambda uow: uow.bracket_members(UID))
        late = await store.read(lambda uow: uow.bracket_members(UID, after_revision=8))

        assert [(m.trial, m.bracket, m.is_open) for m in found] == [
            (4, 7, False),
            (3, 0, False),
            (2, 0, True),
            (1, 0, True),
        ]
        assert [(m.trial, m.revision) for m in late] == [(1, 9)]

    async def test_rung_results_come_in_the_order_they_changed(self, store: Store) -> None:
        """Those of all rungs beyond a revision; of this study only."""
        other = a_study("other")
        await add_trials(store)
        await store.act(lambda uow: uow.add_study(other))
        results = [a_rung_result(t, step=s, revision=r) for t, s, r in ((1, 1, 3), (2, 1, 1), (1, 3, 5), (3, 1, 2))]
        for result in results:
            await store.act(methodcaller("put_rung_result", UID, result))
        await store.act(lambda uow: uow.put_rung_result(other.uid, a_rung_result(9, revision=9)))

        every = await store.read(lambda uow: uow.rung_results(UID))
        late = await store.read(lambda uow: uow.rung_results(UID, after_revision=2))

        assert [r.revision for r in every] == [1, 2, 3, 5]
        assert [(r.trial, r.step) for r in late] == [(1, 1), (1, 3)]


class CandidatesContract:
    """The candidate buffer."""

    async def test_candidates_are_taken_first_in_first_out(self, store: Store) -> None:
        """Each once; when all are taken there is none."""
        await add_trials(store)
        made = [a_candidate({"lr": lr}) for lr in (0.0, 0.5, 0.25)]
        await store.act(lambda uow: uow.add_candidates(UID, made[:1]))
        await store.act(lambda uow: uow.add_candidates(UID, made[1:]))

        assert await store.read(lambda uow: uow.candidates(UID)) == made
        taken = [await store.act(lambda uow: uow.take_candidate(UID, min_results_seen=0)) for _ in range(4)]

        assert taken == [*made, None]

    async def test_a_candidate_that_has_seen_too_little_is_passed_over(self, store: Store) -> None:
        """The oldest of those that saw enough; the others stay."""
        await add_trials(store)
        stale, fresh, fresher = (a_candidate({"lr": seen / 10}, num_results_seen=seen) for seen in (1, 2, 3))
        await store.act(lambda uow: uow.add_candidates(UID, [stale, fresh, fresher]))

        assert await store.read(lambda uow: uow.oldest_candidate(UID, min_results_seen=2)) == fresh
        assert await store.act(lambda uow: uow.take_candidate(UID, min_results_seen=2)) == fresh
        assert await store.read(lambda uow: uow.candidates(UID)) == [stale, fresher]

    async def test_a_verdict_stays_with_its_candidate(self, store: Store) -> None:
        """Which trials promise more, and which less; an empty verdict is not the same as none."""
        await add_trials(store)
        verdicts = [Verdict(better=(3, 1), worse=(2,)), Verdict(), None]
        made = [replace(a_candidate({"lr": i / 10}), verdict=v) for i, v in enumerate(verdicts)]

        await store.act(lambda uow: uow.add_candidates(UID, made))

        assert await store.read(lambda uow: uow.candidates(UID)) == made

    async def test_stale_candidates_are_dropped_and_counted(self, store: Store) -> None:
        """Those that saw at most so many results, of this study only."""
        other = a_study("other")
        await add_trials(store)
        await store.act(lambda uow: uow.add_study(other))
        await store.act(lambda uow: uow.add_candidates(UID, [a_candidate(num_results_seen=n) for n in (0, 1, 2)]))
        await store.act(lambda uow: uow.add_candidates(other.uid, [a_candidate()]))

        assert await store.act(lambda uow: uow.drop_candidates(UID, max_results_seen=1)) == 2
        assert await store.read(lambda uow: uow.num_candidates(UID)) == 1
        assert await store.read(lambda uow: uow.num_candidates(other.uid)) == 1


class JournalContract:
    """The log, and what requests were answered with."""

    async def test_the_log_comes_newest_first(self, store: Store, clock: FakeClock) -> None:
        """Numbered within the study from 1, with the time of the act."""
        await add_trials(store)
        for message in ("one", "two"):
            clock.advance(1)
            await store.act(methodcaller("log", UID, an_event(message, severity=Severity.ERROR)))

        two, one = await store.read(lambda uow: uow.events(UID, limit=9))

        assert two == replace(an_event("two", severity=Severity.ERROR), sequence=2, at=START + timedelta(seconds=2))
        assert (one.message, one.sequence) == ("one", 1)

    async def test_the_log_is_read_in_pages(self, store: Store) -> None:
        """Before a sequence number, that one not included."""
        await add_trials(store)
        for _ in range(4):
            await store.act(lambda uow: uow.log(UID, an_event()))

        found = await store.read(lambda uow: uow.events(UID, limit=2, before_sequence=4))

        assert [e.sequence for e in found] == [3, 2]

    async def test_an_answer_is_remembered_for_a_day(self, store: Store, clock: FakeClock) -> None:
        """Per project and request; empty bytes are an answer; after 24 hours it is unknown."""
        await store.act(lambda uow: uow.remember("default", "id", ANSWER))

        assert await store.read(lambda uow: uow.answer("default", "id")) == ANSWER
        assert await store.read(lambda uow: uow.answer("other", "id")) is None
        clock.advance(24 * 3600 - 1)
        assert await store.read(lambda uow: uow.answer("default", "id")) == ANSWER
        clock.advance(1)
        assert await store.read(lambda uow: uow.answer("default", "id")) is None

    async def test_a_forgotten_request_may_be_made_again(self, store: Store, clock: FakeClock) -> None:
        """The new answer takes the place of the old one."""
        await store.act(lambda uow: uow.remember("default", "id", ANSWER))
        clock.advance(25 * 3600)
        again = StoredAnswer(fingerprint=b"2", answer=b"two")

        await store.act(lambda uow: uow.remember("default", "id", again))

        assert await store.read(lambda uow: uow.answer("default", "id")) == again

    async def test_old_answers_are_removed_and_counted(self, store: Store, clock: FakeClock) -> None:
        """Those older than asked, no others."""
        await store.act(lambda uow: uow.remember("default", "old", ANSWER))
        clock.advance(3600)
        await store.act(lambda uow: uow.remember("default", "new", ANSWER))

        assert await store.act(lambda uow: uow.forget_answers(timedelta(minutes=30))) == 1
        assert await store.read(lambda uow: uow.answer("default", "old")) is None
        assert await store.read(lambda uow: uow.answer("default", "new")) == ANSWER
