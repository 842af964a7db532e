"""Generators that misbehave, for real policy processes: named by dotted path in the host's table."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration
from assay_server.ports import Exhausted, NotReady


def _mark(snapshot: StudySnapshot) -> Path:
    """A file of the test's own: it names the path in the study's description."""
    return Path(snapshot.spec.description)


class Plain:
    """Answers at once, with the process that answered."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        return [{"x": (snapshot.first_index + i) / 1000} for i in range(count)]


class TellsProcess:
    """Answers with its process id, its parent's and its number of threads."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        return [{"pid": os.getpid(), "omp": os.environ["OMP_NUM_THREADS"], "dir": os.environ["TORCH_EXTENSIONS_DIR"]}]


class HangsOnce:
    """The first process writes its id to the mark and waits to be killed; the next one answers."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        mark = _mark(snapshot)
        if not mark.exists():
            fresh = mark.with_suffix(".new")
            fresh.write_text(str(os.getpid()))
            fresh.rename(mark)
            signal.pause()
        return Plain().generate(snapshot, count)


class Hangs:
    """Never answers, and says which process it is."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        fresh = _mark(snapshot).with_suffix(".new")
        fresh.write_text(str(os.getpid()))
        fresh.rename(_mark(snapshot))
        while True:
            signal.pause()


class Grows:
    """Takes memory until it is stopped."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        held: list[bytearray] = []
        while True:
            held.append(bytearray(b"x" * (1 << 22)))
            time.sleep(0.005)  # slow enough to be seen


class Dies:
    """Kills its own process, every time, and counts."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        with _mark(snapshot).open("a") as log:
            log.write(".")
        os.kill(os.getpid(), signal.SIGKILL)
        return []


class Raises:
    """Fails as code fails."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        raise ZeroDivisionError("the model has no data points")


class Empty:
    """Breaks its promise."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        return []


class Unready:
    """Has no data."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        raise NotReady("no results yet")


class Spent:
    """Has nothing more."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        raise Exhausted("all tried")


class Chatty:
    """Prints, as libraries do."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        os.write(1, b"what a C library prints\n")
        return Plain().generate(snapshot, count)
