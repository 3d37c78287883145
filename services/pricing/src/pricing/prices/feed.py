"""How price rows are fed: their fields, what a row must hold together, and what its references lead to."""

from typing import Final

from sqlalchemy import text

from chassis.database import Transaction
from feeds.feed import Changed, Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema
from pricing.prices.arrivals import HOLD_ARRIVALS
from pricing.tables import price

SCHEMA: Final = RowSchema(
    Field(
        name="applies_to_type",
        kind=Kind.ENUM,
        path="applies_to/type",
        choices=("all", "price_group", "account"),
        required=True,
        description="Whom the price is for.",
    ),
    Field(
        name="applies_to",
        kind=Kind.REFERENCE,
        path="applies_to/external_id",
        max_length=64,
        description="The account's or price group's key; absent for all.",
    ),
    Field(
        name="target_type",
        kind=Kind.ENUM,
        path="target/type",
        choices=("product", "discount_group", "all"),
        required=True,
        description="What it is for: gross and net prices are for products, percentages for any.",
    ),
    Field(
        name="target",
        kind=Kind.REFERENCE,
        path="target/external_id",
        max_length=64,
        description="The product's or discount group's key; absent for all.",
    ),
    Field(name="kind", kind=Kind.ENUM, choices=("gross", "net", "discount_percent"), required=True),
    Field(
        name="unit",
        kind=Kind.KEY,
        max_length=32,
        description="Absent: the product's base unit (percentages: any).",
    ),
    Field(name="currency", kind=Kind.CURRENCY, description="May be absent for percentages only."),
    Field(
        name="min_quantity",
        kind=Kind.QUANTITY,
        absent="0",
        description="From this quantity on, in the row's unit; 0 if absent.",
    ),
    Field(name="valid_from", kind=Kind.DATE, description="First day, in the wholesaler's time zone."),
    Field(name="valid_to", kind=Kind.DATE, description="Last day, inclusive."),
    Field(
        name="base_quantity", kind=Kind.QUANTITY, description="The price is for so many units; 1 if absent."
    ),
    Field(name="value", kind=Kind.QUANTITY, required=True, description="A price, or a percentage up to 100."),
    key=(
        "applies_to_type",
        "applies_to",
        "target_type",
        "target",
        "kind",
        "unit",
        "currency",
        "min_quantity",
        "valid_from",
    ),
)

_ERROR: Final = "jsonb_build_array(jsonb_build_object('pointer', '{}', 'code', '{}', 'message', '{}'))"


def _when(condition: str, pointer: str, code: str, message: str) -> str:
    return f"WHEN {condition} THEN {_ERROR.format(pointer, code, message)}"


_CHECKS: Final = " ".join(
    [
        _when(
            "(applies_to_type = 'all') = (applies_to IS NOT NULL)",
            "/applies_to/external_id",
            "reference_mismatch",
            "A row for all names nobody, any other names its account or price group.",
        ),
        _when(
            "(target_type = 'all') = (target IS NOT NULL)",
            "/target/external_id",
            "reference_mismatch",
            "A row about all names nothing, any other names its product or discount group.",
        ),
        _when(
            "kind <> 'discount_percent' AND target_type <> 'product'",
            "/target/type",
            "target_not_supported",
            "Gross and net prices are for products.",
        ),
        _when(
            "kind <> 'discount_percent' AND currency IS NULL",
            "/currency",
            "required",
            "A price has a currency.",
        ),
        _when(
            "kind = 'discount_percent' AND value > 100",
            "/value",
            "out_of_range",
            "A percentage is at most 100.",
        ),
        _when("base_quantity = 0", "/base_quantity", "out_of_range", "It is more than zero."),
        _when("valid_to < valid_from", "/valid_to", "ends_before_it_starts", "It is before valid_from."),
    ]
)
# One pass over the chunk; what an index finds in one step needs no join.
_RESOLVE: Final = """WITH resolved AS (
    UPDATE {chunk} c SET errors = CASE {checks} END,
        agreement_id = {agreement},
        aimed_id = CASE target_type WHEN 'all' THEN '*' WHEN 'product' THEN {product}
            ELSE 'group:' || target_source || ':' || target END,
        unresolved = CASE WHEN applies_to_type = 'account' AND NOT EXISTS (SELECT 1 FROM account a
            WHERE a.source = c.applies_to_source AND a.external_id = c.applies_to)
            THEN {unknown_account} END
    RETURNING errors IS NULL AS good, agreement_id IS NULL AS unagreed, aimed_id IS NULL AS missed)
SELECT coalesce(bool_or(unagreed), false) AS unagreed, coalesce(bool_or(missed), false) AS missed
FROM resolved WHERE good"""

