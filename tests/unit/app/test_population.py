"""Population-based training: bad members are replaced by heirs of better ones, checkpoint and all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay_server.domain.budget import Budget
from assay_server.domain.errors import InvalidArgument
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.rung import Action, Directive, Reason
from assay_server.domain.strategy import Phase, PopulationBased, Strategy
from assay_server.domain.study import StudyEndReason, StudyState
from assay_server.domain.trial import Checkpoint, Lineage, Trial, TrialState
from tests.unit.app.service import STUDY, TWO, Service, a_plain_spec, measured

EPOCHS = Fidelity(name="epoch", min=1, max=6)
"""With an interval of 2 members are compared at 2 and 4, and end at 6."""
LRS = (0.1, 0.2, 0.3, 0.4)


async def a_population(
    service: Service, *, size: int = 4, budget: Budget | None = None, two_objectives: bool = False
) -> None:
    """A study of *size* members, whose learning rates are ready."""
    strategy = Strategy(phases=(Phase(generator=PopulationBased(population_size=size, ready_interval=2)),))
    objectives = TWO if two_objectives else TWO[:1]
    spec = a_plain_spec(fidelity=EPOCHS, budget=budget, objectives=objectives)
    await service.create(replace(spec, strategy=strategy))
    await service.fill(*LRS[:size])


def saved(trial: Trial, step: int) -> Checkpoint:
    """Where the weights of a trial after a step are."""
    return Checkpoint(uri=f"mem://{trial.number}/{step}", step=step)


async def at_first_comparison(service: Service, *losses: float, with_checkpoints: bool = True) -> list[Trial]:
    """Each member has a worker of its own and has reported step 2, in this order; the last decision is the last's."""
    members = [await service.begin(f"w{i}") for i, _ in enumerate(losses)]
    for trial, loss in zip(members, losses, strict=True):
        checkpoint = saved(trial, 2) if with_checkpoints else None
        await service.report(trial, measured(2, loss=loss), checkpoint=checkpoint)
    return [await service.trial(t.number) for t in members]


async def kinds(service: Service) -> list[str]:
    """What the study's log says, newest first."""
    return [e.kind for e in await service.act(lambda uow: uow.events(uow.study(STUDY).uid, limit=50))]


async def test_the_worst_is_stopped_and_an_heir_of_the_best_takes_its_place(service: Service) -> None:
    """Its checkpoint and step are the parent's; its lineage says so; its configuration is near but not the same."""
    await a_population(service)
    members = [await service.begin(f"w{i}") for i in range(4)]
    for trial, loss in zip(members[:3], (0.1, 0.2, 0.3), strict=True):
        await service.report(trial, measured(2, loss=loss), checkpoint=saved(trial, 2))

    reported = await service.report(members[3], measured(2, loss=9.0), checkpoint=saved(members[3], 2))

    assert reported.directive == Directive(action=Action.STOP, reason=Reason.REPLACED)
    assert reported.trial.state is TrialState.STOPPED
    heir = await service.begin("w3")
    assert heir.number == 5
    assert heir.lineage == Lineage(parent=1, parent_step=2)
    assert heir.checkpoint == saved(members[0], 2)
    assert (heir.last_step, heir.until_step) == (2, 4)
    assert heir.configuration != members[0].configuration
    assert heir.generation is not None
    assert heir.generation.generator == "population_based"
    assert [a.start_step for a in await service.attempts(5)] == [2]
    assert "EXPLOITED" in await kinds(service)


async def test_members_of_enough_workers_go_on_without_a_pause(service: Service) -> None:
    """Nobody waits for the others."""
    await a_population(service)

    found = await at_first_comparison(service, 0.4, 0.3, 0.2, 0.1)

    assert [(t.state, t.until_step) for t in found] == [(TrialState.RUNNING, 4)] * 4


