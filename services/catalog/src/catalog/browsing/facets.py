"""Facet counts over the products a list finds; a facet does not filter itself."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from collections.abc import Sequence

from catalog.audiences.predicate import Statement
from catalog.browsing.filters import AttributeFilter, matches
from catalog.browsing.items import named


def facets(
    statement: Statement, found: str, filters: Sequence[AttributeFilter], locales: Sequence[str]
) -> str:
    """A statement giving one JSON list. `found`: SQL of (product_id) before any attribute filter."""
    flags = [f"({matches(statement, wanted, locales)}) AS f{place}" for place, wanted in enumerate(filters)]
    counted = f"SELECT l.product_id{''.join(', ' + flag for flag in flags)} FROM ({found}) l"
    chain = f"{statement.bind(list(locales))}::text[]"
    cases = [
        f"WHEN a.code = {statement.bind(wanted.code)} THEN {_all(len(filters), but=place)}"
        for place, wanted in enumerate(filters)
    ]
    every = _all(len(filters), but=None)
    passes = f"CASE {' '.join(cases)} ELSE {every} END" if cases else every
    spoken = f"v.locale = ANY({statement.bind(['', *locales])}::text[])"
    option = f"coalesce({named('o.names', chain)}, v.value)"
    return f"""WITH base AS MATERIALIZED ({counted}),
valued AS (
    SELECT v.attribute_id, v.value, {option} AS label, coalesce(o.position, 0) AS position, count(*) AS count,
        min(v.number) AS low, max(v.number) AS high
    FROM base JOIN attribute_value v ON v.product_id = base.product_id AND {spoken}
    JOIN attribute a ON a.id = v.attribute_id AND a.facet AND NOT a.deleted
    LEFT JOIN attribute_option o ON o.attribute_id = a.id AND o.code = v.value
    WHERE {passes} GROUP BY 1, 2, 3, 4)
SELECT coalesce(json_agg(facet ORDER BY code), '[]'::json)::text FROM (
    SELECT a.code, json_build_object('code', a.code, 'type', a.type,
        'label', coalesce({named("a.names", chain)}, a.code), 'unit', a.unit,
        'values', CASE WHEN a.type IN ('number', 'date') THEN '[]'::json ELSE
            json_agg(json_build_object('value', x.value, 'label', x.label, 'count', x.count)
                ORDER BY x.position, x.count DESC, x.value) END,
        'min', CASE a.type WHEN 'number' THEN trim_scale(min(x.low))::text WHEN 'date' THEN min(x.value) END,
        'max', CASE a.type WHEN 'number' THEN trim_scale(max(x.high))::text WHEN 'date' THEN max(x.value) END
        ) AS facet
    FROM valued x JOIN attribute a ON a.id = x.attribute_id GROUP BY a.id) listed"""


def _all(count: int, *, but: int | None) -> str:
    flags = [f"base.f{place}" for place in range(count) if place != but]
    return " AND ".join(flags) or "true"
