"""Create, change, stop, reopen and delete a study."""

from dataclasses import replace

import pytest

from assay_server.app.create_study import CreateStudy, create_study
from assay_server.app.delete_study import delete_study
from assay_server.app.update_study import UpdateStudy, update_study
from assay_server.domain.budget import Budget, Target
from assay_server.domain.errors import EtagMismatch, InvalidArgument, StudyNotFound, StudyOver, StudySpecMismatch
from assay_server.domain.listing import Filter, Page
from assay_server.domain.names import ProjectName
from assay_server.domain.space import Double, LinearTerm, Parameter, ParameterConstraint, SearchSpace
from assay_server.domain.study import Study, StudyEndReason, StudySpec, StudyState
from assay_server.domain.trial import TrialOrigin, TrialState
from assay_server.testing.builders import a_spec
from tests.unit.app.service import EPOCHS, STUDY, Service, a_plain_spec, measured

LR = Parameter(name="lr", kind=Double(min=0.0, max=1.0))
NO_MIDDLE = ParameterConstraint(terms=(LinearTerm(name="lr", weight=1.0),), at_most=True, bound=0.1)


async def check_only(service: Service, spec: StudySpec, study_id: str = "digits") -> Study:
    ask = CreateStudy(project=ProjectName("default"), study_id=study_id, spec=spec, validate_only=True)
    return await service.act(lambda uow: create_study(uow, service.tools, ask))


# -- create ----------------------------------------------------------------------------------------------
async def test_the_configuration_of_all_defaults_is_the_baseline(service: Service) -> None:
    """When the user gives none; it waits to be run first."""
    study = await service.create(a_spec())

    baseline = await service.trial(1)
    assert (baseline.origin, baseline.state, baseline.configuration) == (
        TrialOrigin.BASELINE,
        TrialState.QUEUED,
        {"lr": 0.5},
    )
    assert (study.tally.num_created, study.tally.count(TrialState.QUEUED)) == (1, 1)


async def test_defaults_that_break_a_constraint_are_no_baseline(service: Service) -> None:
    """Then there is none."""
    study = await service.create(a_spec(space=SearchSpace(parameters=(LR,), constraints=(NO_MIDDLE,))))

    assert study.tally.num_created == 0


async def test_the_same_study_may_be_created_again(service: Service) -> None:
    """It is the one that is there, as far as it got."""
    await service.create()
    await service.fill(0.1)
    await service.begin()

    again = await service.create()

    assert again == await service.study()
    assert again.tally.num_created == 1


async def test_another_specification_under_the_same_name_is_refused(service: Service) -> None:
    """With the fields that differ; the study stays as it is."""
    before = await service.create()

    with pytest.raises(StudySpecMismatch) as refused:
        await service.create(replace(a_plain_spec(fidelity=EPOCHS), seed=5))

    assert set(refused.value.differing) == {"fidelity", "seed"}
    assert await service.study() == before


async def test_a_study_without_a_name_is_given_one(service: Service) -> None:
    """Each time another."""
    first = await service.create(study_id="")
    second = await service.create(study_id="")

    assert first.name != second.name


async def test_checking_creates_nothing(service: Service) -> None:
    """It returns what would be created."""
    study = await check_only(service, a_spec())

    assert study.spec == a_spec()
    with pytest.raises(StudyNotFound):
        await service.study()


async def test_checking_finds_a_mismatch_as_well(service: Service) -> None:
    """As creating would."""
    await service.create()

    with pytest.raises(StudySpecMismatch):
        await check_only(service, a_plain_spec(fidelity=EPOCHS))


async def test_all_that_is_wrong_is_said_at_once(service: Service) -> None:
    """With paths, and nothing is created."""
    spec = replace(a_plain_spec(budget=Budget(max_trials=0)), max_attempts=0)

    with pytest.raises(InvalidArgument) as refused:
        await service.create(spec, study_id="No Name")

    assert [v.field for v in refused.value.violations] == [
        "study.spec.budget.max_trials",
        "study.spec.max_attempts",
        "study_id",
    ]
    listed = await service.act(lambda uow: uow.list_studies(ProjectName("default"), Filter(), Page(limit=1)))
    assert listed == []


async def test_there_must_be_room_for_the_baselines(service: Service) -> None:
    """Each is a trial."""
    spec = a_plain_spec(budget=Budget(max_trials=1), baselines=({"lr": 0.1}, {"lr": 0.2}))

    with pytest.raises(InvalidArgument, match="less than the 2 baselines"):
        await service.create(spec)


# -- update ----------------------------------------------------------------------------------------------
async def test_only_what_is_in_the_mask_changes(service: Service) -> None:
    """And the version grows."""
    before = await service.create(a_plain_spec(budget=Budget(max_trials=5)))
    ask = UpdateStudy(
        name=STUDY, etag="1", mask=frozenset({"spec.labels"}), description="no", labels={"a": "b"}, budget=Budget()
    )

    changed = await service.act(lambda uow: update_study(uow, service.tools, ask))

    assert changed.spec == replace(before.spec, labels={"a": "b"})
    assert changed.version == 2
    assert await service.study() == changed


async def test_who_read_an_older_version_changes_nothing(service: Service) -> None:
    """Somebody else was faster."""
    await service.create()
    changed = await service.budget(Budget(max_trials=5), etag="1")

    with pytest.raises(EtagMismatch):
        await service.budget(Budget(max_trials=6), etag="1")

    assert await service.study() == changed


async def test_a_bad_budget_changes_nothing(service: Service) -> None:
    """It is named below study.spec."""
    before = await service.create()

    with pytest.raises(InvalidArgument, match=r"study\.spec\.budget\.max_cost"):
        await service.budget(Budget(max_cost=-1.0))

    assert await service.study() == before


