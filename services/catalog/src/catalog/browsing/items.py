"""The JSON of a product as channels see it, prices aside, built by PostgreSQL."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from collections.abc import Sequence

from catalog.audiences.models import Audience
from catalog.audiences.predicate import Statement, visible

_TEXT = """(SELECT t.{0} FROM product_text t
    WHERE t.product_id = p.id AND t.locale = ANY({1}) AND t.{0} IS NOT NULL
    ORDER BY array_position({1}, t.locale) LIMIT 1)"""

AVAILABILITY = """(SELECT json_build_object('quantity', trim_scale(sum(s.quantity))::text,
    'unit', p.base_unit, 'as_of', to_char(min(s.as_of) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM stock s WHERE s.product_id = p.id AND NOT s.deleted HAVING count(*) > 0)"""

ORDER_TERMS = """json_build_object('minimum', trim_scale(p.minimum_quantity)::text,
    'multiple', trim_scale(p.quantity_multiple)::text, 'maximum', trim_scale(p.maximum_quantity)::text)"""

UNITS = """coalesce((SELECT json_agg(json_build_object('unit', e.unit, 'quantity_in_base_unit',
    trim_scale(e.quantity_in_base_unit)::text, 'gtin', e.gtin, 'decimals', coalesce(u.decimals, 0)))
    FROM jsonb_to_recordset(p.packagings) AS e (unit text, quantity_in_base_unit numeric, gtin text)
    LEFT JOIN unit u ON u.source = p.source AND u.external_id = e.unit), '[]'::json)"""


def localized(column: str, locales: str) -> str:
    """A text of the product in the first of the locales that has it."""
    return _TEXT.format(column, locales)


def named(column: str, locales: str) -> str:
    """The name in a by-locale column, in the first of the locales that has one."""
    return f"(SELECT {column}->>wanted FROM unnest({locales}) AS wanted WHERE {column} ? wanted LIMIT 1)"


def item(statement: Statement, locales: Sequence[str], *, availability: bool) -> str:
    """A JSON object over `product p`."""
    chain = f"{statement.bind(list(locales))}::text[]"
    stock = f", 'availability', {AVAILABILITY}" if availability else ""
    return f"""json_build_object('type', 'product', 'id', p.id, 'external_id', p.external_id,
    'title', coalesce({localized("title", chain)}, p.description, p.external_id),
    'brand', (SELECT json_build_object('id', b.id, 'name', coalesce({named("b.names", chain)}, b.external_id))
        FROM brand b WHERE b.id = p.brand_id),
    'category_ids', coalesce((SELECT json_agg(pc.category_id ORDER BY pc.category_id)
        FROM product_category pc WHERE pc.product_id = p.id), '[]'::json),
    'base_unit', p.base_unit, 'sales_unit', coalesce(p.sales_unit, p.base_unit), 'units', {UNITS},
    'order_terms', {ORDER_TERMS}, 'lifecycle', p.lifecycle,
    'image', (SELECT m.url FROM media m WHERE m.product_id = p.id AND m.kind = 'image'
        ORDER BY m.position LIMIT 1)
    {stock})"""


def details(statement: Statement, audience: Audience, locales: Sequence[str]) -> str:
    """The further fields of one product's page, as a JSON object over `product p`."""
    chain = f"{statement.bind(list(locales))}::text[]"
    option = f"coalesce({named('o.names', chain)}, v.value)"
    return f"""json_build_object('description', {localized("description", chain)},
    'item_group_id', p.item_group_id, 'superseded_by_id', (SELECT s.product_id FROM listing s
        WHERE s.product_id = p.superseded_by_id AND {visible(statement, audience, "s")}),
    'attributes', coalesce((SELECT json_agg(json_build_object('code', a.code,
            'label', coalesce({named("a.names", chain)}, a.code), 'type', a.type, 'unit', a.unit,
            'values', a.found) ORDER BY a.code)
        FROM (SELECT a.id, a.code, a.names, a.type, a.unit, json_agg(json_build_object('value', v.value,
                'label', {option}) ORDER BY v.ordinal) AS found
            FROM attribute_value v JOIN attribute a ON a.id = v.attribute_id AND NOT a.deleted
            LEFT JOIN attribute_option o ON o.attribute_id = v.attribute_id AND o.code = v.value
            WHERE v.product_id = p.id AND (v.locale = '' OR v.locale = (
                SELECT best.locale FROM attribute_value best WHERE best.product_id = v.product_id
                    AND best.attribute_id = v.attribute_id AND best.locale = ANY({chain})
                ORDER BY array_position({chain}, best.locale) LIMIT 1))
            GROUP BY a.id, a.code, a.names, a.type, a.unit) a), '[]'::json))"""


def media(statement: Statement, locales: Sequence[str]) -> str:
    """The media links of a product, as a JSON list over `product p`."""
    chain = f"{statement.bind(list(locales))}::text[]"
    return f"""coalesce((SELECT json_agg(json_build_object('kind', m.kind, 'url', m.url,
        'label', {named("m.names", chain)}) ORDER BY m.position)
        FROM media m WHERE m.product_id = p.id), '[]'::json)"""
