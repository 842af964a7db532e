"""Playing a case: one step after the other, until one does not come out as it is written."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Iterator, Mapping

from google.protobuf import json_format

from assay.v1 import study_pb2
from tests.conformance.case import Case, Step
from tests.conformance.executor import Answer, Executor
from tests.conformance.lists import LISTS
from tests.conformance.matching import at, filled, mismatch
from tests.conformance.relay import Refusal
from tests.conformance.served import Served
from tests.conformance.stubs import Refused

WITHIN_S = 30.0
"""For a step that does not say."""
_POLL_S = 0.02
_ABOUT_A_COMMAND = {"do", "expect", "error", "until", "within_s", "save", "during"}


class Failed(Exception):
    """A step did not come out as it is written."""


class Play:
    """One case with one executor."""

    def __init__(self, case: Case, served: Served, executor: Executor) -> None:
        self._case, self._served, self._executor = case, served, executor
        self._values: dict[str, object] = {}
        self._clients: list[str] = []

    def run(self) -> None:
        """Play all of it.

        Raises:
            Failed: a step did not come out; the message says which one, and how.
            ExecutorGone: the executor did not survive it.
        """
        try:
            for item in LISTS[self._case.each] if self._case.each else [{}]:
                self._play_once(item)
        finally:
            self._served.behave()
        self._close_clients()

    def _play_once(self, item: Mapping[str, object]) -> None:
        study_id = f"c{self._case.number}-{secrets.token_hex(4)}"
        own = {"id": study_id, "study": f"projects/default/studies/{study_id}"}
        self._values = {**self._served.values(), **own, **item}
        for number, step in enumerate(self._case.steps, start=1):
            self._step(step, f"step {number}{f' for {item}' if item else ''}")

    def _step(self, step: Step, where: str) -> None:
        try:
            told = self._outcome(step)
        except LookupError as error:
            raise Failed(f"{where} ({_headline(step)}): {type(error).__name__}: {error}") from error
        if told is not None:
            raise Failed(f"{where} ({_headline(step)}): {told}")

    def _outcome(self, step: Step) -> str | None:
        """What is wrong; None when the step came out as it is written."""
        if "do" in step:
            return self._do(step)
        if "call" in step:
            return self._call(step)
        if "calls" in step:
            return mismatch(step["calls"], dict(self._served.calls()))
        if "wait_s" in step:
            threading.Event().wait(_seconds(step, "wait_s"))
        elif "link" in step:
            self._link(str(step["link"]))
        elif "relay" in step:
            self._relay(step["relay"])
        elif "server" in step:
            self._server(str(step["server"]))
        else:
            raise KeyError(f"no kind of step: {dict(step)}")
        return None

    def _do(self, step: Step) -> str | None:
        within_s = _seconds(step, "within_s", WITHIN_S)
        give_up_at = time.monotonic() + within_s
        while True:
            self._executor.begin(self._command(step))
            for meanwhile in _steps(step.get("during")):
                self._step(meanwhile, "meanwhile")
            answer = self._executor.finish(max(0.1, give_up_at - time.monotonic()))
            told = _wrong_answer(step, answer, self._values)
            if told is None:
                self._save(step, answer.get("ok"))
                return None
            if not step.get("until") or time.monotonic() > give_up_at:
                return told
            threading.Event().wait(_POLL_S)

    def _command(self, step: Step) -> dict[str, object]:
        command = {key: filled(value, self._values) for key, value in step.items() if key not in _ABOUT_A_COMMAND}
        command["do"] = step["do"]
        if step["do"] == "connect":
            command.setdefault("address", self._values["address"])
            self._clients.append(str(command["as"]))
        if step["do"] in ("create_study", "get_study"):
            command.setdefault("study", self._values["id"])
        if "spec" in command:
            given = command["spec"]
            assert isinstance(given, dict)
            spec = json_format.ParseDict(given, study_pb2.StudySpec())
            command["spec"] = base64.b64encode(spec.SerializeToString()).decode()
        return command

    def _call(self, step: Step) -> str | None:
        give_up_at = time.monotonic() + _seconds(step, "within_s", WITHIN_S)
        told: str | None = None
        repeat = step.get("repeat", 1)
        assert isinstance(repeat, int)
        for i in range(1, repeat + 1):
            while (told := self._call_once(step, i)) is not None and step.get("until"):
                if time.monotonic() > give_up_at:
                    return told
                threading.Event().wait(_POLL_S)
            if told is not None:
                break
        return told

    def _call_once(self, step: Step, i: int) -> str | None:
        request = filled(step.get("with", {}), {**self._values, "i": i})
        assert isinstance(request, Mapping)
        try:
            answer = self._served.stubs.call(str(step["call"]), request)
        except Refused as refused:
            if "error" not in step:
                return str(refused)
            return mismatch(step["error"], refused.reason, "reason")
        if "error" in step:
            return f"it was answered, not refused with {step['error']}"
        told = mismatch(filled(step.get("expect", {}), self._values), answer)
        if told is None:
            self._save(step, answer)
        return told

    def _save(self, step: Step, found: object) -> None:
        saved = step.get("save", {})
        assert isinstance(saved, Mapping)
        self._values |= {str(name): at(found, str(path)) for name, path in saved.items()}

    def _link(self, mode: str) -> None:
        if mode == "cut":
            self._served.link.cut()
        else:
            self._served.link.set_mode(mode)

    def _relay(self, told: object) -> None:
        told = filled(told, self._values)
        assert isinstance(told, Mapping)
        if told.get("strange"):
            self._served.relay.be_strange()
            return
        refusal = Refusal(code=str(told["code"]), reason=str(told["fail"]), method=str(told.get("method", "")))
        self._served.relay.refuse(refusal, int(told.get("times", 1)))

    def _server(self, act: str) -> None:
        if act in ("kill", "restart"):
            self._served.kill()
        if act in ("start", "restart"):
            self._served.start()

    def _close_clients(self) -> None:
        """So that no heartbeat and no connection of one case reaches into the next one."""
        for name in self._clients:
            self._executor.begin({"do": "close", "on": name})
            self._executor.finish(WITHIN_S)


def _wrong_answer(step: Step, answer: Answer, values: Mapping[str, object]) -> str | None:
    if "unsupported" in answer:
        return f"the executor does not know {answer['unsupported']!r}"
    if "error" in step:
        if "error" not in answer:
            return f"it was answered {answer.get('ok')}, not refused with {step['error']}"
        return mismatch(filled(step["error"], values), answer["error"], "error")
    if "error" in answer:
        return f"it failed: {answer['error']}"
    return mismatch(filled(step.get("expect", {}), values), answer.get("ok"))


def _steps(found: object) -> Iterator[Step]:
    for step in found if isinstance(found, list) else []:
        assert isinstance(step, Mapping)
        yield step


def _seconds(step: Step, name: str, default: float = 0.0) -> float:
    found = step.get(name, default)
    assert isinstance(found, int | float)
    return float(found)


def _headline(step: Step) -> str:
    kind = next((kind for kind in ("do", "call", "link", "relay", "server", "calls") if kind in step), "step")
    return f"{kind}: {step.get(kind)}"
