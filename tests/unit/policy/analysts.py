"""Analysts and a generator that behave as tests need it, for real policy processes."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from assay_server.domain.analysis import Answer, Estimate, ModelQuality, Predictions, Question
from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration
from assay_server.ports import NotReady

QUALITY = ModelQuality(metric="loss", rank_correlation=None, num_trials=0, step=None)


class Tells:
    """Answers with its process id as the mean, and what it saw of the question as the name."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        estimate = Estimate(mean=float(os.getpid()), deviation=0.0)
        return Predictions(estimates=({type(question).__name__: estimate},), qualities=(QUALITY,))


class Unready:
    """Has no data."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        raise NotReady("2 configurations have results with all of loss; it takes 5")


class Raises:
    """Fails as code fails."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        raise ZeroDivisionError("no variance")


class Hangs:
    """Never answers, and says which process it is."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        fresh = Path(snapshot.spec.description).with_suffix(".new")
        fresh.write_text(str(os.getpid()))
        fresh.rename(snapshot.spec.description)
        while True:
            signal.pause()


class DiesOnce:
    """Kills the first process that it is in; the second answers."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        mark = Path(snapshot.spec.description)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Tells().analyse(snapshot, question)


def _noted(snapshot: StudySnapshot, who: str) -> None:
    """A letter in the mark, in the order of work; the first one waits until it is told to go on."""
    mark = Path(snapshot.spec.description)
    with mark.open("a") as log:
        log.write(who)
    while not mark.with_suffix(".go").exists():
        time.sleep(0.01)


class NotedAnalyst:
    """Leaves an "a" in the mark."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        _noted(snapshot, "a")
        return Tells().analyse(snapshot, question)


class NotedGenerator:
    """Leaves a "g" in the mark."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        _noted(snapshot, "g")
        return [{"x": 0.5}]
