"""Two fed tables, products and prices that refer to them, as a service would declare them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Numeric, Table, Text, UniqueConstraint, text

from chassis.clock import SystemClock, milliseconds
from chassis.database import Database, Transaction
from feeds.desk import Feeds
from feeds.feed import Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema
from feeds.placeholders import Reference, resolve
from feeds.receiver import Upload
from feeds.runs import Mode, Run
from feeds.tables import feed_tables

metadata = MetaData()
tables = feed_tables(metadata)


def _fed(key: str) -> list[Any]:
    return [
        Column("id", Text, primary_key=True),
        Column("source", Text, nullable=False),
        Column(key, Text(collation="C"), nullable=False),
        Column("scope", Text, nullable=False, server_default=""),
        Column("received", BigInteger, nullable=False, server_default="0"),
        Column("version", BigInteger, nullable=False),
        Column("run_id", Text),
        Column("line_number", BigInteger),
        UniqueConstraint("source", key),
    ]


product = Table(
    "product",
    metadata,
    *_fed("external_id"),
    Column("name", Text, nullable=False, server_default=""),
    Column("price", Numeric(18, 6)),
    Column("note", Text),
    Column("lifecycle", Text, nullable=False, server_default="active"),
    Column("placeholder", Boolean, nullable=False, server_default=text("false")),
)
price = Table(
    "price_row",
    metadata,
    *_fed("row_key"),
    Column("product_id", Text),
    Column("min_quantity", Numeric(18, 6), nullable=False),
    Column("value", Numeric(18, 6)),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
)


class Heard:
    """What the hooks were told."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.listening = True
        self.states: list[tuple[str, str]] = []

    async def changed(self, _: Transaction, ids: Sequence[str]) -> None:
        if self.listening:
            self.ids.extend(ids)

    async def run_changed(self, _: Transaction, run: Run) -> None:
        self.states.append((run.id, run.state))


def product_feed(heard: Heard) -> TableFeed:
    return TableFeed(
        resource="products",
        schema=RowSchema(
            Field(name="external_id", kind=Kind.KEY, max_length=64),
            Field(name="name", kind=Kind.TEXT, required=True),
            Field(name="price", kind=Kind.DECIMAL),
            Field(name="note", kind=Kind.TEXT),
            key=("external_id",),
        ),
        table=product,
        columns=(
            FeedColumn(column="name", default="''"),
            FeedColumn(column="price", repriced=True),
            FeedColumn(column="note", published=False),
        ),
        discontinue=Discontinue(column="lifecycle", gone="'discontinued'", live="'active'"),
        placeholder="placeholder",
        changed=heard.changed,
        derived=("price_row",),
    )


async def _resolve_product(tx: Transaction, chunk: Chunk) -> None:
    reference = Reference(field="product", into="product_id", table=product, placeholder="placeholder")
    await resolve(tx, chunk, reference, now_ms=milliseconds(SystemClock().now()))


def price_feed(heard: Heard) -> TableFeed:
    return TableFeed(
        resource="prices",
        schema=RowSchema(
            Field(name="product", kind=Kind.REFERENCE, path="target/product", required=True),
            Field(name="min_quantity", kind=Kind.QUANTITY, required=True),
            Field(name="value", kind=Kind.DECIMAL, required=True),
            key=("product", "min_quantity"),
        ),
        table=price,
        key_column="row_key",
        columns=(
            FeedColumn(column="product_id", field="product", value="c.product_id"),
            FeedColumn(column="min_quantity"),
            FeedColumn(column="value", repriced=True),
        ),
        prepared={"product_id": "text"},
        prepare=_resolve_product,
        discontinue=Discontinue(column="deleted"),
    )


class Shop:
    """A service reduced to its feeds."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.heard = Heard()
        self.feeds = Feeds(
            database,
            SystemClock(),
            tables,
            [product_feed(self.heard), price_feed(self.heard)],
            on_run_changed=self.heard.run_changed,
        )

    async def write(self, items: Sequence[Any], resource: str = "products", scope: str = "") -> list[str]:
        """Writes a batch, returns the statuses."""
        answer = await self.feeds.batches[resource].write(items, source="erp", scope=scope)
        return [result.status for result in answer.results]

    async def receive(self, body: Iterable[bytes] | bytes, **options: Any) -> Run:
        """Uploads without applying."""
        resource = options.pop("resource", "products")
        settings: dict[str, Any] = {"client": "c1", "source": "erp", "mode": Mode.DELTA} | options
        pieces = [body] if isinstance(body, bytes) else body
        return await self.feeds.receiver.receive(
            self.feeds.by_resource[resource], Upload(**settings), stream(pieces)
        )

    async def drain(self) -> None:
        """Works until nothing is left to do."""
        worker = self.feeds.worker()
        while await worker.step():
            pass

    async def run(self, run_id: str) -> Run:
        async with self.database.read() as reader:
            found = await self.feeds.runs.get(reader, run_id)
        assert found is not None
        return found

    async def imported(self, body: Iterable[bytes] | bytes, **options: Any) -> Run:
        """Uploads, applies, returns the run as it ended."""
        run = await self.receive(body, **options)
        await self.drain()
        return await self.run(run.id)

    async def results(self, run: Run) -> list[tuple[int, str, Any]]:
        async with self.database.read() as reader:
            rows = await self.feeds.runs.results(reader, run, limit=100_000)
        return [(row["line_number"], row["status"], row["details"]) for row in rows]

    async def products(self) -> dict[str, tuple[Any, ...]]:
        """name, price, lifecycle and version by key."""
        async with self.database.read() as reader:
            rows = await reader.all(text("SELECT * FROM product WHERE NOT placeholder ORDER BY external_id"))
        return {
            row["external_id"]: (row["name"], row["price"], row["lifecycle"], row["version"]) for row in rows
        }


async def stream(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def ndjson(rows: Iterable[Any]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def assortment(count: int, **fields: Any) -> bytes:
    return ndjson(
        {"external_id": f"P{n:06d}", "name": f"Product {n}", "price": "1.00", **fields} for n in range(count)
    )
