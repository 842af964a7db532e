"""One language on stage: its executor, the servers it meets, and the verdict on each case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.conformance.case import Case
from tests.conformance.executor import PROTOCOL, Executor, ExecutorGone
from tests.conformance.languages import Language, NotBuilt
from tests.conformance.matching import mismatch
from tests.conformance.playing import Failed, Play
from tests.conformance.served import FEATURES, Served

_READY_S = 60.0
"""For an executor to say hello: a virtual machine starts slowly on a busy machine."""


class Verdict(StrEnum):
    """How a case came out."""

    PASSED = "pass"
    FAILED = "FAIL"
    KNOWN = "known to fail"
    """Listed in known_failing.txt, and it does."""
    PASSES_THOUGH_LISTED = "PASSES, BUT LISTED"
    """A listed case that passes has to be taken off the list: a failure."""
    LACKING = "server lacks it"
    """The server of this version has not what the case is about."""
    NOT_RUN = "not run"
    """A toolchain is missing; a failure in CI."""

    def is_bad(self, *, in_ci: bool) -> bool:
        """Whether it fails a run."""
        return self in (Verdict.FAILED, Verdict.PASSES_THOUGH_LISTED) or (self is Verdict.NOT_RUN and in_ci)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one case."""

    verdict: Verdict
    why: str = ""
    """What did not come out; empty when it passed."""


class Stage:
    """Plays cases with one language. Servers and the executor are started when they are first needed."""

    def __init__(self, language: Language, folder: Path) -> None:
        self.language = language
        self._folder = folder
        self._served: dict[str, Served] = {}
        self._executor: Executor | None = None
        self._num_executors = 0
        self._known_failing = language.known_failing()

    def play(self, case: Case) -> Outcome:
        """Play one case and judge it."""
        if lacking := sorted(case.needs - FEATURES):
            return Outcome(verdict=Verdict.LACKING, why=f"the server has no {', '.join(lacking)} yet")
        if missing := self.language.missing_tools():
            return Outcome(verdict=Verdict.NOT_RUN, why=f"{', '.join(missing)} is not installed")
        why = self._fault(case)
        return judged(why, is_listed=case.name in self._known_failing)

    def close(self) -> None:
        """End the executor and the servers."""
        if self._executor is not None:
            self._executor.close()
        for served in self._served.values():
            served.close()

    def _fault(self, case: Case) -> str:
        """What did not come out; "" when everything did."""
        try:
            Play(case, self._server(case.server), self._ready_executor()).run()
        except Failed as failed:
            log = "" if self._executor is None else self._executor.log()
            self._drop_executor()
            return f"{failed}\n{log}".strip()
        except (ExecutorGone, NotBuilt) as gone:
            self._drop_executor()
            return str(gone)
        return ""

    def _server(self, kind: str) -> Served:
        if kind not in self._served:
            folder = self._folder / kind
            folder.mkdir(parents=True)
            self._served[kind] = Served(folder, kind=kind)
        return self._served[kind]

    def _ready_executor(self) -> Executor:
        if self._executor is None:
            self.language.make()
            self._num_executors += 1
            log = self._folder / f"executor-{self._num_executors}.log"
            self._executor = Executor(self.language.command(), folder=self.language.folder, log=log, environment={})
            self._executor.begin({"do": "hello", "protocol": PROTOCOL})
            answer = self._executor.finish(_READY_S)
            expected = {
                "language": re.split("-", self.language.name)[0],
                "version": {"any": True},
                "protocol": PROTOCOL,
            }
            if told := mismatch(expected, answer.get("ok")):
                raise ExecutorGone(f"hello was answered wrongly: {told}")
        return self._executor

    def _drop_executor(self) -> None:
        """Nobody knows what a failed case left in it."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None


def judged(why: str, *, is_listed: bool) -> Outcome:
    """The verdict on a case that was played: the ratchet."""
    if is_listed:
        return Outcome(verdict=Verdict.KNOWN if why else Verdict.PASSES_THOUGH_LISTED, why=why)
    return Outcome(verdict=Verdict.FAILED if why else Verdict.PASSED, why=why)
