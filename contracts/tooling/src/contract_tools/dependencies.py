"""Who calls whom and who consumes what, found in the code and held by a committed file."""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import yaml

from contract_tools.services import Service

_HEADER: Final = """\
# Who calls whom, and who consumes what. Written by `make contracts-update`, held by `make contracts`:
# a new line here is a decision and is reviewed as one. Calls must not form a cycle.
"""


def found(services: Iterable[Service]) -> dict[str, Any]:
    """The dependencies as the code has them: names sorted."""
    services = list(services)
    return {
        "calls": {service.name: sorted(service.calls) for service in services},
        "consumes": {
            service.name: sorted({entry.topic for entry in service.subscribed}) for service in services
        },
    }


def as_text(dependencies: Mapping[str, Any]) -> str:
    """The dependencies as they are committed."""
    return _HEADER + yaml.safe_dump(dict(dependencies), sort_keys=True)


def unlisted(committed: Mapping[str, Any], present: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each dependency that only one side has."""
    for kind, verb in (("calls", "calls"), ("consumes", "consumes")):
        listed, real = _pairs(committed.get(kind)), _pairs(present[kind])
        yield from (
            f"{who} {verb} {what}, which the file does not list" for who, what in sorted(real - listed)
        )
        yield from (f"the file lists that {who} {verb} {what}" for who, what in sorted(listed - real))


def cycle(calls: Mapping[str, Iterable[str]]) -> list[str]:
    """The services of a cycle among calls, empty if there is none."""
    try:
        TopologicalSorter({who: set(whom) for who, whom in calls.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _pairs(entries: Mapping[str, Iterable[str]] | None) -> set[tuple[str, str]]:
    return {(who, what) for who, whom in (entries or {}).items() for what in whom}
