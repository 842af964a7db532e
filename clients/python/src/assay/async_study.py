"""A study, from the client's side, in an event loop: ask, steer, read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Self

from . import asking, calls
from .analyses import Corrected, Importances, Predictions
from .async_heartbeats import AsyncHeartbeats
from .async_transport import AsyncTransport
from .async_trial import AsyncActiveTrial
from .budget import Budget
from .errors import AssayError
from .holding import Holding
from .records import (
    Front,
    HypervolumeHistory,
    Measurement,
    Progress,
    StudyEvent,
    StudyRecord,
    TrialRecord,
)
from .space import Scalar, fitted
from .study import PAGE_SIZE
from .study_view import StudyView
from .watching import Watching


class AsyncStudy(StudyView):
    """A study on the server. What it shows of itself is as old as the last call; `refresh` reads it again."""

    def __init__(self, transport: AsyncTransport, heartbeats: AsyncHeartbeats, record: StudyRecord) -> None:
        super().__init__(record)
        self._transport, self._heartbeats = transport, heartbeats

    async def trials(self, worker: str | None = None) -> AsyncIterator[AsyncActiveTrial]:
        """Ask for one trial after the other, until the study is over.

        A worker that asks again under its name gets what it already holds: leave each trial before the next one,
        best by `async with trial:`.

        Args:
            worker: unique among the living; drawn when None. Under the same name as before, a worker that was
                restarted gets its trial back at once.
        """
        worker = worker or self._draw_worker()
        while found := await self.ask(worker):
            for trial in found:
                yield trial

    async def ask(
        self,
        worker: str | None = None,
        count: int = 1,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - ends a wait on the server, which asyncio.timeout cannot
    ) -> list[AsyncActiveTrial]:
        """Ask for up to *count* trials, and wait for them.

        Returns an empty list when the study is over (then `is_over` says so) or after *timeout* seconds.
        Cancelling ends the wait. Without `async with trial:` there are no heartbeats: report more often than the
        lease lasts.
        """
        worker = worker or self._draw_worker()
        now = self._transport.surroundings.now
        give_up_at = None if timeout is None else now() + timeout
        while True:
            wait_s = asking.wait_s(give_up_at, now())
            handout = await self._transport.run(self._suggest(worker, count, wait_s))
            if handout.trials or self._ended(handout.end_reason) or asking.is_late(give_up_at, now()):
                return [self._active(trial) for trial in handout.trials]
            await asyncio.sleep(asking.pause_s(handout, give_up_at, now()))

    async def watch(self) -> AsyncIterator[TrialRecord]:
        """Every trial as it is now, then each one whenever it changed, until the study is over and nothing runs.

        A trial that changes quickly may be told of once for several changes. Survives a restart of the server.
        """
        watching = Watching(self._transport.limits, self._transport.surroundings)
        while not watching.is_done():
            call = calls.watch_trials(self.name, resume_token=watching.token)
            try:
                async with aclosing(self._transport.stream(call)) as answers:
                    async for answer in answers:
                        for trial in watching.seen(answer):
                            yield trial
                        if watching.is_done():
                            break
            except AssayError as error:
                watching.failed(error)
            if not watching.is_done():
                await asyncio.sleep(watching.delay_s())
        self._ended(watching.end_reason)

    async def front(self) -> Front:
        """The feasible trials at full fidelity that no other one beats; prints as a table."""
        return await self._transport.run(calls.front(self.name, self.spec.objectives))

    async def best(self, metric: str = "") -> TrialRecord | None:
        """The best feasible trial at full fidelity by *metric*, which may be left out if there is one objective."""
        return await self._transport.run(calls.best(self.name, metric))

    async def corrected_front(self) -> Corrected:
        """Which trials are the front without the noise, by a model of all results; as slow as a suggestion.

        The best of many noisy values looks better than it is. Raises NotEnoughData before 5 results.
        """
        return await self._transport.run(calls.corrected_front(self.name))

    async def corrected_best(self, metric: str = "") -> Corrected:
        """Which trials are the best by *metric* without the noise, as `corrected_front`."""
        return await self._transport.run(calls.corrected_best(self.name, metric))

    async def progress(self) -> Progress:
        """How far it is: states, best values, rungs, workers, time left."""
        progress = await self._transport.run(calls.progress(self.name))
        self._record = progress.study
        return progress

    async def hypervolume_history(self) -> HypervolumeHistory:
        """How the hypervolume grew with each finished trial."""
        return await self._transport.run(calls.hypervolume_history(self.name, self.spec.objectives))

    async def importances(self) -> Importances:
        """How much each parameter matters, by metric; and for the "hypervolume". Raises NotEnoughData."""
        return await self._transport.run(calls.importances(self.name))

    async def predict(self, configurations: Sequence[Mapping[str, Scalar]], step: int | None = None) -> Predictions:
        """What a model expects of configurations at *step*, or at full fidelity; they need not have been run.

        Raises InvalidArgument for configurations outside of the space, and NotEnoughData before 5 results.
        """
        given = [fitted(self.spec.space, params) for params in configurations]
        return await self._transport.run(calls.predict(self.name, given, step))

    async def report(self) -> str:
        """The study as one self-contained HTML page."""
        return await self._transport.run(calls.report(self.name))

    def events(self) -> AsyncIterator[StudyEvent]:
        """The study's log, newest first."""
        return self._transport.pages(lambda token: calls.list_events(self.name, page_size=PAGE_SIZE, page_token=token))

    async def trial(self, number: int) -> TrialRecord:
        """One trial with everything about it."""
        return await self._transport.run(calls.get_trial(self.trial_name(number)))

    def list_trials(
        self,
        filter: str = "",  # noqa: A002 - the contract's word
        order_by: str = "",
        *,
        full: bool = False,
    ) -> AsyncIterator[TrialRecord]:
        """Trials by number unless ordered otherwise; pages are read as they are needed.

        Args:
            filter: comparisons joined by AND: `state = "SUCCEEDED" AND metrics.loss < 0.1`.
            order_by: "number", "create_time" or "metrics.NAME", each with an optional " desc".
            full: with all measurements and attempts.
        """
        return self._transport.pages(
            lambda token: calls.list_trials(
                self.name, matching=filter, order_by=order_by, is_full=full, page_size=PAGE_SIZE, page_token=token
            )
        )

    async def enqueue(
        self, params: Mapping[str, Scalar], *, priority: int = 0, labels: Mapping[str, str] | None = None
    ) -> TrialRecord:
        """Queue a configuration to be run; a higher *priority* runs first."""
        return await self._create_trial(params, (), labels or {}, priority)

    async def attach(
        self,
        params: Mapping[str, Scalar],
        metrics: Mapping[str, float] | None = None,
        *,
        measurements: Sequence[Measurement] = (),
        labels: Mapping[str, str] | None = None,
    ) -> TrialRecord:
        """Add a trial that was measured elsewhere.

        Args:
            params: its configuration.
            metrics: its result at full fidelity.
            measurements: or its whole curve, of which the last one is the result.
            labels: for filters.
        """
        return await self._create_trial(params, self.attached(metrics, measurements), labels or {}, 0)

    async def stop_trial(self, number: int) -> TrialRecord:
        """Stop a trial, whoever holds it."""
        return await self._transport.run(calls.stop_trial(self.trial_name(number), request_id=self._id()))

    async def seal_test_metrics(self, number: int, metrics: Mapping[str, float]) -> TrialRecord:
        """Write the metrics on the sealed test data: once, after the study is over."""
        name = self.trial_name(number)
        return await self._transport.run(calls.seal_test_metrics(name, metrics, request_id=self._id()))

    async def refresh(self) -> Self:
        """Read it again."""
        return self._now(await self._transport.run(calls.get_study(self.name)))

    async def update(
        self,
        *,
        budget: Budget | None = None,
        description: str | None = None,
        labels: Mapping[str, str] | None = None,
        if_unchanged: bool = False,
    ) -> Self:
        """Change what is given.

        Args:
            budget: replaces the whole budget.
            description: replaces it.
            labels: replaces all of them.
            if_unchanged: refuse (`EtagMismatch`) when the study was changed since it was read.
        """
        call = calls.update_study(
            self.name,
            budget=budget,
            description=description,
            labels=labels,
            etag=self._record.etag if if_unchanged else "",
            request_id=self._id(),
        )
        return self._now(await self._transport.run(call))

    async def stop(self) -> Self:
        """End it: nothing is handed out any more, running trials are told to stop."""
        return self._now(await self._transport.run(calls.stop_study(self.name, request_id=self._id())))

    async def reopen(self) -> Self:
        """Let it go on, if its budget allows."""
        return self._now(await self._transport.run(calls.reopen_study(self.name, request_id=self._id())))

    async def delete(self) -> None:
        """Delete it with all its trials."""
        await self._transport.run(calls.delete_study(self.name, request_id=self._id()))

    async def _create_trial(
        self,
        params: Mapping[str, Scalar],
        measurements: Sequence[Measurement],
        labels: Mapping[str, str],
        priority: int,
    ) -> TrialRecord:
        call = calls.create_trial(
            self.name,
            fitted(self.spec.space, params),
            measurements=measurements,
            labels=labels,
            priority=priority,
            request_id=self._id(),
        )
        return await self._transport.run(call)

    def _suggest(self, worker: str, count: int, wait_s: float) -> calls.Call[asking.Suggested, asking.Handout]:
        return asking.suggest(self.name, worker=worker, count=count, wait_s=wait_s, request_id=self._id())

    def _active(self, trial: asking.TrialMessage) -> AsyncActiveTrial:
        return AsyncActiveTrial(Holding(trial, self._transport.surroundings), self._transport, self._heartbeats)

    def _draw_worker(self) -> str:
        return asking.default_worker(self._id())

    def _id(self) -> str:
        return self._transport.surroundings.new_id()
