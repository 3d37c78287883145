"""The reads of a channel: an audience, one statement each on the hot pool, an answer as bytes."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from collections.abc import Sequence
from typing import Any

import asyncpg

from catalog.audiences.models import Audience
from catalog.audiences.predicate import Statement, visible
from catalog.audiences.source import Audiences
from catalog.browsing import items, listing
from catalog.browsing.facets import facets
from catalog.browsing.locales import Language
from catalog.browsing.models import Query
from catalog.browsing.search import ProductSearch
from catalog.errors import ProductNotFound
from chassis.database import Database
from chassis.pages import Cursors
from chassis.principal import Principal

SEES_STOCK = "stock:read"


def _joined(found: Sequence[asyncpg.Record]) -> bytes:
    return ("[" + ",".join(row["item"] for row in found) + "]").encode()


class Browsing:
    """Answers under the caller's audience; every method may raise VisibilityPending."""

    def __init__(
        self, database: Database, audiences: Audiences, search: ProductSearch, cursors: Cursors
    ) -> None:
        self._database = database
        self._audiences = audiences
        self._search = search
        self._cursors = cursors

    async def products(self, principal: Principal, query: Query, cursor: str | None, limit: int) -> bytes:
        """A page as JSON. Raises CursorInvalid."""
        audience = await self._audiences.of(principal)
        binding = query.binding(audience.id)
        after = self._cursors.read(cursor, binding)
        account = principal.account_id
        rows = await self._rows(listing.page(query, audience, self._search, account, after, limit))
        shown, following = rows[:limit], "null"
        if len(rows) > limit:
            last = shown[-1]
            following = f'"{self._cursors.write([last["key"], last["product_id"]], binding)}"'
        answer = b'{"items":' + _joined(shown) + b',"next_cursor":' + following.encode()
        if query.facets:
            statement = Statement()
            found = listing.before_attributes(statement, query, audience, self._search, account)
            statement.text = facets(statement, found, query.attributes, query.language.chain)
            answer += b',"facets":' + str(await self._value(statement)).encode()
        if query.total:
            counted = await self._value(listing.total(query, audience, self._search, account))
            answer += b',"total":' + str(counted).encode()
        return answer + b"}"

    async def product(
        self, principal: Principal, product_id: str, language: Language, include: frozenset[str]
    ) -> bytes:
        """One product's page as JSON. Raises ProductNotFound."""
        audience = await self._audiences.of(principal)
        stock = "availability" in include and principal.may(SEES_STOCK)
        statement = Statement()
        parts = [
            f"({items.item(statement, language.chain, availability=stock)})::jsonb",
            f"({items.details(statement, audience, language.chain)})::jsonb",
        ]
        if "media" in include:
            parts.append(f"jsonb_build_object('media', {items.media(statement, language.chain)})")
        if "relations" in include:
            related = self._related(statement, audience, language, stock)
            parts.append(f"jsonb_build_object('relations', {related})")
        if "variants" in include:
            variants = self._variants(statement, audience, language, stock)
            parts.append(f"jsonb_build_object('variants', {variants})")
        statement.text = (
            f"SELECT ({' || '.join(parts)})::text FROM product p JOIN listing l ON l.product_id = p.id "
            f"WHERE p.id = {statement.bind(product_id)} AND {visible(statement, audience)}"
        )
        found = await self._value(statement)
        if found is None:
            raise ProductNotFound
        return str(found).encode()

    async def relations(
        self, principal: Principal, product_id: str, language: Language, *, stock: bool
    ) -> bytes:
        """The visible products related to a visible one, as JSON. Raises ProductNotFound."""
        audience = await self._audiences.of(principal)
        statement = Statement()
        related = self._related(statement, audience, language, stock and principal.may(SEES_STOCK))
        statement.text = (
            f"SELECT {related}::text FROM listing l WHERE l.product_id = {statement.bind(product_id)} "
            f"AND {visible(statement, audience)}"
        )
        found = await self._value(statement)
        if found is None:
            raise ProductNotFound
        return b'{"items":' + str(found).encode() + b',"next_cursor":null}'

    async def suggestions(self, principal: Principal, text: str, language: Language, limit: int) -> bytes:
        """Products that what was typed so far may mean, as JSON."""
        audience = await self._audiences.of(principal)
        statement = Statement()
        found = self._search.relation(statement, text, language.locale, principal.account_id)
        title = items.localized("title", f"{statement.bind(list(language.chain))}::text[]")
        statement.text = f"""WITH best AS (
            SELECT l.product_id, s.rank FROM listing l JOIN {found} s ON s.product_id = l.product_id
            WHERE {visible(statement, audience)} ORDER BY s.rank, l.product_id LIMIT {limit})
        SELECT json_build_object('type', 'product', 'text', coalesce({title}, p.description, p.external_id),
            'id', p.id, 'external_id', p.external_id)::text AS item
        FROM best JOIN product p ON p.id = best.product_id ORDER BY best.rank, p.id"""
        return b'{"items":' + _joined(await self._rows(statement)) + b"}"

    async def categories(self, principal: Principal, language: Language, tree_id: str | None) -> bytes:
        """Categories that hold something visible, with how much, as JSON."""
        audience = await self._audiences.of(principal)
        statement = Statement()
        name = items.named("c.names", f"{statement.bind(list(language.chain))}::text[]")
        wanted = statement.bind(tree_id)
        statement.text = f"""WITH counted AS (
            SELECT target, count(*) AS count FROM listing l, unnest(l.targets) AS target
            WHERE {visible(statement, audience)} GROUP BY target)
        SELECT json_build_object('id', c.id, 'tree_id', c.tree_id, 'parent_id', c.parent_id, 'code', c.code,
            'name', coalesce({name}, c.code), 'position', c.position,
            'product_count', counted.count)::text AS item
        FROM counted JOIN category c ON c.id = counted.target AND NOT c.deleted
        WHERE {wanted}::text IS NULL OR c.tree_id = {wanted}
        ORDER BY c.tree_id, cardinality(c.path), c.position, c.code"""
        return b'{"items":' + _joined(await self._rows(statement)) + b',"next_cursor":null}'

    def _related(self, statement: Statement, audience: Audience, language: Language, stock: bool) -> str:
        """SQL of a JSON list: the visible products that the one of listing `l` relates to."""
        shown = items.item(statement, language.chain, availability=stock)
        return f"""coalesce((SELECT json_agg(json_build_object('type', r.type, 'product', r.shown)
                ORDER BY r.type, r.position, r.target_id)
            FROM (SELECT x.type, x.position, x.target_id, {shown} AS shown
                FROM relation x JOIN listing t ON t.product_id = x.target_id
                JOIN product p ON p.id = x.target_id
                WHERE x.product_id = l.product_id AND {visible(statement, audience, "t")}
                ORDER BY x.type, x.position LIMIT 200) r), '[]'::json)"""

    def _variants(self, statement: Statement, audience: Audience, language: Language, stock: bool) -> str:
        """SQL of a JSON list: the visible products of the same variant group as `p`, itself included."""
        shown = items.item(statement, language.chain, availability=stock)
        return f"""coalesce((SELECT json_agg(v.shown ORDER BY v.external_id)
            FROM (SELECT t.external_id, {shown} AS shown FROM product_content own
                JOIN product_content x ON x.variant_group_id = own.variant_group_id
                JOIN listing t ON t.product_id = x.product_id JOIN product p ON p.id = x.product_id
                WHERE own.product_id = l.product_id AND {visible(statement, audience, "t")}
                ORDER BY t.external_id LIMIT 200) v), '[]'::json)"""

    async def _rows(self, statement: Statement) -> Sequence[asyncpg.Record]:
        pool = await self._database.hot()
        found: Sequence[asyncpg.Record] = await pool.fetch(statement.text, *statement.params)
        return found

    async def _value(self, statement: Statement) -> Any:
        pool = await self._database.hot()
        return await pool.fetchval(statement.text, *statement.params)
