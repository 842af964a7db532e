"""Settings of the server: the environment and the command line are read here and nowhere else."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, CliApp, CliSettingsSource, SettingsConfigDict

PREFIX = "ASSAY_"
_OTHERS = ("ASSAY_CLIENT_", "ASSAY_WORKER_", "ASSAY_TRAINER_", "ASSAY_TEST_", "ASSAY_SERVER", "ASSAY_PROJECT")
"""Of the other parts of Assay, the last two the command line's; not the server's to judge."""


_SQLITE = "sqlite:///"


class SettingsError(Exception):
    """A setting is unknown or wrong; the message names it."""


class Settings(BaseSettings):
    """How a server runs. Each field is also an environment variable, ASSAY_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_ignore_empty=True,
        cli_kebab_case=True,
        cli_implicit_flags=True,
    )

    listen: str = "127.0.0.1:7077"
    """Address for gRPC, host:port; port 0 lets the system choose."""
    metrics: str = "127.0.0.1:7078"
    """Address for /metrics and /healthz over HTTP; "off" for none."""
    database: str = "sqlite:///assay.db"
    """Where everything is kept: a file, or sqlite:///relative/path, or sqlite:////absolute/path."""
    policy_processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that fit models; each takes a core while it does."""
    generation_deadline_s: Annotated[float, Field(gt=0)] = 120.0
    """A fit that takes longer is ended, and the next generator in line answers."""
    generation_memory_mb: Annotated[int, Field(ge=256)] = 4096
    """A fit that takes more is ended, and the next generator in line answers."""
    cache_dir: Path = Path.home() / ".cache" / "assay"
    """Where torch would keep kernels if a generator compiled any; nothing in it is missed."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """How log lines look; auto: for people on a terminal, JSON elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged; every call is a line at info."""
    drain_s: Annotated[float, Field(ge=0)] = 20.0
    """How long calls in flight may take to finish after SIGTERM."""
    reflection: bool = True
    """Whether clients may ask for the contract (grpcurl does)."""
    tls_certificate: Path | None = None
    """The server's certificate chain, PEM; with it, only TLS is spoken."""
    tls_key: Path | None = None
    """The certificate's private key, PEM."""
    max_calls: Annotated[int, Field(ge=1)] = 1000
    """Calls in flight beyond which others are refused; waiting for a suggestion counts."""
    max_vital_calls: Annotated[int, Field(ge=1)] = 1000
    """The same for reports, completions, failures, releases and heartbeats, which have a reserve of their own."""
    max_watches: Annotated[int, Field(ge=1)] = 1000
    """The same for open watches."""
    max_call_s: Annotated[float, Field(gt=0)] = 60.0
    """A call is given up after this long, whatever its caller's deadline."""
    max_message_bytes: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    """Size of a request beyond which it is refused."""
    max_connection_age_s: Annotated[float, Field(gt=0)] | None = None
    """Connections are closed in good order after this long, so that a balancer can spread them anew."""
    reap_interval_s: Annotated[float, Field(gt=0)] = 1.0
    """How often leases that ran out are looked for."""
    gauges_interval_s: Annotated[float, Field(gt=0)] = 5.0
    """How often the metrics of studies are brought up to date, at most."""
    ready_file: Path | None = None
    """Written when the server takes calls: the gRPC port and the metrics port, as JSON."""

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together")
        if self.database in ("", _SQLITE) or ("://" in self.database and not self.database.startswith(_SQLITE)):
            raise ValueError(f"database: {self.database!r} is neither a file nor sqlite:///path")
        for name, address in (("listen", self.listen), ("metrics", self.metrics)):
            host, _, port = address.rpartition(":")
            if address != "off" and not (host and port.isdecimal() and int(port) < 65_536):
                raise ValueError(f"{name}: {address!r} is not host:port")
        return self

    @property
    def database_path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.database.removeprefix(_SQLITE))


def load(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of *argv* (`--listen host:port`), of the environment, or the defaults, in this order.

    Raises:
        SettingsError: a name is unknown or a value is wrong.
        SystemExit: *argv* asks for help, or has an unknown flag.
    """
    _refuse_unknown(os.environ if environment is None else environment)
    source = CliSettingsSource[Settings](
        Settings, cli_parse_args=list(argv), cli_prog_name="assay server", cli_kebab_case=True, cli_implicit_flags=True
    )
    try:
        return CliApp.run(Settings, cli_args=list(argv), cli_settings_source=source)
    except ValidationError as wrong:
        raise SettingsError("; ".join(_told(p["loc"], p["msg"]) for p in wrong.errors())) from None


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    ours = {name for name in environment if name.upper().startswith(PREFIX) and not name.startswith(_OTHERS)}
    for name in sorted(ours - known):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SettingsError(f"unknown environment variable {name}{hint}")


def _told(location: Sequence[int | str], message: str) -> str:
    where = ".".join(str(part) for part in location)
    text = message.removeprefix("Value error, ")
    return f"{where}: {text}" if where else text


def is_terminal() -> bool:
    """Whether a person reads the log."""
    return sys.stderr.isatty()
