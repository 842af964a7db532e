"""The executor of the asyncio client for the conformance suite: as executor.py, with `await`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping

import shown

import assay
from assay.async_study import AsyncStudy
from assay.async_trial import AsyncActiveTrial

Command = dict[str, object]


class Executor:
    """The objects that commands have named, and what each command does with them."""

    def __init__(self) -> None:
        self._clients: dict[str, assay.AsyncClient] = {}
        self._studies: dict[str, AsyncStudy] = {}
        self._trials: dict[str, AsyncActiveTrial] = {}

    async def answer(self, command: Command) -> shown.Json:
        """What comes of a command."""
        act: Callable[[Command], Awaitable[shown.Json]] | None = getattr(self, f"do_{command['do']}", None)
        if act is None:
            return {"unsupported": command["do"]}
        try:
            return {"ok": await act(command)}
        except Exception as raised:  # noqa: BLE001 - whatever it is belongs on the line
            return {"error": shown.error(raised)}

    async def do_hello(self, _: Command) -> shown.Json:
        return shown.hello()

    async def do_connect(self, c: Command) -> shown.Json:
        self._clients[str(c["as"])] = assay.AsyncClient(str(c["address"]), **shown.client_options(c))
        return {}

    async def do_close(self, c: Command) -> shown.Json:
        await self._clients[str(c["on"])].close()
        return {}

    async def do_create_study(self, c: Command) -> shown.Json:
        client = self._clients[str(c["on"])]
        study = await client.create_study_from(str(c["study"]), shown.spec_of(str(c["spec"])))
        self._studies[str(c["as"])] = study
        return shown.study(study)

    async def do_get_study(self, c: Command) -> shown.Json:
        study = await self._clients[str(c["on"])].get_study(str(c["study"]))
        self._studies[str(c["as"])] = study
        return shown.study(study)

    async def do_ask(self, c: Command) -> shown.Json:
        study = self._studies[str(c["on"])]
        timeout = shown.seconds(c["timeout_ms"]) if "timeout_ms" in c else None
        asking = asyncio.ensure_future(study.ask(str(c["worker"]), shown.count(c), timeout=timeout))
        if "cancel_ms" in c:
            asyncio.get_running_loop().call_later(shown.seconds(c["cancel_ms"]), asking.cancel)
        try:
            trials = await asking
        except asyncio.CancelledError:
            return {"cancelled": True}
        self._trials |= dict(zip(shown.names(c["as"]), trials, strict=False))
        told = [shown.trial(trial) for trial in trials]
        return {"trials": told, "is_over": study.is_over, "end_reason": study.end_reason}

    async def do_work(self, c: Command) -> shown.Json:
        study = self._studies[str(c["on"])]
        visits: list[shown.Json] = []
        async for trial in study.trials(str(c["worker"])):
            async with trial:
                steps = []
                async for step in trial.steps():
                    await asyncio.sleep(shown.seconds(c.get("step_ms", 0)))
                    checkpoint = f"file:///{trial.number}/{step}" if c.get("checkpoints") else None
                    await trial.report(shown.measured(c["metrics"], trial.params, step), checkpoint=checkpoint)
                    steps.append(step)
                    if trial.until_step is None:
                        break
            visits.append(shown.visit(trial, steps))
            if len(visits) == c.get("max_trials"):
                break
        return {"trials": visits, "end_reason": study.end_reason}

    async def do_front(self, c: Command) -> shown.Json:
        return {"trials": [shown.record(trial) for trial in await self._studies[str(c["on"])].front()]}

    async def do_get_trial(self, c: Command) -> shown.Json:
        return shown.record(await self._studies[str(c["on"])].trial(int(str(c["number"]))))

    async def do_list_trials(self, c: Command) -> shown.Json:
        found = self._studies[str(c["on"])].list_trials(str(c.get("filter", "")), str(c.get("order_by", "")))
        return {"trials": [shown.record(trial) async for trial in found]}

    async def do_hold(self, c: Command) -> shown.Json:
        await self._trial(c).__aenter__()
        return {}

    async def do_leave(self, c: Command) -> shown.Json:
        error = shown.outcome(c)
        await self._trial(c).__aexit__(type(error) if error else None, error, None)
        return {}

    async def do_report(self, c: Command) -> shown.Json:
        trial = self._trial(c)
        directive = await trial.report(
            shown.numbers(c["metrics"]),
            step=int(str(c["step"])) if "step" in c else None,
            checkpoint=shown.text(c, "checkpoint"),
            cost=float(str(c["cost"])) if "cost" in c else None,
            sem=shown.numbers(c.get("sem")),
        )
        return {**shown.directive(directive), "should_stop": trial.should_stop}

    async def do_complete(self, c: Command) -> shown.Json:
        state = await self._trial(c).complete(shown.numbers(c.get("metrics")), checkpoint=shown.text(c, "checkpoint"))
        return {"state": str(state)}

    async def do_fail(self, c: Command) -> shown.Json:
        trial, message = self._trial(c), str(c["message"])
        if c.get("infeasible"):
            return {"state": str(await trial.infeasible(message))}
        return {"state": str(await trial.fail(message, permanent=bool(c.get("permanent"))))}

    async def do_release(self, c: Command) -> shown.Json:
        return {"state": str(await self._trial(c).release(shown.text(c, "checkpoint"), str(c.get("message", ""))))}

    async def do_peek(self, c: Command) -> shown.Json:
        return shown.trial(self._trial(c))

    def _trial(self, c: Command) -> AsyncActiveTrial:
        return self._trials[str(c["on"])]


async def main() -> None:
    """Answer until standard input ends; heartbeats go on in between."""
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real file here
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    executor = Executor()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        answer: Mapping[str, object] = {"id": command["id"], **(await executor.answer(command))}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
