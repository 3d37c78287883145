"""Every table of pricing: the only place where a column is named."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.idempotency import idempotency_table
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


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _deleted() -> Column[object]:
    return Column("deleted", Boolean, nullable=False, server_default=text("false"))


def _version() -> Column[object]:
    return Column("version", BigInteger, nullable=False)


agreement = Table(
    "agreement",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column(
        "external_id", Text, nullable=False, comment="of the account or price group; empty for all customers"
    ),
    UniqueConstraint("source", "type", "external_id"),
    CheckConstraint("type IN ('all', 'price_group', 'account')", name="type"),
)

price = Table(
    "price",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column(
        "row_key", Text(collation="C"), nullable=False, comment="the parts that identify a row, as one text"
    ),
    Column("scope", Text, nullable=False, server_default=""),
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("run_id", Text),
    Column("line_number", BigInteger),
    _version(),
    Column("agreement_id", Text, nullable=False),
    Column("target_type", Text, nullable=False),
    Column("target_source", Text),
    Column("target_external_id", Text),
    Column(
        "target_id", Text, comment="product id, group:<source>:<code> or *; null until the product is known"
    ),
    Column("kind", Text, nullable=False),
    Column("unit", Text, comment="null: the product's base unit"),
    Column("currency", Text, comment="null: any, for percentages only"),
    Column("base_quantity", Numeric(18, 6), nullable=False, server_default="1"),
    Column("min_quantity", Numeric(18, 6), nullable=False, server_default="0"),
    Column("valid_from", Date),
    Column("valid_to", Date, comment="the last day, inclusive"),
    _moment("starts_at"),
    _moment("ends_at"),
    Column("value", Numeric(18, 6), nullable=False),
    _deleted(),
    UniqueConstraint("source", "row_key"),
    CheckConstraint("kind IN ('gross', 'net', 'discount_percent')", name="kind"),
    CheckConstraint("target_type IN ('product', 'discount_group', 'all')", name="target_type"),
    Index("ix_price_lookup", "agreement_id", "target_id", postgresql_where=text("NOT deleted")),
    Index(
        "ix_price_unresolved",
        "target_source",
        "target_external_id",
        postgresql_where=text("target_id IS NULL"),
    ),
    Index("ix_price_target", "target_external_id"),
)

price_policy = Table(
    "price_policy",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _version(),
    Column("precedence", Text, nullable=False),
    Column("overlap", Text, nullable=False),
    CheckConstraint("id = 1", name="single"),
    CheckConstraint("precedence IN ('most_specific', 'lowest')", name="precedence"),
    CheckConstraint("overlap IN ('latest', 'lowest')", name="overlap"),
)

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    _version(),
    Column("source", Text, comment="null: only its users are known so far"),
    Column("external_id", Text),
    Column("customer_group", Text),
    Column("price_group", Text),
    Column("catalogue_id", Text),
    Column("currency", Text),
    _deleted(),
    Index(None, "source", "external_id"),
)

member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True, comment="the user's id"),
    _version(),
    Column("account_id", Text, comment="null: deleted before it was ever seen"),
    Column("role_id", Text),
    _deleted(),
    Index(None, "account_id"),
)

role = Table(
    "role",
    metadata,
    Column("id", Text, primary_key=True),
    _version(),
    Column("code", Text),
    _deleted(),
)

product = Table(
    "product",
    metadata,
    Column("id", Text, primary_key=True),
    _version(),
    Column("source", Text),
    Column("external_id", Text),
    Column("base_unit", Text),
    Column("sales_unit", Text),
    Column(
        "units", JSONB, nullable=False, server_default=text("'{}'"), comment="unit → quantity in base units"
    ),
    Column("discount_group", Text),
    Column("brand_id", Text),
    Column("item_group_id", Text),
    _deleted(),
    Index(None, "source", "external_id"),
    Index(None, "brand_id"),
    Index(None, "item_group_id"),
)

category = Table(
    "category",
    metadata,
    Column("id", Text, primary_key=True),
    _version(),
    Column("code", Text),
    _deleted(),
)

visibility_rule = Table(
    "visibility_rule",
    metadata,
    Column("id", Text, primary_key=True),
    _version(),
    Column("effect", Text, nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("owner_id", Text, nullable=False, comment="an id; of a customer group its code"),
    Column("targets", JSONB, nullable=False),
    Column("note", Text),
    _deleted(),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("effect IN ('also', 'only', 'hide')", name="effect"),
    CheckConstraint("owner_kind IN ('customer_group', 'account', 'role', 'user')", name="owner_kind"),
    Index(None, "owner_kind", "owner_id"),
)

audience = Table(
    "audience",
    metadata,
    Column("id", Text, primary_key=True),
    _version(),
    Column("catalogue_id", Text),
    Column("customer_group", Text),
    Column("role_id", Text, nullable=False),
    Column("account_id", Text, comment="only where the account has rules of its own"),
    Column("user_id", Text, comment="only where the user has rules of his own"),
    Column("entries", JSONB(none_as_null=True), comment="also, only, hide; null until compiled"),
    Index(None, "customer_group"),
    Index(None, "role_id"),
    Index(None, "account_id"),
    Index(None, "user_id"),
)

principal = Table(
    "principal",
    metadata,
    Column("id", Text, primary_key=True, comment="the user's id"),
    _version(),
    Column("audience_id", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    _deleted(),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    _moment("at", nullable=False),
    Column("caller", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text),
    Column("action", Text, nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("request_id", Text),
    Index(None, "object_kind", "object_id"),
)

idempotency_key = idempotency_table(metadata)
events = event_tables(metadata)
feeds = feed_tables(metadata)
