"""A study, from the client's side: ask, steer, read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from . import asking, calls
from .analyses import Corrected, Importances, Predictions
from .budget import Budget
from .errors import AssayError
from .heartbeats import Heartbeats
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
from .study_view import StudyView
from .transport import Stopped, Transport
from .trial import ActiveTrial
from .watching import Watching

PAGE_SIZE = 200
"""Items read at once by what iterates over a list."""


class Study(StudyView):
    """A study on the server. What it shows of itself is as old as the last call; `refresh` reads it again."""

    def __init__(self, transport: Transport, heartbeats: Heartbeats, record: StudyRecord) -> None:
        super().__init__(record)
        self._transport, self._heartbeats = transport, heartbeats

    def trials(self, worker: str | None = None, *, stop: threading.Event | None = None) -> Iterator[ActiveTrial]:
        """Ask for one trial after the other, until the study is over.

        A worker that asks again under its name gets what it already holds: leave each trial before the next one,
        best by `with trial:`.

        Args:
            worker: unique among the living; drawn when None. Under the same name as before, a worker that was
                restarted gets its trial back at once.
            stop: ends the iteration when it is set, also while it waits.
        """
        worker = worker or self._draw_worker()
        while found := self.ask(worker, stop=stop):
            yield from found

    def ask(
        self,
        worker: str | None = None,
        count: int = 1,
        *,
        timeout: float | None = None,
        stop: threading.Event | None = None,
    ) -> list[ActiveTrial]:
        """Ask for up to *count* trials, and wait for them.

        Returns an empty list when the study is over (then `is_over` says so), after *timeout* seconds, or when
        *stop* is set. Without `with trial:` there are no heartbeats: report more often than the lease lasts.
        """
        worker = worker or self._draw_worker()
        now = self._transport.surroundings.now
        give_up_at = None if timeout is None else now() + timeout
        try:
            while not (stop is not None and stop.is_set()):
                wait_s = asking.wait_s(give_up_at, now())
                handout = self._transport.run(self._suggest(worker, count, wait_s), stop=stop)
                if handout.trials or self._ended(handout.end_reason) or asking.is_late(give_up_at, now()):
                    return [self._active(trial) for trial in handout.trials]
                self._transport.pause(asking.pause_s(handout, give_up_at, now()), stop)
        except Stopped:
            pass
        return []

    def watch(self) -> Iterator[TrialRecord]:
        """Every trial as it is now, then each one whenever it changed, until the study is over and nothing runs.

        A trial that changes quickly may be told of once for several changes. Survives a restart of the server.
        """
        watching = Watching(self._transport.limits, self._transport.surroundings)
        while not watching.is_done():
            call = calls.watch_trials(self.name, resume_token=watching.token)
            try:
                for answer in self._transport.stream(call):
                    yield from watching.seen(answer)
                    if watching.is_done():
                        break
            except AssayError as error:
                watching.failed(error)
            if not watching.is_done():
                self._transport.pause(watching.delay_s())
        self._ended(watching.end_reason)

    def front(self) -> Front:
        """The feasible trials at full fidelity that no other one beats; prints as a table."""
        return self._transport.run(calls.front(self.name, self.spec.objectives))

    def best(self, metric: str = "") -> TrialRecord | None:
        """The best feasible trial at full fidelity by *metric*, which may be left out if there is one objective."""
        return self._transport.run(calls.best(self.name, metric))

    def corrected_front(self) -> Corrected:
        """Which trials are the front without the noise, by a model of all results; as slow as a suggestion.

        The best of many noisy values looks better than it is. Raises NotEnoughData before 5 results.
        """
        return self._transport.run(calls.corrected_front(self.name))

    def corrected_best(self, metric: str = "") -> Corrected:
        """Which trials are the best by *metric* without the noise, as `corrected_front`."""
        return self._transport.run(calls.corrected_best(self.name, metric))

    def progress(self) -> Progress:
        """How far it is: states, best values, rungs, workers, time left."""
        progress = self._transport.run(calls.progress(self.name))
        self._record = progress.study
        return progress

    def hypervolume_history(self) -> HypervolumeHistory:
        """How the hypervolume grew with each finished trial."""
        return self._transport.run(calls.hypervolume_history(self.name, self.spec.objectives))

    def importances(self) -> Importances:
        """How much each parameter matters, by metric; and for the "hypervolume". Raises NotEnoughData."""
        return self._transport.run(calls.importances(self.name))

    def predict(self, configurations: Sequence[Mapping[str, Scalar]], step: int | None = None) -> Predictions:
        """What a model expects of configurations at *step*, or at full fidelity; they need not have been run.

        Raises InvalidArgument for configurations outside of the space, and NotEnoughData before 5 results.
        """
        given = [fitted(self.spec.space, params) for params in configurations]
        return self._transport.run(calls.predict(self.name, given, step))

    def report(self) -> str:
        """The study as one self-contained HTML page."""
        return self._transport.run(calls.report(self.name))

    def events(self) -> Iterator[StudyEvent]:
        """The study's log, newest first."""
        return self._transport.pages(lambda token: calls.list_events(self.name, page_size=PAGE_SIZE, page_token=token))

    def trial(self, number: int) -> TrialRecord:
        """One trial with everything about it."""
        return self._transport.run(calls.get_trial(self.trial_name(number)))

    def list_trials(
        self,
        filter: str = "",  # noqa: A002 - the contract's word
        order_by: str = "",
        *,
        full: bool = False,
    ) -> Iterator[TrialRecord]:
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

    def enqueue(
        self, params: Mapping[str, Scalar], *, priority: int = 0, labels: Mapping[str, str] | None = None
    ) -> TrialRecord:
        """Queue a configuration to be run; a higher *priority* runs first."""
        return self._create_trial(params, (), labels or {}, priority)

    def attach(
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
        return self._create_trial(params, self.attached(metrics, measurements), labels or {}, 0)

    def stop_trial(self, number: int) -> TrialRecord:
        """Stop a trial, whoever holds it."""
        return self._transport.run(calls.stop_trial(self.trial_name(number), request_id=self._id()))

    def seal_test_metrics(self, number: int, metrics: Mapping[str, float]) -> TrialRecord:
        """Write the metrics on the sealed test data: once, after the study is over."""
        name = self.trial_name(number)
        return self._transport.run(calls.seal_test_metrics(name, metrics, request_id=self._id()))

    def refresh(self) -> Self:
        """Read it again."""
        return self._now(self._transport.run(calls.get_study(self.name)))

    def update(
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
        return self._now(self._transport.run(call))

    def stop(self) -> Self:
        """End it: nothing is handed out any more, running trials are told to stop."""
        return self._now(self._transport.run(calls.stop_study(self.name, request_id=self._id())))

    def reopen(self) -> Self:
        """Let it go on, if its budget allows."""
        return self._now(self._transport.run(calls.reopen_study(self.name, request_id=self._id())))

    def delete(self) -> None:
        """Delete it with all its trials."""
        self._transport.run(calls.delete_study(self.name, request_id=self._id()))

    def _create_trial(
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
        return self._transport.run(call)

    def _suggest(self, worker: str, count: int, wait_s: float) -> calls.Call[asking.Suggested, asking.Handout]:
        return asking.suggest(self.name, worker=worker, count=count, wait_s=wait_s, request_id=self._id())

    def _active(self, trial: asking.TrialMessage) -> ActiveTrial:
        return ActiveTrial(Holding(trial, self._transport.surroundings), self._transport, self._heartbeats)

    def _draw_worker(self) -> str:
        return asking.default_worker(self._id())

    def _id(self) -> str:
        return self._transport.surroundings.new_id()
