"""Complete: a trial ends with its result."""

from dataclasses import replace

import pytest

from assay_server.domain.budget import Budget, Target
from assay_server.domain.errors import InvalidArgument, LeaseLost, TrialNotFound, WrongTrialState
from assay_server.domain.provenance import Provenance
from assay_server.domain.study import StudyEndReason
from assay_server.domain.trial import TrialState
from assay_server.testing.clock import START
from tests.unit.app.service import EPOCHS, TWO, Service, a_plain_spec, measured


async def test_the_final_measurement_is_the_result(service: Service) -> None:
    """It is stored on the curve as well, and counted."""
    await service.create()
    await service.fill(0.1)

    done = await service.complete(await service.begin(), measured(3, loss=1.0, cost=2.0))

    study = await service.study()
    assert done.final is not None
    assert (done.state, done.final.values(), done.ended_at) == (TrialState.SUCCEEDED, {"loss": 1.0}, START)
    assert [m.step for m in await service.act(lambda uow: uow.measurements(study.uid, 1))] == [3]
    assert (study.tally.num_results, study.tally.num_feasible, study.tally.cost) == (1, 1, 2.0)


async def test_without_one_the_latest_is(service: Service) -> None:
    """With each metric's last value."""
    await service.create(a_plain_spec(objectives=TWO))
    await service.fill(0.1)
    trial = await service.begin()
    await service.report(trial, measured(1, size=5.0, loss=2.0))
    await service.report(trial, measured(2, loss=1.0))

    done = await service.complete(trial)

    assert done.final is not None
    assert (done.final.step, done.final.values()) == (2, {"loss": 1.0, "size": 5.0})


async def test_before_the_last_rung_it_counts_as_a_full_result(service: Service) -> None:
    """The worker says that the evaluation is finished."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1)

    await service.complete(await service.begin(), measured(1, loss=1.0))

    assert [(r.step, r.waiting) for r in await service.rungs()] == [(9, False)]
    assert [t.number for t in (await service.front()).trials] == [1]


async def test_it_is_taken_when_the_study_is_over(service: Service) -> None:
    """A finished result is not thrown away."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.stop()

    done = await service.complete(trial, measured(0, loss=1.0))

    assert done.state is TrialState.SUCCEEDED
    assert (await service.study()).end_reason is StudyEndReason.STOPPED_BY_USER


async def test_it_is_taken_after_the_lease_ran_out(service: Service) -> None:
    """As long as nobody else has the trial; the death is taken back."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    await service.expire()

    done = await service.complete(trial, measured(0, loss=1.0))

    assert (done.state, done.num_deaths) == (TrialState.SUCCEEDED, 0)
    assert (await service.study()).tally.count(TrialState.QUEUED) == 0


async def test_a_result_that_lacks_an_objective_changes_nothing(service: Service) -> None:
    """The error names what was never reported."""
    await service.create(a_plain_spec(objectives=TWO))
    await service.fill(0.1)
    trial = await service.begin()
    before = await service.study()

    with pytest.raises(InvalidArgument, match="never reported: size") as refused:
        await service.complete(trial, measured(0, loss=1.0, cost=1.0), provenance=Provenance(code_version="1"))

    assert [v.field for v in refused.value.violations] == ["final_measurement.metrics"]
    assert await service.trial(1) == trial
    assert await service.study() == before


async def test_a_bad_final_measurement_is_named_as_such(service: Service) -> None:
    """Not as one of a report's."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()

    with pytest.raises(InvalidArgument) as refused:
        await service.complete(trial, measured(-1, loss=1.0))

    assert [v.field for v in refused.value.violations] == ["final_measurement.step"]
    assert await service.trial(1) == trial


async def test_it_is_done_once(service: Service) -> None:
    """Terminal is terminal: the result stays."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()
    done = await service.complete(trial, measured(0, loss=1.0))

    with pytest.raises(WrongTrialState, match="complete"):
        await service.complete(trial, measured(0, loss=0.0))

    assert await service.trial(1) == done


async def test_it_needs_the_token_of_the_last_lease(service: Service) -> None:
    """A zombie's result is refused."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin("u")
    await service.expire()
    resumed = await service.begin("v")

    with pytest.raises(LeaseLost):
        await service.complete(trial, measured(0, loss=1.0))

    assert await service.trial(1) == resumed


async def test_there_must_be_such_a_trial(service: Service) -> None:
    """By its number."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin()

    with pytest.raises(TrialNotFound):
        await service.complete(replace(trial, number=2))


async def test_a_result_under_other_circumstances_is_in_no_ranking(service: Service) -> None:
    """Nor does it reach a target; it is kept, and flagged."""
    budget = Budget(targets=(Target(metric="loss", value=0.5),))
    await service.create(a_plain_spec(budget=budget))
    await service.fill(0.1, 0.2)
    await service.complete(await service.begin(), measured(0, loss=1.0), provenance=Provenance(code_version="1"))

    other = await service.complete(
        await service.begin(), measured(0, loss=0.0), provenance=Provenance(code_version="2")
    )

    study = await service.study()
    assert (other.state, len(other.incomparable)) == (TrialState.SUCCEEDED, 1)
    assert [t.number for t in (await service.front()).trials] == [1]
    assert (study.tally.num_feasible, study.end_reason) == (1, None)


async def test_reaching_the_target_ends_the_study(service: Service) -> None:
    """Exactly as good is good enough; whatever still runs may complete."""
    await service.create(a_plain_spec(budget=Budget(targets=(Target(metric="loss", value=0.5),))))
    await service.fill(0.1, 0.2, 0.3)
    first, second = (await service.ask(count=2)).trials

    await service.complete(first, measured(0, loss=0.5))

    assert (await service.study()).end_reason is StudyEndReason.TARGET_REACHED
    assert (await service.complete(second, measured(0, loss=0.1))).state is TrialState.SUCCEEDED
