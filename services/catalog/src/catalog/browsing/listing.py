"""The statements of the product list: a page, its total, and what its facets are counted over."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from collections.abc import Sequence
from typing import Any

from catalog.audiences.models import Audience
from catalog.audiences.predicate import Statement, visible
from catalog.browsing.filters import matches
from catalog.browsing.items import item
from catalog.browsing.models import SORTS, Query
from catalog.browsing.search import ProductSearch


def _found(
    statement: Statement, query: Query, audience: Audience, search: ProductSearch, account_id: str | None
) -> str:
    """FROM and WHERE over `listing l` (and search `s`): everything but attribute filters."""
    source = "listing l"
    if query.text is not None:
        found = search.relation(statement, query.text, query.language.locale, account_id)
        source += f" JOIN {found} s ON s.product_id = l.product_id"
    conditions = [visible(statement, audience)]
    if query.category_ids:
        conditions.append(f"l.targets && {statement.bind(list(query.category_ids))}::text[]")
    if query.ids:
        conditions.append(f"l.product_id = ANY({statement.bind(list(query.ids))}::text[])")
    return f"{source} WHERE {' AND '.join(conditions)}"


def page(
    query: Query,
    audience: Audience,
    search: ProductSearch,
    account_id: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> Statement:
    """Rows (item JSON text, sort key, product id), one more than `limit`, those behind `after`."""
    statement = Statement()
    found = _found(statement, query, audience, search, account_id)
    for wanted in query.attributes:
        found += f" AND {matches(statement, wanted, query.language.chain)}"
    key, descending = SORTS[query.order]
    compare, direction = ("<", "DESC") if descending else (">", "ASC")
    if after is not None:
        kind = "bigint" if query.order == "relevance" else "text"
        found += (
            f" AND ({key}, l.product_id) {compare} "
            f"({statement.bind(after[0])}::{kind}, {statement.bind(after[1])}::text)"
        )
    order = f"{{key}} {direction}, {{id}} {direction}"
    shown = item(statement, query.language.chain, availability=query.availability)
    statement.text = (
        f"WITH page AS MATERIALIZED (SELECT l.product_id, {key} AS key FROM {found} "
        f"ORDER BY {order.format(key=key, id='l.product_id')} LIMIT {limit + 1}) "
        f"SELECT {shown}::text AS item, page.key, page.product_id "
        "FROM page JOIN product p ON p.id = page.product_id "
        f"ORDER BY {order.format(key='page.key', id='page.product_id')}"
    )
    return statement


def total(query: Query, audience: Audience, search: ProductSearch, account_id: str | None) -> Statement:
    """How many products the list has."""
    statement = Statement()
    found = _found(statement, query, audience, search, account_id)
    for wanted in query.attributes:
        found += f" AND {matches(statement, wanted, query.language.chain)}"
    statement.text = f"SELECT count(*) FROM {found}"
    return statement


def before_attributes(
    statement: Statement, query: Query, audience: Audience, search: ProductSearch, account_id: str | None
) -> str:
    """SQL of (product_id) for facets to count over."""
    return f"SELECT l.product_id FROM {_found(statement, query, audience, search, account_id)}"
