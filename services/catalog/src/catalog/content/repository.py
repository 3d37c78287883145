"""The digital layer ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.attributes.models import StoredValue
from catalog.content.models import AttributeValues, Content, Media, Relation, Texts
from catalog.tables import (
    attribute,
    attribute_value,
    media,
    product_category,
    product_content,
    product_text,
    relation,
)
from chassis.database import Reader, Transaction

Rows = list[dict[str, Any]]
Values = Mapping[tuple[str, str], Sequence[StoredValue]]
"""Values as they are kept, by attribute id and locale."""


class ContentRepository:
    """Reads a product's whole digital layer and stores the parts that changed."""

    async def find(self, reader: Reader, product_id: str) -> Content:
        """The digital layer; empty, with version 0, where nobody has written any."""
        head = await reader.first(select(product_content).where(product_content.c.product_id == product_id))
        texts = await reader.all(
            select(product_text)
            .where(product_text.c.product_id == product_id)
            .order_by(product_text.c.locale)
        )
        categories = select(product_category.c.category_id).where(product_category.c.product_id == product_id)
        relations = await reader.all(
            select(relation)
            .where(relation.c.product_id == product_id)
            .order_by(relation.c.position, relation.c.type)
        )
        links = await reader.all(
            select(media).where(media.c.product_id == product_id).order_by(media.c.position)
        )
        return Content(
            product_id=product_id,
            version=head["version"] if head else 0,
            family_id=head["family_id"] if head else None,
            variant_group_id=head["variant_group_id"] if head else None,
            texts={row["locale"]: Texts(row["title"], row["description"], row["keywords"]) for row in texts},
            category_ids=tuple(await reader.scalars(categories.order_by(product_category.c.category_id))),
            attributes=await self._attributes(reader, product_id),
            relations=tuple(Relation(row["type"], row["target_id"]) for row in relations),
            media=tuple(Media(row["kind"], row["url"], row["names"]) for row in links),
        )

    async def save(self, tx: Transaction, before: Content, after: Content, values: Values | None) -> None:
        """Stores what differs; `values`: the attribute values as they are kept, None where they stay."""
        head = {
            "product_id": after.product_id,
            "version": after.version,
            "family_id": after.family_id,
            "variant_group_id": after.variant_group_id,
        }
        statement = upsert(product_content).values(head)
        await tx.execute(statement.on_conflict_do_update(index_elements=["product_id"], set_=head))
        parts = (
            (product_text, _text_rows(before), _text_rows(after)),
            (product_category, _category_rows(before), _category_rows(after)),
            (relation, _relation_rows(before), _relation_rows(after)),
            (media, _media_rows(before), _media_rows(after)),
        )
        for table, old, new in parts:
            if new != old:
                await self._replace(tx, table, after, new)
        if values is not None:
            await self._replace(tx, attribute_value, after, _value_rows(values))

    async def _replace(self, tx: Transaction, table: Table, content: Content, rows: Rows) -> None:
        await tx.execute(delete(table).where(table.c.product_id == content.product_id))
        if rows:
            await tx.execute(insert(table), [{"product_id": content.product_id, **row} for row in rows])

    async def _attributes(self, reader: Reader, product_id: str) -> tuple[AttributeValues, ...]:
        statement = (
            select(attribute.c.code, attribute_value.c.locale, attribute_value.c.value)
            .join(attribute, attribute.c.id == attribute_value.c.attribute_id)
            .where(attribute_value.c.product_id == product_id, ~attribute.c.deleted)
            .order_by(attribute.c.code, attribute_value.c.locale, attribute_value.c.ordinal)
        )
        found: dict[tuple[str, str], list[str]] = {}
        for row in await reader.all(statement):
            found.setdefault((row["code"], row["locale"]), []).append(row["value"])
        return tuple(AttributeValues(code, locale, tuple(values)) for (code, locale), values in found.items())


def _text_rows(content: Content) -> Rows:
    return [{"locale": locale, **asdict(texts)} for locale, texts in content.texts.items()]


def _category_rows(content: Content) -> Rows:
    return [{"category_id": category_id} for category_id in content.category_ids]


def _relation_rows(content: Content) -> Rows:
    return [{**asdict(link), "position": place} for place, link in enumerate(content.relations)]


def _media_rows(content: Content) -> Rows:
    return [
        {"kind": link.kind, "url": link.url, "names": dict(link.names), "position": place}
        for place, link in enumerate(content.media)
    ]


def _value_rows(values: Values) -> Rows:
    return [
        {
            "attribute_id": attribute_id,
            "locale": locale,
            "ordinal": place,
            "value": stored.value,
            "number": stored.number,
            "day": stored.day,
        }
        for (attribute_id, locale), kept in values.items()
        for place, stored in enumerate(kept)
    ]
