"""Which language an answer is given in: pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """The language chosen, and the locales to look in for a text, best first."""

    locale: str
    chain: tuple[str, ...]


def choose(requested: str | None, accepted: str | None, offered: Sequence[str], last_resort: str) -> Language:
    """`requested` (?locale=) counts before `accepted` (Accept-Language, RFC 9110); else the first offered."""
    wanted = [requested] if requested else _accepted(accepted or "")
    for locale in wanted:
        language = locale.partition("-")[0]
        found = next((offer for offer in offered if offer.lower() == locale.lower()), None)
        found = found or next(
            (offer for offer in offered if offer.partition("-")[0] == language.lower()), None
        )
        if found is not None:
            return Language(found, _chain(found, last_resort))
    first = offered[0] if offered else last_resort
    return Language(first, _chain(first, last_resort))


def _chain(locale: str, last_resort: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((locale, locale.partition("-")[0], last_resort)))


def _accepted(header: str) -> list[str]:
    """The languages of the header, the most wanted first."""
    weighed: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        name, _, parameter = part.strip().partition(";")
        weight = parameter.strip().removeprefix("q=") or "1"
        if name and name != "*" and weight.replace(".", "", 1).isdecimal() and float(weight) > 0:
            weighed.append((-float(weight), name.strip()))
    return [name for _, name in sorted(weighed, key=lambda entry: entry[0])]
