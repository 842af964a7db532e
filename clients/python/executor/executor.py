"""The executor of the Python client for the conformance suite: commands from standard input, one answer a line."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping

import shown

import assay
from assay.study import Study
from assay.trial import ActiveTrial

Command = dict[str, object]


class Executor:
    """The objects that commands have named, and what each command does with them."""

    def __init__(self) -> None:
        self._clients: dict[str, assay.Client] = {}
        self._studies: dict[str, Study] = {}
        self._trials: dict[str, ActiveTrial] = {}

    def answer(self, command: Command) -> shown.Json:
        """What comes of a command."""
        act: Callable[[Command], shown.Json] | None = getattr(self, f"do_{command['do']}", None)
        if act is None:
            return {"unsupported": command["do"]}
        try:
            return {"ok": act(command)}
        except Exception as raised:  # noqa: BLE001 - whatever it is belongs on the line
            return {"error": shown.error(raised)}

    def do_hello(self, _: Command) -> shown.Json:
        return shown.hello()

    def do_connect(self, c: Command) -> shown.Json:
        name = str(c["as"])
        self._clients[name] = assay.Client(str(c["address"]), **shown.client_options(c))
        return {}

    def do_close(self, c: Command) -> shown.Json:
        self._clients[str(c["on"])].close()
        return {}

    def do_create_study(self, c: Command) -> shown.Json:
        client = self._clients[str(c["on"])]
        study = client.create_study_from(str(c["study"]), shown.spec_of(str(c["spec"])))
        self._studies[str(c["as"])] = study
        return shown.study(study)

    def do_get_study(self, c: Command) -> shown.Json:
        study = self._clients[str(c["on"])].get_study(str(c["study"]))
        self._studies[str(c["as"])] = study
        return shown.study(study)

    def do_ask(self, c: Command) -> shown.Json:
        study, stop = self._studies[str(c["on"])], threading.Event()
        if "cancel_ms" in c:
            threading.Timer(shown.seconds(c["cancel_ms"]), stop.set).start()
        timeout = shown.seconds(c["timeout_ms"]) if "timeout_ms" in c else None
        trials = study.ask(str(c["worker"]), shown.count(c), timeout=timeout, stop=stop)
        if stop.is_set():
            return {"cancelled": True}
        self._trials |= dict(zip(shown.names(c["as"]), trials, strict=False))
        told = [shown.trial(trial) for trial in trials]
        return {"trials": told, "is_over": study.is_over, "end_reason": study.end_reason}

    def do_work(self, c: Command) -> shown.Json:
        study = self._studies[str(c["on"])]
        visits: list[shown.Json] = []
        for trial in study.trials(str(c["worker"])):
            with trial:
                steps = []
                for step in trial.steps():
                    time.sleep(shown.seconds(c.get("step_ms", 0)))
                    checkpoint = f"file:///{trial.number}/{step}" if c.get("checkpoints") else None
                    trial.report(shown.measured(c["metrics"], trial.params, step), checkpoint=checkpoint)
                    steps.append(step)
                    if trial.until_step is None:
                        break
            visits.append(shown.visit(trial, steps))
            if len(visits) == c.get("max_trials"):
                break
        return {"trials": visits, "end_reason": study.end_reason}

    def do_front(self, c: Command) -> shown.Json:
        return {"trials": [shown.record(trial) for trial in self._studies[str(c["on"])].front()]}

    def do_get_trial(self, c: Command) -> shown.Json:
        return shown.record(self._studies[str(c["on"])].trial(int(str(c["number"]))))

    def do_list_trials(self, c: Command) -> shown.Json:
        found = self._studies[str(c["on"])].list_trials(str(c.get("filter", "")), str(c.get("order_by", "")))
        return {"trials": [shown.record(trial) for trial in found]}

    def do_hold(self, c: Command) -> shown.Json:
        self._trial(c).__enter__()
        return {}

    def do_leave(self, c: Command) -> shown.Json:
        error = shown.outcome(c)
        self._trial(c).__exit__(type(error) if error else None, error, None)
        return {}

    def do_report(self, c: Command) -> shown.Json:
        trial = self._trial(c)
        directive = trial.report(
            shown.numbers(c["metrics"]),
            step=int(str(c["step"])) if "step" in c else None,
            checkpoint=shown.text(c, "checkpoint"),
            cost=float(str(c["cost"])) if "cost" in c else None,
            sem=shown.numbers(c.get("sem")),
        )
        return {**shown.directive(directive), "should_stop": trial.should_stop}

    def do_complete(self, c: Command) -> shown.Json:
        state = self._trial(c).complete(shown.numbers(c.get("metrics")), checkpoint=shown.text(c, "checkpoint"))
        return {"state": str(state)}

    def do_fail(self, c: Command) -> shown.Json:
        trial, message = self._trial(c), str(c["message"])
        if c.get("infeasible"):
            return {"state": str(trial.infeasible(message))}
        return {"state": str(trial.fail(message, permanent=bool(c.get("permanent"))))}

    def do_release(self, c: Command) -> shown.Json:
        return {"state": str(self._trial(c).release(shown.text(c, "checkpoint"), str(c.get("message", ""))))}

    def do_peek(self, c: Command) -> shown.Json:
        return shown.trial(self._trial(c))

    def _trial(self, c: Command) -> ActiveTrial:
        return self._trials[str(c["on"])]


def main() -> None:
    """Answer until standard input ends."""
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real file here
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    executor = Executor()
    for line in sys.stdin:
        command = json.loads(line)
        answer: Mapping[str, object] = {"id": command["id"], **executor.answer(command)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
