"""Suggest: what a worker holds, then what is queued, what deserves to go on, what is new."""

from dataclasses import replace

import pytest

from assay_server.app.suggest import Suggest
from assay_server.domain.budget import Budget
from assay_server.domain.errors import InvalidArgument, StudyNotFound
from assay_server.domain.study import StudyEndReason, StudyState
from assay_server.domain.trial import TrialOrigin, TrialState
from tests.unit.app.service import EPOCHS, STUDY, TTL_S, Service, a_plain_spec, measured


async def test_a_candidate_becomes_a_running_trial(service: Service) -> None:
    """Complete, with its seed, its generator and a lease for its worker."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1)

    trial = await service.begin("u")

    assert (trial.number, trial.state, trial.origin) == (1, TrialState.RUNNING, TrialOrigin.GENERATED)
    assert trial.configuration == {"lr": 0.1}
    assert trial.until_step == 1
    assert trial.generation is not None
    assert trial.lease is not None
    assert (trial.lease.worker, trial.lease.attempt) == ("u", 1)
    assert (await service.study()).tally.num_generated == (1,)


async def test_a_worker_that_asks_again_gets_what_it_holds(service: Service) -> None:
    """With the same token and a renewed lease: it may have lost the answer."""
    await service.create()
    await service.fill(0.1, 0.2)
    first = await service.begin("u")
    service.clock.advance(TTL_S / 2)

    again = await service.begin("u")

    assert first.lease is not None
    assert again.lease == first.lease.renewed(service.clock.now())
    assert (await service.study()).tally.num_created == 1


async def test_more_may_be_held_than_before(service: Service) -> None:
    """What it holds comes first, by number."""
    await service.create()
    await service.fill(0.1, 0.2, 0.3)
    await service.begin("v")
    await service.begin("u")

    suggestion = await service.ask("u", count=2)

    assert [t.number for t in suggestion.trials] == [2, 3]


async def test_what_it_holds_beyond_the_count_is_renewed_as_well(service: Service) -> None:
    """Though it is not listed: its worker lives."""
    await service.create()
    await service.fill(0.1, 0.2)
    await service.ask("u", count=2)
    service.clock.advance(TTL_S / 2)

    suggestion = await service.ask("u", count=1)

    held = await service.trial(2)
    assert [t.number for t in suggestion.trials] == [1]
    assert held.lease is not None
    assert (held.lease.expires_at - service.clock.now()).total_seconds() == TTL_S


async def test_baselines_come_first(service: Service) -> None:
    """In their order, before all that is generated."""
    await service.create(a_plain_spec(baselines=({"lr": 0.8}, {"lr": 0.9})))
    await service.fill(0.1)

    suggestion = await service.ask(count=3)

    assert [t.configuration["lr"] for t in suggestion.trials] == [0.8, 0.9, 0.1]
    assert [t.origin.value for t in suggestion.trials] == ["BASELINE", "BASELINE", "GENERATED"]


async def test_what_a_user_queued_comes_by_priority(service: Service) -> None:
    """Then by number."""
    await service.create()
    for lr, priority in ((0.1, 0), (0.2, 5), (0.3, 5)):
        await service.add(lr=lr, priority=priority)

    suggestion = await service.ask(count=3)

    assert [t.number for t in suggestion.trials] == [2, 3, 1]


async def test_a_paused_trial_that_deserves_it_goes_on_before_a_new_one(service: Service) -> None:
    """Up to the next rung, under a new attempt."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1, 0.2, 0.3, 0.4)
    for loss in (1.0, 2.0, 3.0):
        await service.report(await service.begin(), measured(1, loss=loss))

    trial = await service.begin()

    assert (trial.number, trial.until_step, trial.num_attempts) == (1, 3, 2)
    (result,) = [r for r in await service.rungs() if r.trial == 1]
    assert (result.waiting, result.promoted) == (False, True)