async def test_a_budget_below_what_is_created_lets_the_open_trials_end(service: Service) -> None:
    """Nothing new is created, and nothing is cut off."""
    await service.create()
    await service.fill(0.1, 0.2, 0.3)
    trials = (await service.ask(count=2)).trials

    changed = await service.budget(Budget(max_trials=1))
    for trial in trials:
        await service.complete(trial, measured(0, loss=1.0))

    assert changed.state is StudyState.ACTIVE
    assert (await service.study()).end_reason is StudyEndReason.MAX_TRIALS


async def test_a_budget_below_what_is_spent_ends_the_study(service: Service) -> None:
    """At once."""
    await service.create()
    await service.fill(0.1, 0.2)
    await service.complete(await service.begin(), measured(0, cost=3.0, loss=1.0))

    changed = await service.budget(Budget(max_cost=2.0))

    assert (changed.state, changed.end_reason) == (StudyState.COMPLETED, StudyEndReason.MAX_COST)
    assert changed == await service.study()


async def test_a_target_that_was_reached_already_ends_the_study(service: Service) -> None:
    """No second trial has to reach it."""
    await service.create()
    await service.fill(0.1, 0.2)
    await service.complete(await service.begin(), measured(0, loss=1.0))

    changed = await service.budget(Budget(targets=(Target(metric="loss", value=1.5),)))

    assert changed.end_reason is StudyEndReason.TARGET_REACHED


async def test_a_smaller_parallelism_takes_nothing_away(service: Service) -> None:
    """What runs goes on; nothing more is handed out until a slot is free."""
    await service.create()
    await service.fill(0.1, 0.2, 0.3)
    first, _ = (await service.ask("u", count=2)).trials
    await service.budget(Budget(parallelism=1))
    await service.complete(first, measured(0, loss=1.0))

    assert (await service.ask("v")).trials == ()


# -- stop and reopen -------------------------------------------------------------------------------------
async def test_stopping_ends_what_waits_and_lets_run_what_runs(service: Service) -> None:
    """No candidate is left, and no result waits for a promotion."""
    await service.create(a_plain_spec(fidelity=EPOCHS, baselines=({"lr": 0.8}, {"lr": 0.9})))
    await service.fill(0.1, 0.2)
    await service.begin("b")
    await service.begin("c")
    await service.report(await service.begin("u"), measured(1, loss=1.0))
    await service.add(lr=0.7)

    stopped = await service.stop()

    states = [(await service.trial(n)).state.value for n in (1, 2, 3, 4)]
    assert states == ["RUNNING", "RUNNING", "STOPPED", "STOPPED"]
    assert stopped == await service.study()
    assert not any(r.waiting for r in await service.rungs())
    assert await service.act(lambda uow: uow.num_candidates(stopped.uid)) == 0


async def test_stopping_twice_is_stopping_once(service: Service) -> None:
    """The second time nothing changes."""
    await service.create()
    stopped = await service.stop()

    assert await service.stop() == stopped


async def test_a_stopped_study_may_go_on(service: Service) -> None:
    """As if nothing had been: new trials are handed out."""
    await service.create()
    await service.stop()

    reopened = await service.reopen()
    await service.fill(0.1)

    assert (reopened.state, reopened.end_reason, reopened.ended_at) == (StudyState.ACTIVE, None, None)
    assert (await service.begin()).number == 1


async def test_what_ran_while_a_study_was_stopped_goes_on_with_it(service: Service) -> None:
    """The lease was good all the time."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.stop()
    await service.reopen()

    assert (await service.report(trial, measured(0, loss=1.0))).trial.state is TrialState.RUNNING


async def test_reopening_an_active_study_changes_nothing(service: Service) -> None:
    """It goes on already."""
    before = await service.create()

    assert await service.reopen() == before


async def test_a_study_whose_budget_is_used_up_needs_a_larger_one(service: Service) -> None:
    """Refused with the limit; after the change it goes on."""
    await service.create(a_plain_spec(budget=Budget(max_trials=1)))
    await service.fill(0.1)
    await service.complete(await service.begin(), measured(0, loss=1.0))
    with pytest.raises(StudyOver, match="MAX_TRIALS"):
        await service.reopen()

    await service.budget(Budget(max_trials=2))
    await service.reopen()
    await service.fill(0.2)

    assert (await service.begin()).number == 2


# -- delete ----------------------------------------------------------------------------------------------
async def test_a_deleted_study_is_gone_and_its_name_free(service: Service) -> None:
    """The next one of that name has another uid and no trials."""
    first = await service.create(a_spec())
    await service.act(lambda uow: delete_study(uow, STUDY))

    second = await service.create()

    assert second.uid != first.uid
    assert (await service.study()).tally.num_created == 0


async def test_a_study_that_changed_is_not_deleted(service: Service) -> None:
    """When the version that was read is given."""
    await service.create()
    await service.budget(Budget(max_trials=5))

    with pytest.raises(EtagMismatch):
        await service.act(lambda uow: delete_study(uow, STUDY, "1"))

    assert (await service.study()).version == 2


async def test_a_rung_of_a_deleted_study_is_not_remembered(service: Service) -> None:
    """The next study of that name starts from nothing."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1, 0.2)
    for loss in (1.0, 2.0):
        await service.report(await service.begin(), measured(1, loss=loss))
    await service.act(lambda uow: delete_study(uow, STUDY))
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1)

    reported = await service.report(await service.begin(), measured(1, loss=0.0))

    assert reported.trial.state is TrialState.PAUSED
