"""Reads for those who order: whether products may be ordered on which terms, and what codes stand for."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from catalog.audiences.predicate import Statement, visible
from catalog.audiences.source import Audiences
from catalog.browsing import items
from catalog.browsing.locales import Language
from catalog.browsing.search import normalized_code
from chassis.database import Database
from chassis.principal import Principal


class Ordering:
    """Answers under the caller's audience; every method may raise VisibilityPending."""

    def __init__(self, database: Database, audiences: Audiences) -> None:
        self._database = database
        self._audiences = audiences

    async def terms(self, principal: Principal, product_ids: Sequence[str]) -> bytes:
        """One item per id in the order given, as JSON; a product not visible says only that."""
        audience = await self._audiences.of(principal)
        statement = Statement()
        wanted = f"{statement.bind(list(product_ids))}::text[]"
        statement.text = f"""SELECT coalesce(json_agg(CASE WHEN p.id IS NULL
            THEN json_build_object('product_id', w.id, 'visible', false)
            ELSE json_build_object('product_id', p.id, 'visible', true, 'source', p.source,
                'external_id', p.external_id, 'description', coalesce(l.title, p.external_id),
                'base_unit', p.base_unit, 'decimals', coalesce(u.decimals, 0),
                'sales_unit', coalesce(p.sales_unit, p.base_unit), 'units', {items.UNITS},
                'order_terms', {items.ORDER_TERMS}, 'tax_group', p.tax_group,
                'discount_group', p.discount_group, 'lifecycle', p.lifecycle) END
            ORDER BY w.place), '[]'::json)::text
        FROM unnest({wanted}) WITH ORDINALITY AS w (id, place)
        LEFT JOIN listing l ON l.product_id = w.id AND {visible(statement, audience)}
        LEFT JOIN product p ON p.id = l.product_id
        LEFT JOIN unit u ON u.source = p.source AND u.external_id = p.base_unit"""
        pool = await self._database.hot()
        found = await pool.fetchval(statement.text, *statement.params)
        return b'{"items":' + str(found).encode() + b"}"

    async def resolve(
        self, principal: Principal, codes: Sequence[str], language: Language
    ) -> list[dict[str, Any]]:
        """What each code stands for, in the order given: status and the products it may mean."""
        audience = await self._audiences.of(principal)
        statement = Statement()
        shown = items.item(statement, language.chain, availability=False)
        wanted = f"{statement.bind(list(codes))}::text[]"
        folded = f"{statement.bind([normalized_code(code) for code in codes])}::text[]"
        own = statement.bind(principal.account_id)
        sees = visible(statement, audience)
        statement.text = f"""WITH wanted AS (
            SELECT place, code, folded
            FROM unnest({wanted}, {folded}) WITH ORDINALITY AS w (code, folded, place)),
        named AS (
            SELECT w.place, p.id, NULL::text AS unit, p.external_id = w.code AS exact
            FROM wanted w JOIN listing s ON s.code = w.folded AND w.folded <> ''
            JOIN product p ON p.id = s.product_id
            UNION ALL
            SELECT w.place, c.product_id, c.unit, c.code = w.code
            FROM wanted w JOIN product_code c ON c.normalized = w.folded AND w.folded <> '' AND NOT c.deleted
            WHERE c.kind <> 'customer' OR EXISTS (SELECT 1 FROM account a WHERE a.source = c.account_source
                AND a.external_id = c.account_external_id AND a.id = {own}::text)),
        direct AS (
            SELECT n.place, n.id, n.unit, n.exact, false AS superseded
            FROM named n JOIN listing l ON l.product_id = n.id WHERE {sees}),
        successors AS (
            SELECT n.place, l.product_id AS id, NULL::text AS unit, n.exact, true AS superseded
            FROM named n JOIN product old ON old.id = n.id AND old.lifecycle = 'discontinued'
            JOIN listing l ON l.product_id = old.superseded_by_id WHERE {sees}),
        meant AS (
            SELECT place, id, max(unit) AS unit, bool_or(exact) AS exact, bool_and(superseded) AS superseded
            FROM (SELECT * FROM direct UNION ALL SELECT * FROM successors) both_kinds GROUP BY place, id)
        SELECT m.place, m.exact, m.superseded, m.unit, ({shown})::text AS item
        FROM meant m JOIN product p ON p.id = m.id ORDER BY m.place, p.external_id, p.id"""
        pool = await self._database.hot()
        found: list[list[Mapping[str, Any]]] = [[] for _ in codes]
        for row in await pool.fetch(statement.text, *statement.params):
            found[row["place"] - 1].append(row)
        return [_resolved(candidates) for candidates in found]


def _resolved(candidates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Living products before successors, the code as written before the code as folded."""
    best = [row for row in candidates if not row["superseded"]] or list(candidates)
    best = [row for row in best if row["exact"]] or best
    if not best:
        return {"status": "not_found", "products": [], "unit": None}
    products = [orjson.Fragment(row["item"]) for row in best[:20]]
    if len(best) > 1:
        return {"status": "ambiguous", "products": products, "unit": None}
    status = "superseded" if best[0]["superseded"] else "matched"
    return {"status": status, "products": products, "unit": best[0]["unit"]}
