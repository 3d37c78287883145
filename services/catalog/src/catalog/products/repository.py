"""Products ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import (
    ARRAY,
    LargeBinary,
    RowMapping,
    Text,
    bindparam,
    func,
    select,
    text,
)

from catalog.families.repository import FamilyRepository
from catalog.products.models import ProductSnapshot
from catalog.tables import listing, product, product_category, product_content, published
from chassis.database import Reader, Transaction, among

# What the public state of a product is made of; texts and the ERP's own attributes stay here.
_STATED: Final = [
    product.c[name]
    for name in (
        "id", "source", "external_id", "version", "brand_id", "item_group_id", "base_unit", "sales_unit",
        "packagings", "minimum_quantity", "quantity_multiple", "maximum_quantity", "tax_group",
        "discount_group", "lifecycle", "superseded_by_id", "placeholder", "is_charge",
    )
]  # fmt: skip

_PLACEHOLDERS: Final = text(
    """INSERT INTO product (id, source, external_id, version, placeholder)
SELECT id, source, external_id, CAST(:version AS bigint), true
FROM unnest(CAST(:ids AS text[]), CAST(:sources AS text[]), CAST(:keys AS text[]))
    AS w (id, source, external_id)
ORDER BY source, external_id ON CONFLICT (source, external_id) DO NOTHING RETURNING id"""
)

_RAISE: Final = text(
    """UPDATE product SET version = greatest(version + 1, CAST(:now AS bigint))
WHERE id = ANY(CAST(:ids AS text[])) RETURNING id, version"""
)

_REMEMBER: Final = text(
    """INSERT INTO published (product_id, hash)
SELECT id, hash FROM unnest(:ids, :hashes) AS w (id, hash) ORDER BY id
ON CONFLICT (product_id) DO UPDATE SET hash = excluded.hash"""
).bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("hashes", type_=ARRAY(LargeBinary)))


class ProductRepository:
    """Finds, locks and publishes products."""

    def __init__(self, families: FamilyRepository) -> None:
        self._families = families

    async def snapshots(self, tx: Reader, product_ids: Sequence[str]) -> list[ProductSnapshot]:
        """Products by id, with what their public state is made of."""
        ids = list(product_ids)
        rows = await tx.all(select(*_STATED).where(among(product.c.id, ids)).order_by(product.c.id))
        grouped = select(
            product_category.c.product_id, func.array_agg(product_category.c.category_id).label("ids")
        )
        grouped = grouped.where(among(product_category.c.product_id, ids)).group_by(
            product_category.c.product_id
        )
        categories = {row["product_id"]: row["ids"] for row in await tx.all(grouped)}
        contents = {
            row["product_id"]: row
            for row in await tx.all(select(product_content).where(among(product_content.c.product_id, ids)))
        }
        completeness = await self._families.completeness(tx, [key for key in ids if key in contents])
        return [
            ProductSnapshot(
                row=row,
                category_ids=categories.get(row["id"], ()),
                variant_group_id=contents[row["id"]]["variant_group_id"] if row["id"] in contents else None,
                completeness={
                    channel: found.percent for channel, found in completeness.get(row["id"], {}).items()
                },
            )
            for row in rows
        ]

    async def find(self, reader: Reader, product_id: str) -> RowMapping | None:
        """The ERP's columns of a product."""
        return await reader.first(select(product).where(product.c.id == product_id))

    async def existing(self, reader: Reader, product_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that are products."""
        return await reader.scalars(select(product.c.id).where(among(product.c.id, product_ids)))

    async def lock(self, tx: Transaction, product_ids: Sequence[str]) -> Sequence[str]:
        """Locks products in the order of their ids; returns those that exist."""
        wanted = select(product.c.id).where(among(product.c.id, product_ids)).order_by(product.c.id)
        return await tx.scalars(wanted.with_for_update(key_share=True))

    async def hashes(self, reader: Reader, product_ids: Sequence[str]) -> dict[str, bytes]:
        """What is remembered of the states last published, by id."""
        rows = await reader.all(select(published).where(among(published.c.product_id, product_ids)))
        return {row["product_id"]: row["hash"] for row in rows}

    async def remember(self, tx: Transaction, hashes: Mapping[str, bytes]) -> None:
        """Remembers what is published now."""
        await tx.execute(_REMEMBER, {"ids": list(hashes), "hashes": list(hashes.values())})

    async def raise_versions(
        self, tx: Transaction, product_ids: Sequence[str], now_ms: int
    ) -> dict[str, int]:
        """Gives products a new version; versions by id."""
        rows = await tx.all(_RAISE, {"ids": list(product_ids), "now": now_ms})
        return {row["id"]: row["version"] for row in rows}

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> Sequence[str]:
        """Ids in order, their rows locked."""
        statement = select(product.c.id).order_by(product.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(product.c.id > after_id)
        return await tx.scalars(statement)

    async def add_placeholders(
        self, tx: Transaction, ids: Sequence[str], keys: Sequence[tuple[str, str]], now_ms: int
    ) -> Sequence[str]:
        """Products that something names before the ERP sent them; returns the ids that are new."""
        sources, external_ids = [source for source, _ in keys], [key for _, key in keys]
        params = {"ids": list(ids), "sources": sources, "keys": external_ids, "version": now_ms}
        return await tx.scalars(_PLACEHOLDERS, params)

    async def page(
        self,
        reader: Reader,
        wanted: Mapping[str, str | None],
        words: Sequence[str],
        after_id: str | None,
        limit: int,
    ) -> Sequence[RowMapping]:
        """Products by id with their titles, one more than `limit`; `wanted` are equalities on columns."""
        statement = select(product, listing.c.title, listing.c.sellable)
        statement = statement.join(listing, listing.c.product_id == product.c.id, isouter=True)
        statement = statement.order_by(product.c.id).limit(limit + 1)
        for name, value in wanted.items():
            if value is not None:
                statement = statement.where(product.c[name] == value)
        for word in words:
            statement = statement.where(
                listing.c.title.icontains(word, autoescape=True)
                | product.c.external_id.icontains(word, autoescape=True)
            )
        if after_id is not None:
            statement = statement.where(product.c.id > after_id)
        return await reader.all(statement)
