"""Every table of catalog: the only place where a column is named."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from chassis.idempotency import idempotency_table
from chassis.revisions import revision_table
from eventing.tables import event_tables
from feeds.tables import feed_tables

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

QUANTITY = Numeric(18, 6)


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _version() -> Column[int]:
    return Column("version", BigInteger, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _code() -> Column[str]:
    return Column("code", Text, nullable=False, unique=True)


def _listed(name: str, comment: str) -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=text("'[]'"), comment=comment)


def _names() -> Column[object]:
    return Column("names", JSONB, nullable=False, server_default=text("'{}'"), comment="by locale")


def _product() -> Column[str]:
    return Column("product_id", Text, ForeignKey("product.id"), primary_key=True)


def _fed(key: str = "external_id") -> list[Column[object]]:
    """Where a row that an ERP feeds comes from (libs/feeds)."""
    return [
        Column("source", Text, nullable=False),
        Column(key, Text(collation="C"), nullable=False),
        Column("scope", Text, nullable=False, server_default=""),
        Column("received", BigInteger, nullable=False, server_default="0"),
        Column("run_id", Text),
        Column("line_number", BigInteger),
    ]


# Owned by the ERP: written by feeds, by nobody else.

product = Table(
    "product",
    metadata,
    _id(),
    *_fed(),
    _version(),
    Column("description", Text),
    Column("brand_id", Text, ForeignKey("brand.id")),
    Column("item_group_id", Text, ForeignKey("item_group.id")),
    Column("base_unit", Text),
    Column("sales_unit", Text),
    Column("packagings", JSONB, comment="[{unit, quantity_in_base_unit, gtin}]"),
    Column("minimum_quantity", QUANTITY),
    Column("quantity_multiple", QUANTITY),
    Column("maximum_quantity", QUANTITY),
    Column("tax_group", Text),
    Column("discount_group", Text),
    Column("lifecycle", Text, nullable=False, server_default="active"),
    Column("superseded_by_id", Text, ForeignKey("product.id")),
    Column("erp_attributes", JSONB),
    _flag("is_charge"),
    _flag("placeholder"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint("lifecycle IN ('active', 'phase_out', 'discontinued')", name="lifecycle"),
    Index(None, "source", "scope"),
    Index(None, "brand_id"),
    Index(None, "item_group_id"),
    Index(None, "superseded_by_id"),
)

published = Table(
    "published",
    metadata,
    _product(),
    Column("hash", LargeBinary, nullable=False, comment="of the state last put into the outbox"),
)

unit = Table(
    "unit",
    metadata,
    _id(),
    *_fed(),
    _version(),
    Column("name", Text),
    Column("rec20_code", Text),
    Column("decimals", Integer),
    _flag("placeholder"),
    _flag("deleted"),
    UniqueConstraint("source", "external_id"),
)

product_code = Table(
    "product_code",
    metadata,
    _id(),
    *_fed("row_key"),
    _version(),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("normalized", Text(collation="C"), nullable=False, comment="capitals, letters and digits only"),
    Column("product_id", Text, ForeignKey("product.id"), nullable=False),
    Column("account_source", Text),
    Column("account_external_id", Text, comment="whose own number it is; null: everybody's"),
    Column("unit", Text),
    _flag("deleted"),
    UniqueConstraint("source", "row_key"),
    CheckConstraint("kind IN ('gtin', 'manufacturer', 'former', 'customer')", name="kind"),
    Index(None, "normalized"),
    Index(None, "product_id"),
)

stock = Table(
    "stock",
    metadata,
    _id(),
    *_fed("row_key"),
    _version(),
    Column("product_id", Text, ForeignKey("product.id"), nullable=False),
    Column("location", Text, nullable=False, server_default=""),
    Column("quantity", QUANTITY, nullable=False, comment="in the product's base unit"),
    Column("as_of", DateTime(timezone=True)),
    _flag("deleted"),
    UniqueConstraint("source", "row_key"),
    Index(None, "product_id"),
)


def _grouping(name: str) -> Table:
    """A code products are grouped by: it appears with the first product that names it."""
    return Table(
        name,
        metadata,
        _id(),
        Column("source", Text, nullable=False),
        Column("external_id", Text(collation="C"), nullable=False),
        _version(),
        _names(),
        UniqueConstraint("source", "external_id"),
    )


brand = _grouping("brand")
item_group = _grouping("item_group")

# The digital layer: written by staff, survives every import.

product_content = Table(
    "product_content",
    metadata,
    _product(),
    _version(),
    Column("family_id", Text, ForeignKey("family.id")),
    Column("variant_group_id", Text),
    Index(None, "family_id"),
)

product_text = Table(
    "product_text",
    metadata,
    _product(),
    Column("locale", Text, primary_key=True),
    Column("title", Text),
    Column("description", Text),
    Column("keywords", Text),
)

category_tree = Table("category_tree", metadata, _id(), _version(), _code(), _names())

category = Table(
    "category",
    metadata,
    _id(),
    _version(),
    Column("tree_id", Text, ForeignKey("category_tree.id"), nullable=False),
    Column("parent_id", Text, ForeignKey("category.id")),
    Column("code", Text, nullable=False),
    _names(),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("path", ARRAY(Text), nullable=False, comment="ids from the root to this one"),
    _flag("deleted"),
    UniqueConstraint("tree_id", "code"),
    Index(None, "parent_id"),
    Index(None, "path", postgresql_using="gin"),
)

product_category = Table(
    "product_category",
    metadata,
    _product(),
    Column("category_id", Text, ForeignKey("category.id"), primary_key=True),
    Index(None, "category_id"),
)

attribute = Table(
    "attribute",
    metadata,
    _id(),
    _version(),
    _code(),
    _names(),
    Column("type", Text, nullable=False),
    Column("unit", Text),
    _flag("localized"),
    _flag("facet"),
    _flag("axis"),
    _flag("deleted"),
    CheckConstraint("type IN ('text', 'number', 'boolean', 'option', 'multi_option', 'date')", name="type"),
)

attribute_option = Table(
    "attribute_option",
    metadata,
    Column("attribute_id", Text, ForeignKey("attribute.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    _names(),
    Column("position", Integer, nullable=False),
)

attribute_value = Table(
    "attribute_value",
    metadata,
    _product(),
    Column("attribute_id", Text, ForeignKey("attribute.id"), primary_key=True),
    Column("locale", Text, primary_key=True, server_default="", comment="empty: every language"),
    Column("ordinal", Integer, primary_key=True, server_default="0"),
    Column("value", Text, nullable=False, comment="text, option code, true/false, date or plain decimal"),
    Column("number", Numeric(24, 6)),
    Column("day", Date),
    Index(None, "attribute_id", "value", "product_id"),
)

family = Table(
    "family",
    metadata,
    _id(),
    _version(),
    _code(),
    _names(),
    Column("attribute_ids", ARRAY(Text), nullable=False, server_default="{}"),
    _listed("requirements", "[{channel, locale, field}]"),
    _flag("deleted"),
)

relation = Table(
    "relation",
    metadata,
    _product(),
    Column("type", Text, primary_key=True),
    Column("target_id", Text, ForeignKey("product.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("origin", Text, nullable=False, server_default="platform"),
    Index(None, "target_id"),
    CheckConstraint(
        "type IN ('accessory', 'spare_part', 'alternative', 'successor', 'cross_sell', 'bundle_part')",
        name="type",
    ),
)

media = Table(
    "media",
    metadata,
    _product(),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    _names(),
    CheckConstraint("kind IN ('image', 'document', 'video')", name="kind"),
)

catalogue = Table(
    "catalogue",
    metadata,
    _id(),
    _version(),
    _code(),
    Column("name", Text, nullable=False),
    _listed("include", "[{target, id}]"),
    _listed("exclude", "[{target, id}]"),
    _flag("deleted"),
)

catalogue_listed = Table(
    "catalogue_listed",
    metadata,
    Column("catalogue_id", Text, ForeignKey("catalogue.id"), primary_key=True),
    Column("product_id", Text, ForeignKey("product.id"), primary_key=True),
    Column("excluded", Boolean, nullable=False),
    Index(None, "product_id"),
)

# Derived: kept by `listings`, can be made again from the tables above.

catalogue_member = Table(
    "catalogue_member",
    metadata,
    Column("catalogue_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Index(None, "product_id"),
)

listing = Table(
    "listing",
    metadata,
    Column("product_id", Text, primary_key=True),
    Column("external_id", Text(collation="C"), nullable=False),
    Column(
        "code", Text(collation="C"), nullable=False, comment="the SKU in capitals, letters and digits only"
    ),
    Column("title", Text, nullable=False),
    Column("sellable", Boolean, nullable=False, comment="no placeholder, no charge, not discontinued"),
    Column(
        "targets",
        ARRAY(Text),
        nullable=False,
        comment="what rules can name it by: itself, brand, item group, its categories up to the root",
    ),
    Column("words", Text, nullable=False, server_default="", comment="md5 of what the document is made of"),
    Column("document", TSVECTOR, nullable=False),
    Index(None, "external_id", "product_id"),
    Index(None, "title", "product_id"),
    Index(None, "code"),
    Index(None, "targets", postgresql_using="gin"),
    Index(None, "document", postgresql_using="gin"),
)

# Copies of others' state, and what every service keeps.
account = Table(
    "account",
    metadata,
    _id(),
    _version(),
    Column("source", Text, nullable=False),
    Column("external_id", Text(collation="C"), nullable=False),
    Index(None, "source", "external_id"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("caller", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text),
    Column("action", Text, nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("request_id", Text),
    Index(None, "object_kind", "object_id"),
)

events = event_tables(metadata)
feeds = feed_tables(metadata)
idempotency_key = idempotency_table(metadata)
revision = revision_table(metadata)