async def test_a_promoted_trial_that_dies_keeps_its_budget(service: Service) -> None:
    """Whoever gets it next trains to the same step."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1, 0.2, 0.3)
    for loss in (1.0, 2.0, 3.0):
        await service.report(await service.begin(), measured(1, loss=loss))
    await service.fail(await service.begin())

    again = await service.begin()

    assert (again.number, again.until_step) == (1, 3)


async def test_no_more_run_than_the_parallelism(service: Service) -> None:
    """Though candidates wait; what one holds already is not refused."""
    await service.create(a_plain_spec(budget=Budget(parallelism=2)))
    await service.fill(0.1, 0.2, 0.3)
    await service.ask("u", count=3)

    refused, held = await service.ask("v"), await service.ask("u", count=3)

    assert (refused.trials, refused.num_wanted, refused.end_reason) == ((), 0, None)
    assert [t.number for t in held.trials] == [1, 2]


async def test_a_paused_trial_takes_no_slot(service: Service) -> None:
    """It has no worker."""
    await service.create(a_plain_spec(fidelity=EPOCHS, budget=Budget(parallelism=1)))
    await service.fill(0.1, 0.2)
    await service.report(await service.begin(), measured(1, loss=1.0))

    assert (await service.begin()).number == 2


async def test_no_more_are_created_than_the_budget_says(service: Service) -> None:
    """Exactly as many; the study is over when the last of them is."""
    await service.create(a_plain_spec(budget=Budget(max_trials=2)))
    await service.fill(0.1, 0.2, 0.3)
    trials = (await service.ask(count=3)).trials
    waiting = await service.ask("v")
    for trial in trials:
        await service.complete(trial, measured(0, loss=1.0))

    over = await service.ask("v")

    assert [t.number for t in trials] == [1, 2]
    assert (waiting.trials, waiting.end_reason, waiting.num_wanted) == ((), None, 0)
    assert over.end_reason is StudyEndReason.MAX_TRIALS
    assert await service.act(lambda uow: uow.num_candidates(over.study.uid)) == 0


async def test_a_trial_that_died_is_tried_again_though_no_more_are_created(service: Service) -> None:
    """The budget counts trials, not attempts."""
    await service.create(a_plain_spec(budget=Budget(max_trials=1)))
    await service.fill(0.1)
    await service.fail(await service.begin())

    assert (await service.begin()).number == 1


async def test_an_asker_finds_out_that_the_time_is_up(service: Service) -> None:
    """Before any reaper; what waits is stopped."""
    await service.create(a_plain_spec(budget=Budget(max_duration_s=10.0), baselines=({"lr": 0.9},)))
    service.clock.advance(10)

    suggestion = await service.ask()

    assert (suggestion.trials, suggestion.end_reason) == ((), StudyEndReason.MAX_DURATION)
    assert (await service.trial(1)).state is TrialState.STOPPED


async def test_nothing_is_wanted_for_a_study_that_just_ended(service: Service) -> None:
    """Its budget would allow a candidate, its time does not."""
    await service.create(a_plain_spec(budget=Budget(max_duration_s=10.0)))
    service.clock.advance(10)

    assert (await service.ask()).num_wanted == 0


async def test_an_exhausted_space_ends_the_study_after_what_is_left(service: Service) -> None:
    """Candidates that wait are tried, and what runs comes to its end."""
    await service.create()
    await service.fill(0.1)
    await service.exhaust()
    last = await service.begin("u")
    meanwhile = await service.ask("v")

    await service.complete(last, measured(0, loss=1.0))

    assert (meanwhile.trials, meanwhile.end_reason, meanwhile.num_wanted) == ((), None, 0)
    assert (await service.ask("v")).end_reason is StudyEndReason.SPACE_EXHAUSTED


async def test_candidates_that_are_left_keep_an_exhausted_study_alive(service: Service) -> None:
    """Nothing runs at the moment, but there is something to run."""
    await service.create(a_plain_spec(budget=Budget(parallelism=1)))
    await service.fill(0.1, 0.2)
    await service.exhaust()

    await service.complete(await service.begin(), measured(0, loss=1.0))

    assert (await service.study()).state is StudyState.ACTIVE
    assert (await service.begin()).number == 2


async def test_paused_trials_that_none_promotes_do_not_keep_a_study_alive(service: Service) -> None:
    """The better one of two is trained to the end, and then nothing is left to do."""
    await service.create(a_plain_spec(fidelity=EPOCHS, budget=Budget(max_trials=2)))
    await service.fill(0.1, 0.2)
    for loss in (1.0, 2.0):
        await service.report(await service.begin(), measured(1, loss=loss))
    await service.report(await service.begin(), measured(9, loss=1.0))

    assert (await service.ask()).end_reason is StudyEndReason.MAX_TRIALS


async def test_a_paused_trial_that_is_promotable_keeps_a_study_alive(service: Service) -> None:
    """All are created and none runs, but the best of three goes on, and then the study is over."""
    await service.create(a_plain_spec(fidelity=EPOCHS, budget=Budget(max_trials=3)))
    await service.fill(0.1, 0.2, 0.3)
    for loss in (1.0, 2.0, 3.0):
        await service.report(await service.begin(), measured(1, loss=loss))
    assert (await service.study()).state is StudyState.ACTIVE

    await service.fail(await service.begin(), permanent=True)

    assert (await service.study()).end_reason is StudyEndReason.MAX_TRIALS


async def test_a_study_that_is_over_hands_out_nothing(service: Service) -> None:
    """It says why, also to one who holds a trial."""
    await service.create()
    await service.fill(0.1, 0.2)
    await service.begin("u")
    await service.stop()

    suggestion = await service.ask("u")

    assert (suggestion.trials, suggestion.end_reason) == ((), StudyEndReason.STOPPED_BY_USER)


async def test_only_candidates_that_have_seen_enough_are_taken(service: Service) -> None:
    """The oldest of those."""
    await service.create()
    await service.fill(0.1, seen=0)
    await service.fill(0.2, seen=2)
    await service.fill(0.3, seen=3)

    suggestion = await service.ask(min_seen=2)

    assert suggestion.trials[0].configuration == {"lr": 0.2}


async def test_a_lease_that_ran_out_passes_to_whoever_asks(service: Service) -> None:
    """With the death counted and the next attempt's number."""
    await service.create()
    await service.fill(0.1)
    await service.begin("u")
    await service.expire()

    resumed = await service.begin("v")

    assert (resumed.number, resumed.num_attempts, resumed.num_deaths) == (1, 2, 1)
    assert [a.worker for a in await service.attempts(1)] == ["u", "v"]


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (Suggest(study=STUDY, worker=""), "worker"),
        (Suggest(study=STUDY, worker="x" * 257), "worker"),
        (Suggest(study=STUDY, worker="a\nb"), "worker"),
        (Suggest(study=STUDY, worker="u", count=0), "count"),
        (Suggest(study=STUDY, worker="u", count=65), "count"),
    ],
)
def test_a_bad_question_names_its_field(ask: Suggest, field: str) -> None:
    """Nameless, unprintable or greedy."""
    with pytest.raises(InvalidArgument) as refused:
        ask.validate()

    assert [v.field for v in refused.value.violations] == [field]


