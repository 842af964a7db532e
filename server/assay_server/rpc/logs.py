"""The server's log: one structured line for each call, and whatever else there is to say."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import grpc
import orjson
import structlog

from assay_server.rpc.calls import CallLog
from assay_server.rpc.lines import Lines

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_OURS = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})


def configure(*, style: str, level: str, stream: TextIO | None = None) -> None:
    """Write lines of *style* ("json" or "console") from *level* on, to *stream* (standard error).

    Raises:
        KeyError: there is no such level.
    """
    out = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if style == "json":
        last: list[structlog.typing.Processor] = [
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=out.isatty())]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Lines(out))),  # it writes and flushes, no more
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forward()], level=LEVELS[level], force=True)


def _to_json(value: object, **_: object) -> str:
    return orjson.dumps(value, default=str).decode()


class _Forward(logging.Handler):
    """Lines of the standard library's loggers, ours and others', in the same shape as the rest."""

    def emit(self, record: logging.LogRecord) -> None:
        """Forward one line."""
        log: structlog.typing.FilteringBoundLogger = structlog.get_logger("assay")
        facts = {"exc_info": record.exc_info} if record.exc_info else {}
        log.log(record.levelno, record.getMessage(), logger=record.name, **facts)


class StructuredCallLog(CallLog):
    """Calls as lines of the structured log."""

    def __init__(self) -> None:
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("assay.rpc")

    def call(self, method: str, code: grpc.StatusCode, took_s: float, peer: str, request_id: str, reason: str) -> None:
        """At level error for a fault of ours, at level info otherwise."""
        write = self._log.error if code in _OURS else self._log.info
        facts = {"reason": reason} if reason else {}
        ms = round(took_s * 1000, 3)
        write("call", method=method, code=code.name, ms=ms, peer=peer, request_id=request_id, **facts)

    def defect(self, method: str, request_id: str, error: Exception) -> None:
        """With the traceback, which callers never see."""
        self._log.error("defect", method=method, request_id=request_id, exc_info=error)
