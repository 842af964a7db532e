"""What the use cases need of the world, and what the world promises them.

Implementations are proven by the contract suites in `assay_server.testing`. Ports document promises;
implementations do not repeat them. The port of schedulers is in `scheduling`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from .domain.analysis import Answer, Question
from .domain.candidate import Candidate, Observation, Proposal, StudySnapshot, Verdict
from .domain.event import StudyEvent
from .domain.listing import Filter, Page
from .domain.measurement import Measurement
from .domain.names import ProjectName, StudyName
from .domain.rung import BracketMember, RungResult
from .domain.space import Configuration
from .domain.study import Study, Tally
from .domain.trial import Attempt, Trial, TrialState

T = TypeVar("T")


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The present, in UTC with a time zone."""
        ...


class Ids(Protocol):
    """Where identities and seeds come from."""

    def uid(self) -> str:
        """A new identity, unique for ever."""
        ...

    def token(self) -> str:
        """A new lease token that cannot be guessed."""
        ...

    def study_id(self) -> str:
        """A new study id, readable, within the rule of names."""
        ...

    def seed(self) -> int:
        """A new seed in [0, 2^31)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What a request_id was answered with."""

    fingerprint: bytes
    """Hash of the request's payload."""
    answer: bytes


class UnitOfWork(Protocol):
    """One act's view of the store: it sees all earlier acts and its own writes.

    Writes of one act happen together or not at all. What it returns are frozen values. Study rows carry
    their tally; `put_tally` writes the tally alone, `put_study` everything but the tally.
    """

    @property
    def now(self) -> datetime:
        """When the act happens, by the database's clock; the same throughout the act."""
        ...

    def on_rollback(self, undo: Callable[[], None]) -> None:
        """Call *undo* if this act turns out to have no effect; for caches that read its writes."""
        ...

    # -- studies -----------------------------------------------------------------------------------------
    def study(self, name: StudyName) -> Study:
        """Raises StudyNotFound."""
        ...

    def study_of(self, uid: str) -> Study:
        """The study by uid. Raises StudyNotFound."""
        ...

    def add_study(self, study: Study) -> None:
        """The name must be free."""
        ...

    def put_study(self, study: Study) -> None:
        """Replace all but the tally of the study with that uid."""
        ...

    def put_tally(self, uid: str, tally: Tally) -> None:
        """Replace the tally of the study with that uid."""
        ...

    def delete_study(self, uid: str) -> None:
        """Remove the study and everything that belongs to it."""
        ...

    def list_studies(self, project: ProjectName, filter_: Filter, page: Page) -> Sequence[Study]:
        """At most page.limit studies."""
        ...

    def active_studies(self) -> Sequence[Study]:
        """Studies that hand out trials, of all projects, oldest first."""
        ...

    # -- trials ------------------------------------------------------------------------------------------
    def trial(self, study: Study, number: int) -> Trial:
        """Raises TrialNotFound."""
        ...

    def add_trial(self, trial: Trial) -> None:
        """The number must be free."""
        ...

    def put_trial(self, trial: Trial) -> None:
        """Replace the trial with that study and number."""
        ...

    def list_trials(self, study_uid: str, filter_: Filter, page: Page) -> Sequence[Trial]:
        """At most page.limit trials."""
        ...

    def trials_held_by(self, study_uid: str, worker: str) -> Sequence[Trial]:
        """RUNNING trials whose lease is the worker's, by number."""
        ...

    def next_queued(self, study_uid: str) -> Trial | None:
        """The QUEUED trial of highest priority, then lowest number."""
        ...

    def trials_in(self, study_uid: str, states: Iterable[TrialState]) -> Sequence[Trial]:
        """All trials in these states, by number."""
        ...

    def trials_changed(self, study_uid: str, *, after_revision: int, limit: int) -> Sequence[Trial]:
        """Trials whose revision is larger, by revision."""
        ...

    def expired_trials(self, limit: int) -> Sequence[Trial]:
        """RUNNING trials of all studies whose lease has expired at `now`, longest first."""
        ...

    # -- what belongs to a trial -------------------------------------------------------------------------
    def add_measurements(self, trial: Trial, measurements: Sequence[Measurement]) -> None:
        """Store them; one of the same step replaces the stored one, later ones of a dead attempt stay."""
        ...

    def measurements(self, study_uid: str, number: int) -> Sequence[Measurement]:
        """All measurements of a trial, by step."""
        ...

    def put_attempt(self, trial: Trial, attempt: Attempt) -> None:
        """Add or replace the attempt of that number."""
        ...

    def attempt(self, trial: Trial, number: int) -> Attempt:
        """The attempt of that number; it must exist."""
        ...

    def attempts(self, study_uid: str, number: int) -> Sequence[Attempt]:
        """All attempts of a trial, by number."""
        ...

    def observations(self, study_uid: str) -> Sequence[Observation]:
        """All trials that teach: with a measurement, or ended FAILED or INFEASIBLE; not the incomparable ones."""
        ...

    # -- rungs -------------------------------------------------------------------------------------------
    def put_rung_result(self, study_uid: str, result: RungResult) -> None:
        """Add or replace the result of that trial at that rung."""
        ...

    def rung_results(self, study_uid: str, *, after_revision: int = 0) -> Sequence[RungResult]:
        """Results of all rungs that changed after a revision, by revision."""
        ...

    def rung_result(self, study_uid: str, trial: int, step: int) -> RungResult | None:
        """The result of a trial at a rung."""
        ...

    def bracket_members(self, study_uid: str, *, after_revision: int = 0) -> Sequence[BracketMember]:
        """Trials of brackets that changed after a revision, by revision."""
        ...

    # -- candidates --------------------------------------------------------------------------------------
    def add_candidates(self, study_uid: str, candidates: Sequence[Candidate]) -> None:
        """Append to the study's buffer."""
        ...

    def oldest_candidate(self, study_uid: str, *, min_results_seen: int) -> Candidate | None:
        """What `take_candidate` would return."""
        ...

    def take_candidate(self, study_uid: str, *, min_results_seen: int) -> Candidate | None:
        """Remove and return the oldest candidate that has seen at least so many results."""
        ...

    def drop_candidates(self, study_uid: str, *, max_results_seen: int) -> int:
        """Remove candidates that have seen at most so many results; how many there were."""
        ...

    def candidates(self, study_uid: str) -> Sequence[Candidate]:
        """The buffer, oldest first."""
        ...

    def num_candidates(self, study_uid: str) -> int:
        """Depth of the buffer."""
        ...

    # -- log ---------------------------------------------------------------------------------------------
    def log(self, study_uid: str, event: StudyEvent) -> None:
        """Append to the study's log; time and sequence are set by the store."""
        ...

    def events(self, study_uid: str, *, limit: int, before_sequence: int | None = None) -> Sequence[StudyEvent]:
        """The log, newest first."""
        ...

    # -- idempotency -------------------------------------------------------------------------------------
    def answer(self, project: str, request_id: str) -> StoredAnswer | None:
        """What this request_id was answered with in the last 24 hours."""
        ...

    def remember(self, project: str, request_id: str, answer: StoredAnswer) -> None:
        """Keep the answer for 24 hours."""
        ...

    def forget_answers(self, older_than: timedelta) -> int:
        """Remove old answers; how many there were."""
        ...


