"""Log lines: one JSON object each, whatever stands in them and whatever becomes of the output."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

SHAPE = {"service", "request_id", "trace_id", "level", "logger", "timestamp", "event"}
BEGIN = """
import logging, structlog
from chassis import context
from chassis.logging import configure_logging
configure_logging(service="things", level="INFO", log_format="json")
context.request_id.set("r1")
context.traceparent.set(context.accept_traceparent(None))
log = structlog.get_logger("access")
"""


def run(code: str, stdout: IO[bytes] | int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    """A process that runs the code after what every process does first."""
    argv = [sys.executable, "-c", BEGIN + code]
    # With a buffer, as Python has it unless told otherwise: it must not matter.
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, env=plain, check=True)  # noqa: S603 - our own code


def lines(code: str) -> list[dict[str, Any]]:
    """What a process writes that runs the code."""
    return [json.loads(line) for line in run(code).stdout.decode().splitlines()]


def test_both_kinds_of_loggers_write_lines_of_one_shape() -> None:
    ours, theirs = lines("log.info('request', route='/things')\nlogging.getLogger('others').warning('told')")
    assert ("access", "info", "request", "/things") == (
        ours["logger"], ours["level"], ours["event"], ours["route"]
    )  # fmt: skip
    assert ("others", "warning", "told") == (theirs["logger"], theirs["level"], theirs["event"])
    assert SHAPE | {"route"} == set(ours)
    assert set(theirs) == SHAPE
    assert ("things", "r1") == (ours["service"], ours["request_id"])


def test_less_severe_lines_are_not_written() -> None:
    assert [] == lines("log.debug('looked')")


def test_an_error_brings_its_traceback() -> None:
    [line] = lines("try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    log.error('x', exc_info=error)")
    assert "ZeroDivisionError" in line["exception"]


def test_text_that_is_no_unicode_is_written_escaped() -> None:
    [line] = lines("log.info('\\udc80', of='€', large=2**70)")
    assert ("\udc80", "€", 2**70) == (line["event"], line["of"], line["large"])


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else() -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("log.info('lost')\nimport sys\nsys.stderr.write('went on')", full)
    assert done.stderr.startswith(b"went on")