_AGREEMENT: Final = """(SELECT g.id FROM agreement g WHERE g.source = COALESCE(c.applies_to_source, :source)
    AND g.type = c.applies_to_type AND g.external_id = COALESCE(c.applies_to, ''))"""

_PRODUCT: Final = """(SELECT p.id FROM product p WHERE p.source = c.target_source
    AND p.external_id = c.target AND NOT p.deleted LIMIT 1)"""

_UNKNOWN: Final = """jsonb_build_array(jsonb_build_object(
    'pointer', '/{field}/external_id', 'source', {field}_source, 'external_id', {field}))"""

# Ordered by the unique key: two chunks that insert the same agreements wait for each other, never crosswise.
_AGREE: Final = """INSERT INTO agreement (id, source, type, external_id)
SELECT gen_random_uuid()::text, source, type, external_id FROM (
    SELECT DISTINCT COALESCE(applies_to_source, :source) AS source, applies_to_type AS type,
        COALESCE(applies_to, '') AS external_id
    FROM {chunk} WHERE agreement_id IS NULL AND errors IS NULL) new
ORDER BY source, type, external_id ON CONFLICT DO NOTHING"""

_JOIN_AGREEMENTS: Final = """UPDATE {chunk} c SET agreement_id = {agreement}
WHERE agreement_id IS NULL AND errors IS NULL"""

_FIND_PRODUCTS: Final = """UPDATE {chunk} c SET aimed_id = {product}
WHERE aimed_id IS NULL AND errors IS NULL"""

_UNRESOLVED: Final = """UPDATE {chunk} c SET unresolved = {unknown_product} || COALESCE(unresolved, '[]')
WHERE aimed_id IS NULL AND errors IS NULL"""


async def prepare(tx: Transaction, chunk: Chunk) -> None:
    """Refuses rows that contradict themselves, derives agreements and leads references to products."""
    parts = {
        "chunk": chunk.feed.chunk.name,
        "checks": _CHECKS,
        "agreement": _AGREEMENT,
        "product": _PRODUCT,
        "unknown_account": _UNKNOWN.format(field="applies_to"),
        "unknown_product": _UNKNOWN.format(field="target"),
    }
    source = {"source": chunk.source}
    found = await tx.first(text(_RESOLVE.format(**parts)), source)
    assert found is not None, "an aggregate has one row"
    if found["unagreed"]:
        await tx.execute(text(_AGREE.format(**parts)), source)
        await tx.execute(text(_JOIN_AGREEMENTS.format(**parts)), source)
    if found["missed"]:
        # A product that arrives just now would not see our rows, nor we it: wait for it, then look again.
        await tx.scalar(HOLD_ARRIVALS)
        await tx.execute(text(_FIND_PRODUCTS.format(**parts)))
        await tx.execute(text(_UNRESOLVED.format(**parts)))


def price_feed(zone: str, changed: Changed | None = None) -> TableFeed:
    """The feed of price rows; local days become moments in `zone`, an IANA name that exists."""
    return TableFeed(
        resource="prices",
        schema=SCHEMA,
        table=price,
        key_column="row_key",
        columns=(
            FeedColumn(column="agreement_id", field=None, value="c.agreement_id"),
            FeedColumn(column="target_type"),
            FeedColumn(column="target_source", field="target", value="c.target_source"),
            FeedColumn(column="target_external_id", field="target"),
            FeedColumn(column="target_id", field=None, value="c.aimed_id"),
            FeedColumn(column="kind"),
            FeedColumn(column="unit"),
            FeedColumn(column="currency"),
            FeedColumn(column="min_quantity", default="0"),
            FeedColumn(column="valid_from"),
            FeedColumn(column="starts_at", field="valid_from", value=_moment("c.valid_from", zone)),
            FeedColumn(column="valid_to"),
            FeedColumn(column="ends_at", field="valid_to", value=_moment("(c.valid_to + 1)", zone)),
            FeedColumn(column="base_quantity", default="1"),
            FeedColumn(column="value", repriced=True),
        ),
        discontinue=Discontinue(column="deleted"),
        prepared={"agreement_id": "text", "aimed_id": "text"},
        prepare=prepare,
        changed=changed,
    )


def _moment(day: str, zone: str) -> str:
    """SQL for the moment a local day begins."""
    return f"({day}::timestamp AT TIME ZONE '{zone}')"


PRICES: Final = price_feed("UTC")
"""The resource as routes declare it; what is merged is the wiring's, in the wholesaler's time zone."""
