"""A policy process: receives snapshots, answers configurations, or questions. The only place where models are fitted.

It holds nothing that cannot be rebuilt, may be killed at any moment, and ends by itself when its parent does.
Started by `policy.child`; its first argument is a WorkerSettings as JSON.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from assay_server.domain.candidate import Proposal
from assay_server.domain.space import Value
from assay_server.domain.strategy import Freshness
from assay_server.ports import Analyst, ComparingGenerator, Exhausted, Generator, NotReady

from .frames import AnalysisTask, Reply, Task, decode_task, encode_reply, framed, read_frame

_PR_SET_PDEATHSIG = 1
_THREAD_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_MAX_WHY = 500

MODEL_NICENESS = 5
"""On a full machine reports and suggestions go before fits, and a fit still gets a quarter of a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What a policy process is told when it starts."""

    parent_pid: int
    extensions_dir: str
    """Where torch keeps the kernels it compiles; nobody else's, so that a stale lock there is ours to remove."""
    preload: tuple[str, ...] = ()
    """Targets to import before the first task, and to `prepare` beside the first tasks."""

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerSettings:
        """The inverse."""
        fields = json.loads(text)
        return cls(**{**fields, "preload": tuple(fields["preload"])})


def main(settings_json: str) -> None:
    """Serve tasks until the parent is gone."""
    settings = WorkerSettings.from_json(settings_json)
    answers = _private_stdout()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # What ax and torch tell of themselves while they are imported is not for the operator of a server.
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    _die_with(settings.parent_pid)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, tasks), daemon=True).start()
    if settings.preload and hasattr(os, "nice"):
        os.nice(MODEL_NICENESS)
    try:
        _limit_threads(settings)
        _answer(answers, Reply(number=0, outcome="ready", why=_preloaded(settings.preload)))
        preparation = threading.Thread(target=_prepare, args=(settings.preload,), daemon=True)
        preparation.start()
        while True:
            task = decode_task(tasks.get())
            if isinstance(task, Task) and task.snapshot.strategy.freshness is Freshness.STRICT:
                preparation.join()  # what is compiled rounds otherwise: the same seed must give the same study
            _answer(answers, run(task))
    except BaseException:  # noqa: BLE001 (said, then over: the interpreter cannot end while a thread reads stdin)
        traceback.print_exc()
        os._exit(1)


def run(task: Task | AnalysisTask) -> Reply:
    """What the task's generator or analyst answers; an exception of it is an answer too."""
    try:
        if isinstance(task, AnalysisTask):
            answer = load_analyst(task.target).analyse(task.snapshot, task.question)
            return Reply(number=task.number, outcome="analysed", answer=answer)
        return _proposed(load(task.target), task)
    except Exhausted as e:
        return Reply(number=task.number, outcome="exhausted", why=_sentence(e))
    except NotReady as e:
        return Reply(number=task.number, outcome="not_ready", why=_sentence(e))
    except Exception as e:  # noqa: BLE001 (whatever it does costs one generation or analysis)
        return Reply(number=task.number, outcome="failed", why=f"{type(e).__name__}: {_sentence(e)}")


def _proposed(generator: Generator, task: Task) -> Reply:
    if isinstance(generator, ComparingGenerator):
        proposals = generator.propose(task.snapshot, task.count)
    else:
        proposals = [Proposal(configuration=c) for c in generator.generate(task.snapshot, task.count)]
    return Reply(
        number=task.number,
        outcome="generated",
        configurations=tuple({name: _plain(v) for name, v in p.configuration.items()} for p in proposals),
        verdicts=tuple(p.verdict for p in proposals),
    )


def load(target: str) -> Generator:
    """The generator that "module:attribute" names."""
    generator: Generator = _made(target)
    return generator


def load_analyst(target: str) -> Analyst:
    """The analyst that "module:attribute" names."""
    analyst: Analyst = _made(target)
    return analyst


def _made(target: str) -> Any:  # Any: the caller says what it is
    module, _, attribute = target.partition(":")
    made = getattr(importlib.import_module(module), attribute)()
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)  # more are slower by orders of magnitude where several fits share a machine
    return made


def _plain(value: Value) -> Value:
    """Without numpy's numbers, which JSON does not know. Raises TypeError for what no parameter can be."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{value!r} is not a value of a parameter")
    return _plain(item())


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _MAX_WHY else text[:_MAX_WHY] + "..."


def _private_stdout() -> BinaryIO:
    """The pipe to the parent; what libraries print goes to stderr instead of into the protocol."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _die_with(parent_pid: int) -> None:
    """Be killed when the parent ends, however it ends; where that cannot be had, the closed pipe ends us."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before we asked
        os._exit(1)


def _receive(stream: BinaryIO, tasks: queue.SimpleQueue[bytes]) -> None:
    while (body := read_frame(stream)) is not None:
        tasks.put(body)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)  # compilers that torch started as well
    os._exit(0)


def _limit_threads(settings: WorkerSettings) -> None:
    limits: Mapping[str, str] = {**dict.fromkeys(_THREAD_LIMITS, "1"), "TORCH_EXTENSIONS_DIR": settings.extensions_dir}
    os.environ.update(limits)


def _preloaded(targets: tuple[str, ...]) -> str:
    """Import *targets*; what failed, else empty. The task will fail in the same way, and say so."""
    try:
        for target in targets:
            load(target)
    except Exception as e:  # noqa: BLE001 (an import may fail in any way)
        return f"{type(e).__name__}: {_sentence(e)}"
    return ""


def _prepare(targets: tuple[str, ...]) -> None:
    """Call the function `prepare` of those modules that have one: it may compile, and take a minute."""
    for target in targets:
        module = sys.modules.get(target.partition(":")[0])
        if (prepare := getattr(module, "prepare", None)) is not None:
            prepare()


def _answer(answers: BinaryIO, reply: Reply) -> None:
    answers.write(framed(encode_reply(reply)))
    answers.flush()
