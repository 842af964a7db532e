"""A trial in the hands of this worker, in an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self

from .async_heartbeats import AsyncHeartbeats
from .async_transport import AsyncTransport
from .errors import AssayError, LeaseLost
from .holding import Acted, Holding, note_unsaid, parting_patience_s
from .records import Directive, Provenance, TrialState
from .trial_view import TrialView

logger = logging.getLogger("assay")


class AsyncActiveTrial(TrialView):
    """A trial that this worker holds.

    Inside `async with trial:` heartbeats keep it held. Leaving the block says how it went:

    - told to pause or stop, or completed, failed, released by hand: nothing more is said;
    - normally, before that: it is completed with its latest measurement;
    - normally, without any report: the attempt has failed;
    - by an exception: the attempt has failed, with the traceback as its reason, and the exception goes on;
    - by cancellation, `KeyboardInterrupt`, `SystemExit`, `assay.Preempted`: it is handed back, to be resumed by
      whoever asks next;
    - by `assay.LeaseLost`: another worker has it now. The exception ends here, so that the loop around goes on.
    """

    def __init__(self, holding: Holding, transport: AsyncTransport, heartbeats: AsyncHeartbeats) -> None:
        super().__init__(holding)
        self._transport, self._heartbeats = transport, heartbeats

    async def steps(self) -> AsyncIterator[int]:
        """The steps to train to, one after the other, from `start_step + 1`.

        Ends at the budget and when told to pause or stop. Without a fidelity there is no budget: break, when done.
        """
        while (step := self._holding.advance()) is not None:
            yield step
            await asyncio.sleep(0)  # a body that only computes lets the heartbeats through here

    async def report(
        self,
        metrics: Mapping[str, float] | None = None,
        /,
        *,
        step: int | None = None,
        checkpoint: str | None = None,
        cost: float | None = None,
        provenance: Provenance | None = None,
        sem: Mapping[str, float] | None = None,
        **more: float,
    ) -> Directive:
        """Say what was measured; survives a restart of the server.

        Args:
            metrics: by name, for names that are not Python's; keywords are added to them.
            step: the step of `steps()`, or one more than was reported, when None.
            checkpoint: where the training can be resumed from after this step.
            cost: since the last report, in the unit of the budget.
            provenance: circumstances of this attempt; once is enough.
            sem: standard errors, of the metrics that have one.
            **more: metrics.

        Returns:
            What to do next; `steps()` obeys it by itself.

        Raises:
            LeaseLost: another worker has the trial now.
            InvalidArgument: a metric is not a finite number, a step went back, …
        """
        call = self._holding.report(
            {**(metrics or {}), **more}, step=step, checkpoint=checkpoint, cost=cost, provenance=provenance, sem=sem
        )
        try:
            answer = await self._transport.run(call)
        except AssayError as error:
            self._holding.refused(error)
            raise
        self._heartbeats.postpone(self._holding)
        return self._holding.reported(call, answer)

    async def complete(
        self,
        metrics: Mapping[str, float] | None = None,
        /,
        *,
        checkpoint: str | None = None,
        provenance: Provenance | None = None,
        **more: float,
    ) -> TrialState:
        """End the trial with this result, or with its latest measurement when there are no metrics."""
        result = {**(metrics or {}), **more}
        return await self._end(self._holding.complete(result, checkpoint=checkpoint, provenance=provenance))

    async def fail(self, reason: str, *, permanent: bool = False) -> TrialState:
        """The attempt died; it is tried again, unless that is *permanent* or happened too often."""
        return await self._end(self._holding.fail(reason, permanent=permanent))

    async def infeasible(self, reason: str) -> TrialState:
        """The configuration itself is bad: it cannot be built, diverges, does not fit. The search learns from it."""
        return await self._end(self._holding.fail(reason, is_infeasible=True))

    async def release(self, checkpoint: str | None = None, reason: str = "") -> TrialState:
        """Hand the trial back, to be resumed by whoever asks next; from *checkpoint*, if it is newer."""
        return await self._end(self._holding.release(checkpoint, reason))

    async def __aenter__(self) -> Self:
        self._heartbeats.add(self._holding)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            if (last_word := self._holding.farewell(error)) is not None:
                await self._end(last_word, patience_s=parting_patience_s(error))
        except LeaseLost as lost:
            logger.warning("%s: %s", self.name, lost)
        except AssayError as unsaid:
            note_unsaid(error, unsaid, self._holding)
        finally:
            self._heartbeats.remove(self._holding)
        return self._holding.is_own_loss(error)

    async def _end(self, last_word: Acted, *, patience_s: float | None = None) -> TrialState:
        try:
            state = await self._transport.run(last_word, patience_s=patience_s)
        except AssayError as error:
            self._holding.refused(error)
            raise
        self._holding.end()
        self._heartbeats.remove(self._holding)
        return state
