"""Filters on attribute values: `code:value`, `code:low..high`, and their conditions in SQL."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from catalog.audiences.predicate import Statement
from catalog.errors import FilterInvalid

_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_MOST_FILTERS: Final = 50


@dataclass(frozen=True, slots=True)
class Span:
    """A range of numbers, both ends included; None is open."""

    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """What one attribute may be: any of these values or ranges."""

    code: str
    values: tuple[str, ...]
    spans: tuple[Span, ...]


def read_filters(parameters: Sequence[str]) -> tuple[AttributeFilter, ...]:
    """Repeated parameters, those of one attribute joined by "or". Raises FilterInvalid."""
    if len(parameters) > _MOST_FILTERS:
        raise FilterInvalid("attribute", f"at most {_MOST_FILTERS}")
    by_code: dict[str, tuple[list[str], list[Span]]] = {}
    for parameter in parameters:
        code, separator, wanted = parameter.partition(":")
        if not separator or not code or not wanted or "\0" in parameter or len(parameter) > 300:
            raise FilterInvalid("attribute", "written as code:value or code:low..high")
        values, spans = by_code.setdefault(code, ([], []))
        span = _span(wanted)
        if span is None:
            values.append(wanted)
        else:
            spans.append(span)
    return tuple(
        AttributeFilter(code, tuple(sorted(values)), tuple(spans))
        for code, (values, spans) in sorted(by_code.items())
    )


def _span(wanted: str) -> Span | None:
    low, dots, high = wanted.partition("..")
    if not dots or not (low or high):
        return None
    if (low and not _NUMBER.fullmatch(low)) or (high and not _NUMBER.fullmatch(high)):
        return None
    return Span(Decimal(low) if low else None, Decimal(high) if high else None)


def matches(statement: Statement, wanted: AttributeFilter, locales: Sequence[str], alias: str = "l") -> str:
    """A condition on `listing`: the product has one of the values."""
    either = []
    if wanted.values:
        either.append(f"v.value = ANY({statement.bind(list(wanted.values))}::text[])")
    for span in wanted.spans:
        ends = []
        if span.low is not None:
            ends.append(f"v.number >= {statement.bind(span.low)}::numeric")
        if span.high is not None:
            ends.append(f"v.number <= {statement.bind(span.high)}::numeric")
        either.append(f"({' AND '.join(ends)})")
    return (
        "EXISTS (SELECT 1 FROM attribute_value v JOIN attribute a ON a.id = v.attribute_id "
        f"WHERE v.product_id = {alias}.product_id AND a.code = {statement.bind(wanted.code)} "
        "AND NOT a.deleted "
        f"AND v.locale = ANY({statement.bind(['', *locales])}::text[]) AND ({' OR '.join(either)}))"
    )