async def test_there_must_be_a_study(service: Service) -> None:
    """By that name."""
    with pytest.raises(StudyNotFound):
        await service.ask()


async def test_a_late_report_may_exceed_the_parallelism(service: Service) -> None:
    """A live run is not thrown away for it; nothing more is handed out until both slots are free again."""
    await service.create(a_plain_spec(budget=Budget(parallelism=1)))
    await service.fill(0.1)
    late = await service.begin("u")
    await service.expire()
    await service.add(lr=0.2, priority=1)
    await service.begin("v")
    await service.report(late, measured(0, loss=1.0))

    study = await service.study()
    refused = await service.ask("w")

    assert study.tally.count(TrialState.RUNNING) == 2
    assert refused.trials == ()


async def test_seeds_of_trials_come_from_the_study_s(service: Service) -> None:
    """The same study, the same seeds; each trial its own."""
    seeds = []
    for study_id in ("digits", "again"):
        await service.create(replace(a_plain_spec(baselines=({"lr": 0.1}, {"lr": 0.2})), seed=7), study_id=study_id)
        name = replace(STUDY, study=study_id)
        seeds.append([await service.act(lambda uow, n=n, s=name: uow.trial(uow.study(s), n).seed) for n in (1, 2)])  # type: ignore[misc]  # a lambda's defaults

    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 2
