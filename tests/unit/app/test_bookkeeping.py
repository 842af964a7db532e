"""What acts share: the ledger, the cache of rungs, and answers that are given once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from assay_server.app.ledger import Ledger
from assay_server.app.once import Once, once
from assay_server.app.report import Report, report
from assay_server.app.rungs import RungCache
from assay_server.domain.errors import RequestIdReused
from assay_server.domain.names import StudyName, TrialName
from assay_server.domain.trial import TrialState
from assay_server.ports import UnitOfWork
from assay_server.testing.builders import a_rung_result, a_study, a_trial
from tests.unit.app.service import EPOCHS, STUDY, Service, a_plain_spec, measured, token_of


class Regretted(Exception):
    """Raised at the end of an act, so that it has no effect."""


# -- ledger ----------------------------------------------------------------------------------------------
async def test_a_ledger_counts_what_it_writes(service: Service) -> None:
    """By state, and the revision grows with each change."""
    study = a_study()

    def act(uow: UnitOfWork) -> None:
        uow.add_study(study)
        ledger = Ledger(uow, study)
        trial = ledger.add(a_trial(1, study=study))
        trial = ledger.move(trial, TrialState.RUNNING)
        assert (trial.revision, ledger.study.tally.revision) == (2, 2)
        ledger.close()

    await service.act(act)

    tally = (await service.act(lambda uow: uow.study(study.name))).tally
    assert {state: count for state, count in tally.trials.items() if count} == {TrialState.RUNNING: 1}
    assert (tally.num_created, tally.num_generated, tally.revision) == (1, (1,), 2)


async def test_a_ledger_that_saw_no_change_writes_nothing(service: Service) -> None:
    """Nobody is woken for it."""
    study = await service.create()
    changes: list[frozenset[str]] = []
    service.store.subscribe(changes.append)

    await service.act(lambda uow: Ledger(uow, study).close())

    assert changes == []


async def test_a_changed_study_keeps_the_tally_of_its_act(service: Service) -> None:
    """Whichever of the two is written first."""
    study = await service.create()

    def act(uow: UnitOfWork) -> None:
        ledger = Ledger(uow, uow.study(STUDY))
        ledger.learnt(num_results=2, cost=1.5)
        ledger.change_study(replace(study, version=9))
        assert ledger.study.tally.num_results == 2
        ledger.close()

    await service.act(act)

    stored = await service.study()
    assert (stored.version, stored.tally.num_results, stored.tally.cost) == (9, 2, 1.5)


async def test_an_impossible_transition_is_a_bug_of_ours(service: Service) -> None:
    """It is caught before anything is written."""
    study = await service.create()

    with pytest.raises(AssertionError, match="not a transition"):
        await service.act(lambda uow: Ledger(uow, study).move(a_trial(study=study), TrialState.SUCCEEDED))


# -- rungs -----------------------------------------------------------------------------------------------
async def test_a_cache_agrees_with_a_fresh_one(service: Service) -> None:
    """After many acts, with rungs that had to grow; in the same order, which decides between equals."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(*(i / 100 for i in range(40)))
    for i in range(40):
        trial = await service.begin("u")
        await service.report(trial, measured(trial.until_step or 0, loss=float(i * 7 % 20)))

    def look(uow: UnitOfWork) -> list[list[object]]:
        study = uow.study(STUDY)
        views = [cache.view(uow, study) for cache in (service.tools.rungs, RungCache())]
        return [
            [
                list(zip(r.numbers, r.losses.tolist(), r.waiting.tolist(), r.promoted.tolist(), strict=True))
                for r in (view.at(step) for step in (1, 3, 9))
            ]
            for view in views
        ]

    kept, fresh = await service.act(look)
    assert kept == fresh


async def test_an_act_without_effect_leaves_no_trace_in_the_cache(service: Service) -> None:
    """The rung has as many results as before: the next trial is judged rightly."""
    await service.create(a_plain_spec(fidelity=EPOCHS))
    await service.fill(0.1, 0.2, 0.3)
    await service.report(await service.begin(), measured(1, loss=3.0))
    trial = await service.begin()
    ask = Report(trial=TrialName(STUDY, 2), token=token_of(trial), measurements=(measured(1, loss=2.0),))

    def regretted(uow: UnitOfWork) -> None:
        report(uow, service.tools, ask)
        raise Regretted

    with pytest.raises(Regretted):
        await service.act(regretted)

    view = await service.act(lambda uow: list(service.tools.rungs.view(uow, uow.study(STUDY)).at(1).numbers))
    assert view == [1]
    assert await service.trial(2) == trial


async def test_a_cache_keeps_few_studies(service: Service) -> None:
    """The one that was looked at longest ago goes; it is read again when it is needed."""
    studies = [a_study(f"s{i}") for i in range(3)]
    cache = RungCache(max_studies=2)

    def act(uow: UnitOfWork) -> list[list[int]]:
        for study in studies:
            uow.add_study(study)
            uow.put_rung_result(study.uid, a_rung_result(trial=7))
        return [list(cache.view(uow, study).at(1).numbers) for study in [*studies, studies[0]]]

    assert await service.act(act) == [[7]] * 4


# -- once ------------------------------------------------------------------------------------------------
def asking(service: Service, key: Once | None, answers: list[bytes]) -> Callable[[], asyncio.Future[bytes]]:
    """Each effect takes the next of *answers*."""
    return lambda: asyncio.ensure_future(service.act(lambda uow: once(uow, key, lambda: answers.pop(0))))


async def test_the_same_request_has_one_effect(service: Service) -> None:
    """And the same answer."""
    answers = [b"first", b"second"]
    ask = asking(service, Once(project="default", request_id="r", fingerprint=b"x"), answers)

    assert [await ask(), await ask()] == [b"first", b"first"]
    assert answers == [b"second"]


async def test_a_request_without_an_id_has_an_effect_each_time(service: Service) -> None:
    """Nothing is remembered."""
    ask = asking(service, None, [b"first", b"second"])

    assert [await ask(), await ask()] == [b"first", b"second"]


async def test_another_payload_under_the_same_id_is_refused(service: Service) -> None:
    """It has no effect."""
    answers = [b"first", b"second"]
    await asking(service, Once(project="default", request_id="r", fingerprint=b"x"), answers)()

    with pytest.raises(RequestIdReused):
        await asking(service, Once(project="default", request_id="r", fingerprint=b"y"), answers)()

    assert answers == [b"second"]


async def test_projects_have_their_own_request_ids(service: Service) -> None:
    """What one of them says is no affair of the other's."""
    answers = [b"first", b"second"]
    told = [
        await asking(service, Once(project=project, request_id="r", fingerprint=b"x"), answers)()
        for project in ("a", "b")
    ]

    assert told == [b"first", b"second"]


async def test_a_refused_request_is_not_remembered(service: Service) -> None:
    """Sent again, it is judged again."""
    key = Once(project="default", request_id="r", fingerprint=b"x")

    def refuse() -> bytes:
        raise Regretted

    with pytest.raises(Regretted):
        await service.act(lambda uow: once(uow, key, refuse))

    assert await asking(service, key, [b"now"])() == b"now"


async def test_a_study_of_another_project_is_another_study(service: Service) -> None:
    """Though it has the same id."""
    ours, theirs = a_study(), a_study(project="other")

    def act(uow: UnitOfWork) -> tuple[str, str]:
        uow.add_study(ours)
        uow.add_study(theirs)
        return uow.study(ours.name).uid, uow.study(StudyName("other", "digits")).uid

    assert await service.act(act) == (ours.uid, theirs.uid)