class Store(Protocol):
    """Where the truth is kept.

    Acts run one after the other. An act that raises has no effect; the others of its batch are not
    touched. A returned result is durable: it survives `kill -9` of every process.
    """

    def act(self, act: Callable[[UnitOfWork], T]) -> Awaitable[T]:
        """Run *act* in a transaction and answer after it is durable. *act* may be run again if the commit fails."""
        ...

    def read(self, query: Callable[[UnitOfWork], T]) -> Awaitable[T]:
        """Run *query* on a consistent view of what is committed; it must not write."""
        ...

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call *listener* on the event loop with the uids of studies that changed, after each commit.

        Returns what ends the subscription.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted, then release everything. Later acts raise Unavailable."""
        ...


class CandidateSource(Protocol):
    """What fills the candidate buffer."""

    def want(self, study_uid: str, *, count: int, min_results_seen: int) -> None:
        """Say that *count* askers wait for candidates that have seen so many results. Returns at once."""
        ...


class Generator(Protocol):
    """Proposes configurations. Pure: the same snapshot gives the same candidates.

    It keeps the space's bounds, steps, conditions and parameter constraints, and never changes the
    snapshot. Randomness comes from the snapshot's seed, phase and first_index alone.
    """

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        """1 to *count* configurations, best first, distinct from each other where the space allows.

        Searched parameters only or complete configurations, both are fine.

        Raises:
            Exhausted: there is nothing more to propose.
            NotReady: there is not enough data; the next generator in line shall answer.
        """
        ...


@runtime_checkable
class ComparingGenerator(Generator, Protocol):
    """A generator that also says which paused trials promise more than what it proposes."""

    def propose(self, snapshot: StudySnapshot, count: int) -> Sequence[Proposal]:
        """As `generate`."""
        ...


class Exhausted(Exception):
    """The generator has nothing more to propose."""


class NotReady(Exception):
    """The generator cannot propose yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What came back from the policy host."""

    configurations: tuple[Configuration, ...]
    generator: str
    fallback_from: tuple[str, ...]
    """Generators that should have answered, in order, and could not."""
    problems: tuple[str, ...]
    """Why, one sentence each."""
    seconds: float
    verdicts: tuple[Verdict | None, ...] = ()
    """One for each configuration, or none at all."""
    is_degraded: bool = False
    """Whether one of them failed; not being ready yet is no failure."""


class PolicyHost(Protocol):
    """Runs generators in processes of their own, within a deadline and a memory limit."""

    async def generate(self, snapshot: StudySnapshot, count: int) -> Generated:
        """Candidates for the snapshot's phase, from its generator or, when that fails, the next in line.

        Raises Exhausted when the phase's generator has nothing more to propose.
        """
        ...

    async def close(self) -> None:
        """End the processes."""
        ...


class Analyst(Protocol):
    """Answers questions by a model. Pure: the same snapshot and question give the same answer."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        """A PredictionQuestion is answered by Predictions, an ImportanceQuestion by Importances, a FrontQuestion by
        a LikelyFront. Configurations in questions are of the snapshot's space.

        Raises NotReady when there is not enough data.
        """
        ...


class Analyses(Protocol):
    """Analyses of studies as they are now, made in policy processes, one at a time, and kept until a study changes."""

    async def ask(self, study: Study, question: Question) -> Answer:
        """What an Analyst answers to *question* about the present results of *study*.

        Raises:
            StudyNotFound, Unavailable.
            NotEnoughData: there are too few results to fit a model.
            ModelFailed: no model could be fitted within the limits of time and memory.
            Overloaded: too many analyses are waiting.
        """
        ...
