"""Analyses in policy processes: under the limits of fits, and in turn with them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assay_server.domain.analysis import (
    Answer,
    Estimate,
    Importance,
    ImportanceQuestion,
    Importances,
    LikelyFront,
    LikelyTrial,
    ModelQuality,
    PredictionQuestion,
    Predictions,
)
from assay_server.domain.errors import ModelFailed, NotEnoughData, Overloaded
from assay_server.domain.strategy import Bayesian
from assay_server.policy.frames import Reply, decode_reply, encode_reply
from assay_server.policy.host import MAX_ANALYSES, HostSettings, ProcessHost
from assay_server.strategies.table import GeneratorTable, Row
from tests.unit.policy.studies import a_snapshot

HERE = "tests.unit.policy.analysts"
QUESTION = PredictionQuestion(configurations=({"x": 0.5},))
GENEROUS = 60.0


@asynccontextmanager
async def a_host(tmp_path: Path, analyst: str, *, deadline_s: float = GENEROUS) -> AsyncIterator[ProcessHost]:
    """With *analyst*, beside a generator that takes notes."""
    table: GeneratorTable = {Bayesian: Row(target=f"{HERE}:NotedGenerator", is_model_based=True)}
    settings = HostSettings(extensions_dir=tmp_path / "extensions", model_deadline_s=deadline_s)
    host = ProcessHost(settings, table=table, analyst=f"{HERE}:{analyst}")
    try:
        yield host
    finally:
        await host.close()


async def noted(mark: Path) -> None:
    """Wait until there is something in *mark*."""
    async with asyncio.timeout(GENEROUS):
        while not _is_noted(mark):  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(0.01)


def _is_noted(mark: Path) -> bool:
    return mark.exists() and mark.read_text() != ""


def answered_by(answer: Answer, question: str = "PredictionQuestion") -> int:
    """The process that answered."""
    assert isinstance(answer, Predictions)
    return int(answer.estimates[0][question].mean)


@pytest.mark.parametrize(
    "answer",
    [
        Predictions(
            estimates=({"loss": Estimate(mean=0.0, deviation=1e-9)}, {}),
            qualities=(ModelQuality(metric="loss", rank_correlation=-0.0, num_trials=5, step=27),),
        ),
        Importances(metrics=(Importance(metric="loss", first_order={"x": 0.0}, total={"x": 1.0}),), qualities=()),
        LikelyFront(
            trials=(LikelyTrial(trial=3, estimates={"loss": Estimate(mean=1.0, deviation=0.0)}, probability=1.0),),
            qualities=(ModelQuality(metric="loss", rank_correlation=None, num_trials=0, step=None),),
        ),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_an_answer_survives_the_pipe(answer: Answer) -> None:
    """Every kind of answer reads back as it was written, zeros and absences included."""
    reply = Reply(number=1, outcome="analysed", answer=answer)

    assert decode_reply(encode_reply(reply)) == reply


async def test_a_question_is_answered_in_another_process(tmp_path: Path) -> None:
    """The front does not fit models, and the process is kept for the next question."""
    async with a_host(tmp_path, "Tells") as host:
        first = answered_by(await host.analyse(a_snapshot(), QUESTION))
        other = answered_by(await host.analyse(a_snapshot(), ImportanceQuestion()), "ImportanceQuestion")

    assert first == other != os.getpid()


async def test_too_little_data_is_told_as_such(tmp_path: Path) -> None:
    """The analyst's sentence reaches the caller."""
    async with a_host(tmp_path, "Unready") as host:
        with pytest.raises(NotEnoughData, match="2 configurations have results"):
            await host.analyse(a_snapshot(), QUESTION)


async def test_a_failing_analysis_says_why(tmp_path: Path) -> None:
    """An exception of the analyst is an answer, too."""
    async with a_host(tmp_path, "Raises") as host:
        with pytest.raises(ModelFailed, match="ZeroDivisionError: no variance"):
            await host.analyse(a_snapshot(), QUESTION)


async def test_an_analysis_that_hangs_costs_its_deadline(tmp_path: Path) -> None:
    """The caller is told, and the process is replaced: the next generation finds another one."""
    mark = tmp_path / "mark"
    async with a_host(tmp_path, "Hangs", deadline_s=1.0) as host:
        with pytest.raises(ModelFailed, match="no answer after 1 s"):
            await host.analyse(a_snapshot(mark=mark), QUESTION)
        (tmp_path / "other.go").touch()
        generated = await host.generate(a_snapshot(mark=tmp_path / "other"), 1)

    assert generated.generator == "bayesian"


async def test_an_analysis_whose_process_is_killed_is_repeated(tmp_path: Path) -> None:
    """Analyses are pure, so nobody notices."""
    async with a_host(tmp_path, "DiesOnce") as host:
        assert answered_by(await host.analyse(a_snapshot(mark=tmp_path / "mark"), QUESTION)) != os.getpid()


async def test_a_generation_waits_for_one_analysis_at_most(tmp_path: Path) -> None:
    """Three questions were there before it: one is being answered, the others let it pass."""
    mark = tmp_path / "mark"
    snapshot = a_snapshot(mark=mark)
    async with a_host(tmp_path, "NotedAnalyst") as host:
        questions = [asyncio.create_task(host.analyse(snapshot, QUESTION))]
        await noted(mark)
        questions += [asyncio.create_task(host.analyse(snapshot, QUESTION)) for _ in range(2)]
        await asyncio.sleep(0)
        generation = asyncio.create_task(host.generate(snapshot, 1))
        await _queued(host, 1)
        mark.with_suffix(".go").touch()
        await asyncio.gather(*questions, generation)

    assert mark.read_text() == "agaa"


async def test_generations_do_not_starve_an_analysis(tmp_path: Path) -> None:
    """A question waits for the generations that were there before it, and for no later one."""
    mark = tmp_path / "mark"
    snapshot = a_snapshot(mark=mark)
    async with a_host(tmp_path, "NotedAnalyst") as host:
        generations = [asyncio.create_task(host.generate(snapshot, 1))]
        await noted(mark)
        question = asyncio.create_task(host.analyse(snapshot, QUESTION))
        await _queued(host, 1)
        generations += [asyncio.create_task(host.generate(snapshot, 1)) for _ in range(3)]
        await _queued(host, 4)
        mark.with_suffix(".go").touch()
        await asyncio.gather(*generations, question)

    assert mark.read_text() == "gaggg"


async def test_too_many_questions_are_sent_away(tmp_path: Path) -> None:
    """The queue is bounded; whoever finds it full is told when to come back."""
    snapshot = a_snapshot(mark=tmp_path / "mark")
    async with a_host(tmp_path, "NotedAnalyst") as host:
        questions = [asyncio.create_task(host.analyse(snapshot, QUESTION)) for _ in range(MAX_ANALYSES)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await host.analyse(snapshot, QUESTION)
        (tmp_path / "mark.go").touch()
        await asyncio.gather(*questions)

    assert refused.value.retry_after_s > 0


async def _queued(host: ProcessHost, num: int) -> None:
    """Wait until *num* tasks stand in the queue for a process: what they send is encoded in a thread before."""
    async with asyncio.timeout(GENEROUS):
        while len(host._models._slots._waiters or ()) < num:  # noqa: ASYNC110 (a semaphore tells nobody)
            await asyncio.sleep(0)