async def test_one_worker_trains_all_members_in_turn(service: Service) -> None:
    """First all are created, then the one that is least far goes on; the worst is judged when its turn comes."""
    await a_population(service)
    order = []
    for loss in (9.0, 0.2, 0.1, 0.3):
        trial = await service.begin()
        order.append(trial.number)
        reported = await service.report(trial, measured(2, loss=loss), checkpoint=saved(trial, 2))
        assert reported.directive.action is Action.PAUSE

    assert order == [1, 2, 3, 4]
    heir = await service.begin()
    assert heir.lineage == Lineage(parent=3, parent_step=2)
    assert (await service.trial(1)).state is TrialState.STOPPED
    await service.report(heir, measured(4, loss=0.05), checkpoint=saved(heir, 4))
    assert [(await service.begin(f"w{i}")).number for i in range(2)] == [2, 3]


async def test_without_checkpoints_members_go_on_and_the_log_says_so_once(service: Service) -> None:
    """Nothing can be copied; the study is random search then, and should not be so in silence."""
    await a_population(service)

    found = await at_first_comparison(service, 0.1, 0.2, 0.3, 9.0, with_checkpoints=False)
    for trial, loss in zip(found, (0.1, 0.2, 0.3, 9.0), strict=True):
        await service.report(trial, measured(4, loss=loss))

    assert [(await service.trial(n)).state for n in (1, 2, 3, 4)] == [TrialState.RUNNING] * 4
    assert (await kinds(service)).count("NOT_EXPLOITED") == 1


async def test_who_is_on_the_front_is_not_replaced(service: Service) -> None:
    """With two objectives the first of one may be the last of the other."""
    await a_population(service, two_objectives=True)
    members = [await service.begin(f"w{i}") for i in range(4)]

    for i, trial in enumerate(members):
        reported = await service.report(trial, measured(2, loss=float(i), size=-float(i)), checkpoint=saved(trial, 2))
        assert reported.directive.action is Action.CONTINUE


async def test_the_study_is_over_when_every_member_was_trained(service: Service) -> None:
    """Heirs are members; those whose place they took do not count."""
    await a_population(service)
    members = await at_first_comparison(service, 0.1, 0.2, 0.3, 9.0)
    running = [t for t in members if t.state is TrialState.RUNNING]
    while heirs := (await service.ask(f"w{len(running)}x")).trials:
        running += heirs
    for trial in running:
        last = await service.report(trial, measured(6, loss=0.1))
        assert last.directive.reason is Reason.COMPLETED

    study = await service.study()
    assert (study.state, study.end_reason) == (StudyState.COMPLETED, StudyEndReason.POPULATION_TRAINED)
    assert study.tally.count(TrialState.SUCCEEDED) == 4


async def test_max_trials_ends_the_replacing_not_the_training(service: Service) -> None:
    """Heirs use the budget of trials; without it members go on as they are."""
    await a_population(service, budget=Budget(max_trials=5))
    members = await at_first_comparison(service, 0.1, 0.2, 0.3, 9.0)
    heir = await service.begin("w3")
    assert heir.number == 5

    running = [await service.trial(t.number) for t in (*members[:3], heir)]
    for trial, loss in zip(running, (0.1, 0.2, 0.3, 9.0), strict=True):
        reported = await service.report(trial, measured(4, loss=loss), checkpoint=saved(trial, 4))
        assert reported.directive == Directive(action=Action.CONTINUE, reason=Reason.PROMOTED, until_step=6)


async def test_an_heir_that_dies_is_resumed_from_its_parents_checkpoint(service: Service) -> None:
    """As long as it has written none of its own."""
    await a_population(service)
    await at_first_comparison(service, 0.1, 0.2, 0.3, 9.0)
    heir = await service.begin("w3")

    await service.fail(heir)
    again = await service.begin("w4")

    assert again.number == heir.number
    assert again.checkpoint == heir.checkpoint
    assert [a.start_step for a in await service.attempts(heir.number)] == [2, 2]


async def test_a_population_of_two_is_compared_too(service: Service) -> None:
    """One quarter of two is none; the worse one is replaced all the same."""
    await a_population(service, size=2)

    found = await at_first_comparison(service, 0.1, 0.2)

    assert [t.state for t in found] == [TrialState.RUNNING, TrialState.STOPPED]


async def test_a_budget_without_room_for_an_heir_is_refused(service: Service) -> None:
    """Nobody could ever be replaced."""
    with pytest.raises(InvalidArgument, match="4 leaves no trial beyond"):
        await a_population(service, budget=Budget(max_trials=4))
