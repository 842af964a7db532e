"""The client: a connection to a server, and the studies there."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self, Unpack

from . import calls
from .channel import TLS, endpoint
from .heartbeats import Heartbeats
from .records import StudyRecord
from .retry import Limits, Surroundings
from .spec import SpecOptions, StudySpec, study_spec
from .study import PAGE_SIZE, Study
from .transport import Transport


class Client:
    """A connection to an Assay server. Threads may share it; close it, or use it as `with Client(…) as client:`.

    Nothing is sent before the first call. A call is tried again while the server cannot be reached: for
    `connect_timeout_s` at first contact, for `patience_s` if a worker depends on it (asking, reporting, ending a
    trial), for `timeout_s` otherwise. Repeating is safe: every act has an id, and has one effect.
    """

    def __init__(
        self,
        address: str,
        *,
        project: str = "default",
        token: str | None = None,
        tls: TLS | bool | None = None,
        timeout_s: float = 30.0,
        connect_timeout_s: float = 10.0,
        patience_s: float = 600.0,
        surroundings: Surroundings | None = None,
    ) -> None:
        """Say where the server is.

        Args:
            address: host:port.
            project: the tenant whose studies are meant.
            token: shown to the server as a bearer token.
            tls: True for the system's certificates, or `assay.TLS(ca=…)`; None: no TLS.
            timeout_s: for a call to be answered.
            connect_timeout_s: for the first call to be answered at all; a worker that may start before its server
                wants more.
            patience_s: how long a server may be away in the middle of a trial.
            surroundings: clock, chance and ids, for tests.
        """
        limits = Limits(timeout_s=timeout_s, connect_timeout_s=connect_timeout_s, patience_s=patience_s)
        self.address, self.project = address, project
        self._surroundings = surroundings or Surroundings()
        self._transport = Transport(endpoint(address, tls=tls, token=token), limits, self._surroundings)
        self._heartbeats = Heartbeats(self._transport)

    def create_study(self, study_id: str = "", *, validate_only: bool = False, **spec: Unpack[SpecOptions]) -> Study:
        """Create a study, or get the existing one of that id and an equal specification.

        Args:
            study_id: 1 to 63 of a-z, 0-9 and -; drawn by the server when empty.
            validate_only: check everything and return what would be created, but create nothing.
            **spec: see `assay.study_spec`.

        Raises:
            InvalidArgument: with every violation at once.
            StudySpecMismatch: the id is taken by a study with another specification.
        """
        return self.create_study_from(study_id, study_spec(**spec), validate_only=validate_only)

    def create_study_from(self, study_id: str, spec: StudySpec, *, validate_only: bool = False) -> Study:
        """Create a study from a specification that was put together before; otherwise as `create_study`."""
        request_id = self._surroundings.new_id()
        call = calls.create_study(self.project, study_id, spec, request_id=request_id, validate_only=validate_only)
        return self._study(self._transport.run(call))

    def get_study(self, name: str) -> Study:
        """A study by its id, or by its full name in another project.

        Raises:
            StudyNotFound: there is none.
        """
        return self._study(self._transport.run(calls.get_study(self.study_name(name))))

    def list_studies(
        self,
        filter: str = "",  # noqa: A002 - the contract's word
        order_by: str = "",
    ) -> Iterator[Study]:
        """The project's studies, newest first unless ordered otherwise; pages are read as they are needed.

        Args:
            filter: comparisons joined by AND: `state = "ACTIVE" AND labels.team = "vision"`.
            order_by: "create_time" or "name", each with an optional " desc".
        """
        records = self._transport.pages(
            lambda token: calls.list_studies(
                self.project, matching=filter, order_by=order_by, page_size=PAGE_SIZE, page_token=token
            )
        )
        return (self._study(record) for record in records)

    def study_name(self, name: str) -> str:
        """The full name of a study, from its id or its full name."""
        return name if "/" in name else f"projects/{self.project}/studies/{name}"

    def close(self) -> None:
        """End the connection. Trials in hand stay with this worker until their leases end."""
        self._heartbeats.close()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.address} project {self.project}>"

    def _study(self, record: StudyRecord) -> Study:
        return Study(self._transport, self._heartbeats, record)
