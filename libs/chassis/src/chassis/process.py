"""A process of a service: the verb it was started with, and what every process does first."""

import sys
from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chassis.logging import configure_logging
from chassis.settings import Settings
from chassis.telemetry import configure_telemetry

S = TypeVar("S", bound=Settings)


def run(processes: Mapping[str, str], otherwise: str = "") -> None:
    """Calls what the command line's verb names: a long-running process, or else `otherwise`, the upkeep.

    Both are `module:function`. They are names because importing is most of what a start costs, and so a
    process loads nothing of the others. Ends the program with a usage line where there is no upkeep.
    """
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    target = processes.get(verb, otherwise)
    if not target:
        sys.exit(f"The verb is one of: {', '.join(processes)}")
    resolve_name(target)()


def begin(process: str, settings: type[S]) -> S:
    """Reads the environment, sets up logs and traces under the name of the process, returns the settings.

    Ends the program with one line per setting that is missing or wrong. Values are not repeated: some are
    secrets.
    """
    try:
        read = settings()
    except ValidationError as error:
        wrong = [f"  KONTOR_{_name(entry)}: {entry['msg']}" for entry in error.errors(include_input=False)]
        sys.exit("\n".join([f"{process} cannot start with these settings:", *wrong]))
    configure_logging(service=process, level=read.log_level, log_format=read.log_format)
    configure_telemetry(service=process, otlp_endpoint=read.otlp_endpoint)
    return read


def _name(entry: ErrorDetails) -> str:
    return "_".join(map(str, entry["loc"])).upper().removeprefix("KONTOR_")
