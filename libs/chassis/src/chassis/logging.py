"""Structured logs: one JSON object a line with request and trace ids, or coloured lines for people."""

import json
import logging
import sys
from typing import Any

import orjson
import structlog

from chassis import context


class _Lines:
    """What structlog writes to: the process's standard output, for the loggers of one name.

    The standard library's loggers are a longer way there, and every request writes a line.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        # Without a buffer: what found no room would be tried again at the end, and fail the process.
        self._stdout = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)

    def write(self, line: str) -> None:
        """Writes a line; one that finds no room is lost, and what it tells of goes on."""
        try:
            self._stdout.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = exception = write


def _add_context(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if (request_id := context.request_id.get()) is not None:
        event.setdefault("request_id", request_id)
    if (trace_id := context.trace_id()) is not None:
        event.setdefault("trace_id", trace_id)
    return event


def _dumped(event: Any, **options: Any) -> str:
    try:
        return orjson.dumps(event, **options).decode()
    except TypeError:
        # What a caller sends may be no Unicode at all; the standard library escapes that.
        return json.dumps(event, **options)


def configure_logging(*, service: str, level: str, log_format: str) -> None:
    """Sends structlog and the standard library's loggers to stdout in one shape. For composition roots."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(_dumped)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, last],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("aiokafka", "httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
