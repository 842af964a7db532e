"""Analyses are shared: made once for a state of a study, and kept."""

import asyncio

import pytest

from assay_server.domain.analysis import Answer, Estimate, ImportanceQuestion, PredictionQuestion, Predictions, Question
from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.errors import ModelFailed
from assay_server.domain.study import Study
from assay_server.policy.analyses import MAX_KEPT, SharedAnalyses
from assay_server.ports import Store
from assay_server.testing.builders import a_study
from tests.unit.policy.desks import begin, learn

QUESTION = PredictionQuestion(configurations=({"lr": 0.5},))


class Analyst:
    """Keeps AnalysisHost in this process, counts, and waits behind a gate."""

    def __init__(self) -> None:
        self.asked: list[tuple[StudySnapshot, Question]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self.faults: list[Exception] = []

    async def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        self.asked.append((snapshot, question))
        self.begun.set()
        await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)
        return told(len(self.asked))


def told(number: int) -> Answer:
    return Predictions(estimates=({"number": Estimate(mean=float(number), deviation=0.0)},), qualities=())


async def stored(store: Store) -> Study:
    study = a_study()
    await store.act(lambda uow: begin(uow, study, num_results=3))
    return await store.read(lambda uow: uow.study_of(study.uid))


async def revised(store: Store, study: Study) -> Study:
    """The study after a trial changed."""
    from dataclasses import replace

    def change(uow):  # type: ignore[no-untyped-def]  # an act of a line
        learn(uow, study.uid)
        tally = uow.study_of(study.uid).tally
        uow.put_tally(study.uid, replace(tally, revision=tally.revision + 1))

    await store.act(change)
    return await store.read(lambda uow: uow.study_of(study.uid))


async def test_the_same_question_is_answered_once(store: Store) -> None:
    """Together or later: the answer is kept as long as the study does not change, and other questions are others."""
    host = Analyst()
    analyses, study = SharedAnalyses(store, host), await stored(store)

    together = await asyncio.gather(*(analyses.ask(study, QUESTION) for _ in range(3)))
    later = await analyses.ask(study, QUESTION)
    other = await analyses.ask(study, ImportanceQuestion())

    assert [*together, later] == [told(1)] * 4
    assert other == told(2)
    assert host.asked[0][0].num_results == 3


async def test_a_study_that_changed_is_analysed_anew(store: Store) -> None:
    """An answer is about the results there are."""
    host = Analyst()
    analyses, study = SharedAnalyses(store, host), await stored(store)

    before = await analyses.ask(study, QUESTION)
    after = await analyses.ask(await revised(store, study), QUESTION)

    assert (before, after) == (told(1), told(2))
    assert [snapshot.num_results for snapshot, _ in host.asked] == [3, 4]


async def test_an_answer_that_nobody_waited_for_is_kept(store: Store) -> None:
    """A caller whose deadline passes leaves; the fit goes on, and the next one has its answer."""
    host = Analyst()
    analyses, study = SharedAnalyses(store, host), await stored(store)
    host.gate.clear()

    impatient = asyncio.create_task(analyses.ask(study, QUESTION))
    await host.begun.wait()
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    host.gate.set()

    assert impatient.cancelled()
    assert await analyses.ask(study, QUESTION) == told(1)


async def test_a_failure_is_not_kept(store: Store) -> None:
    """What went wrong once is tried again when it is asked again."""
    host = Analyst()
    analyses, study = SharedAnalyses(store, host), await stored(store)
    host.faults = [ModelFailed("no model could be fitted: a fault")]

    with pytest.raises(ModelFailed):
        await analyses.ask(study, QUESTION)

    assert await analyses.ask(study, QUESTION) == told(2)


async def test_the_oldest_answers_go(store: Store) -> None:
    """Memory stays bounded, and what is asked again and again stays."""
    host = Analyst()
    analyses, study = SharedAnalyses(store, host), await stored(store)

    def numbered(i: int) -> Question:
        return PredictionQuestion(configurations=({"lr": i / 1000},))

    for i in range(MAX_KEPT):
        await analyses.ask(study, numbered(i))
    await analyses.ask(study, numbered(0))
    await analyses.ask(study, numbered(MAX_KEPT))

    assert await analyses.ask(study, numbered(0)) == told(1)
    assert await analyses.ask(study, numbered(1)) == told(MAX_KEPT + 2)


async def test_closing_gives_up_what_is_under_way(store: Store) -> None:
    """Nothing is left running."""
    host = Analyst()
    analyses, study = SharedAnalyses(store, host), await stored(store)
    host.gate.clear()
    asked = asyncio.create_task(analyses.ask(study, QUESTION))
    await host.begun.wait()

    await analyses.close()

    with pytest.raises(asyncio.CancelledError):
        await asked
