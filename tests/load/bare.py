"""The bare reference: one FastAPI and asyncpg process that answers each question with one statement.

    BARE_DATABASE_URL=… BARE_PORT=… python -m tests.load.bare

It knows no tokens, audiences, limits, logs or metrics, and its tables hold just what the answers show.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response

from tests.load import assortment

TABLES: Final = """
CREATE TABLE product (id int PRIMARY KEY, sku text NOT NULL, title text NOT NULL, brand text NOT NULL,
    category int NOT NULL, colour text NOT NULL, material text NOT NULL, length int NOT NULL,
    document tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED);
CREATE TABLE account (id int PRIMARY KEY, agreements int[] NOT NULL);
CREATE TABLE price (agreement int, product int, min_quantity int, value numeric(18, 6) NOT NULL,
    PRIMARY KEY (agreement, product, min_quantity));
CREATE TABLE placed (id bigserial PRIMARY KEY, key text UNIQUE, account int NOT NULL, document jsonb);
"""
INDEXES: Final = """
CREATE INDEX ON product (category, sku);
CREATE INDEX ON product USING gin (document);
ANALYZE;
"""

# The most specific of the account's agreements decides, as in the platform; breaks are shown beside it.
_PRICE: Final = """(SELECT json_build_object('net_price', best.value::text, 'currency', 'EUR', 'unit', 'ST',
        'price_breaks', (SELECT json_agg(json_build_object('min_quantity', b.min_quantity,
            'net_price', b.value::text) ORDER BY b.min_quantity)
            FROM price b WHERE b.agreement = best.agreement AND b.product = p.id))
    FROM account a, unnest(a.agreements) WITH ORDINALITY AS g (agreement, level)
    JOIN price best ON best.agreement = g.agreement AND best.product = p.id AND best.min_quantity <= 1
    WHERE a.id = $1 ORDER BY g.level LIMIT 1)"""
_ITEM: Final = f"""json_build_object('id', p.id, 'external_id', p.sku, 'title', p.title, 'brand', p.brand,
    'base_unit', 'ST', 'price', {_PRICE})"""
_FACETS: Final = """(SELECT json_agg(json_build_object('code', code, 'value', value, 'count', count))
    FROM (SELECT code, value, count(*) FROM seen, LATERAL (VALUES ('colour', colour),
        ('material', material), ('length', length::text)) AS v (code, value) GROUP BY 1, 2) counted)"""
_LIST: Final = """WITH seen AS MATERIALIZED (SELECT * FROM product WHERE category = $2),
page AS (SELECT * FROM seen ORDER BY sku LIMIT 24)
SELECT json_build_object('items', (SELECT json_agg({item} ORDER BY p.sku) FROM page p){facets})::text"""
_PLAIN_LIST: Final = """SELECT json_build_object('items', json_agg({item} ORDER BY p.sku))::text
FROM (SELECT * FROM product WHERE category = $2 ORDER BY sku LIMIT 24) p"""
_SEARCH: Final = """SELECT json_build_object('items', json_agg({item} ORDER BY p.rank DESC, p.id))::text
FROM (SELECT *, ts_rank_cd(document, q) AS rank FROM product, websearch_to_tsquery('english', $2) q
    WHERE document @@ q ORDER BY rank DESC, id LIMIT 24) p"""
_DETAIL: Final = """SELECT (json_build_object('colour', p.colour, 'material', p.material, 'length', p.length)
    ::jsonb || {item}::jsonb)::text FROM product p WHERE p.id = $2"""
_ORDER: Final = f"""INSERT INTO placed (key, account, document)
SELECT $2, $1, json_build_object('lines', json_agg(json_build_object('product', p.id, 'quantity', 1,
    'title', p.title, 'price', {_PRICE})))
FROM product p WHERE p.id = ANY($3::int[]) RETURNING json_build_object('id', id)::text"""

STATEMENTS: Final = {
    "list": _LIST.format(item=_ITEM, facets=f", 'facets', {_FACETS}"),
    "plain": _PLAIN_LIST.format(item=_ITEM),
    "search": _SEARCH.format(item=_ITEM),
    "detail": _DETAIL.format(item=_ITEM),
    "order": _ORDER,
}


async def fill(url: str) -> None:
    """Makes the tables and fills them with the trade that the platform has."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(TABLES)
        await _fill(connection)
        await connection.execute(INDEXES)
    finally:
        await connection.close()


async def _fill(connection: asyncpg.Connection) -> None:
    known = assortment.products()
    columns = ("id", "sku", "title", "brand", "category", "colour", "material", "length")
    rows = [(number, *(getattr(row, name) for name in columns[1:])) for number, row in enumerate(known)]
    await connection.copy_records_to_table("product", records=rows, columns=columns)
    numbers = {product.sku: number for number, product in enumerate(known)}
    accounts = assortment.accounts()
    keys = [account.number for account in accounts] + sorted({account.price_group for account in accounts})
    agreements = {key: number for number, key in enumerate(["", *keys])}
    paid = [
        (number, [agreements[key] for key in (account.number, account.price_group, "")])
        for number, account in enumerate(accounts)
    ]
    await connection.copy_records_to_table("account", records=paid)
    await connection.copy_records_to_table(
        "price",
        records=(
            (agreements[price.whose], numbers[price.sku], price.min_quantity, price.value)
            for price in assortment.prices()
        ),
    )


def make_app(url: str) -> FastAPI:
    """The app; its pool is asyncpg's own, as installed."""
    pool: asyncpg.Pool

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        nonlocal pool
        async with asyncpg.create_pool(url, min_size=8, max_size=8) as pool:
            yield

    app = FastAPI(lifespan=lifespan)

    async def answer(statement: str, *values: Any) -> Response:
        return Response(await pool.fetchval(STATEMENTS[statement], *values), media_type="application/json")

    @app.get("/products")
    async def products(account: int, category: int, *, facets: bool = True) -> Response:
        return await answer("list" if facets else "plain", account, category)

    @app.get("/search")
    async def search(account: int, q: str) -> Response:
        return await answer("search", account, q)

    @app.get("/products/{product_id}")
    async def product(product_id: int, account: int) -> Response:
        return await answer("detail", account, product_id)

    @app.post("/orders")
    async def order(request: Request, account: int) -> Response:
        body = await request.json()
        return await answer("order", account, request.headers["idempotency-key"], body["products"])

    return app


def main() -> None:
    """Serves until it is told to end."""
    app, port = make_app(os.environ["BARE_DATABASE_URL"]), int(os.environ["BARE_PORT"])
    quiet: dict[str, Any] = {"access_log": False, "log_level": "warning"}
    uvicorn.run(app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", **quiet)


if __name__ == "__main__":
    main()
