"""A family, and how complete a product of it is: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

BUILT_IN_FIELDS: Final = frozenset({"title", "description", "image"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """A field a channel demands: built-in or an attribute's code; in one language, or ("") in any."""

    channel: str
    locale: str
    field: str


@dataclass(frozen=True, slots=True)
class Family:
    """A product class."""

    id: str
    version: int
    code: str
    names: Mapping[str, str]
    attribute_ids: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what a channel demands is there, and what is not."""

    percent: int
    missing: tuple[Requirement, ...]


def completeness(
    requirements: Iterable[Requirement], filled: frozenset[tuple[str, str]]
) -> dict[str, Completeness]:
    """Completeness by channel. `filled`: (field, locale) that hold something, locale "" for any language.

    A demand in a language is met by a value in it or by one for every language; percents are rounded down,
    so that 100 means complete.
    """
    by_channel: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_channel.setdefault(requirement.channel, []).append(requirement)
    spoken = {field for field, _ in filled}
    found = {}
    for channel, demanded in sorted(by_channel.items()):
        missing = tuple(demand for demand in demanded if not _met(demand, filled, spoken))
        found[channel] = Completeness(100 * (len(demanded) - len(missing)) // len(demanded), missing)
    return found


def _met(demand: Requirement, filled: frozenset[tuple[str, str]], spoken: set[str]) -> bool:
    if not demand.locale:
        return demand.field in spoken
    return (demand.field, demand.locale) in filled or (demand.field, "") in filled


def read_requirements(stored: Sequence[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    """Requirements from their JSON."""
    return tuple(Requirement(entry["channel"], entry["locale"], entry["field"]) for entry in stored)
