"""Every table of order_export: the only place where a column is named."""

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
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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

OPEN_STATES = "('READY', 'CLAIMED', 'SENDING', 'UNKNOWN', 'RECONCILING')"


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _created() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


cart = Table(
    "cart",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("name", Text),
    Column("visibility", Text, nullable=False),
    Column("ship_to_id", Text),
    Column("customer_reference", Text),
    Column("requested_delivery_date", Date),
    Column("order_id", Text, comment="the order it became; such a cart is no longer shown"),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
    CheckConstraint("visibility IN ('private', 'account')", name="visibility"),
    Index("ix_cart_open", "account_id", "id", postgresql_where=text("order_id IS NULL AND NOT deleted")),
)

cart_line = Table(
    "cart_line",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cart_id", Text, ForeignKey("cart.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("client_line_id", Text),
    Column("product_id", Text, nullable=False),
    Column("unit", Text),
    Column("quantity", Numeric(18, 6), nullable=False),
    UniqueConstraint("cart_id", "client_line_id"),
    Index(None, "cart_id", "position"),
)

account_lock = Table(
    "account_lock",
    metadata,
    Column("account_id", Text, primary_key=True),
    comment="order_export's own row per account: what placing locks, never the projection's",
)

order_number = Sequence("order_number", metadata=metadata, data_type=BigInteger, start=100_001)

sales_order = Table(
    "sales_order",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_number", Text, nullable=False, unique=True),
    Column("version", BigInteger, nullable=False),
    Column(
        "changed_by",
        BigInteger,
        nullable=False,
        server_default=text("(pg_current_xact_id()::text)::bigint"),
        comment="transaction that last changed it: the change feed goes by it, in commit order",
    ),
    Column("origin", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("account_external_id", Text, nullable=False),
    Column("placed_by", Text),
    Column("on_behalf_of", Text, comment="whom placed_by acted for, where somebody else acted"),
    Column("channel_id", Text),
    _moment("ordered_at", nullable=False),
    Column("ordered_on", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("customer_reference", Text),
    Column("requested_delivery_date", Date),
    Column("status", Text, nullable=False),
    Column("erp_order_numbers", ARRAY(Text), nullable=False, server_default="{}"),
    Column("sell_to", JSONB, nullable=False),
    Column("bill_to", JSONB(none_as_null=True)),
    Column("ship_to", JSONB, nullable=False),
    Column("ship_to_id", Text),
    Column("payment_terms", Text),
    Column("delivery_terms", Text),
    Column("tax_status", Text, nullable=False),
    Column("taxes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("charges", JSONB, nullable=False, server_default=text("'[]'")),
    Column("total", Numeric(18, 4), nullable=False),
    Column("line_count", Integer, nullable=False),
    CheckConstraint("origin IN ('platform', 'erp')", name="origin"),
    Index(None, "account_id", "id"),
    Index(None, "changed_by", "id"),
    Index("ix_sales_order_erp_order_numbers", "erp_order_numbers", postgresql_using="gin"),
    Index("ix_sales_order_waiting", "account_id", postgresql_where=text("status = 'received'")),
)

order_line = Table(
    "order_line",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("sales_order.id"), nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("description", Text),
    Column("unit", Text, nullable=False),
    Column("quantity", Numeric(18, 6), nullable=False),
    Column("price_unit", Text, nullable=False, comment="net_price is per base_quantity of this unit"),
    Column("base_quantity", Numeric(18, 6), nullable=False),
    Column("net_price", Numeric(18, 6), nullable=False),
    Column("gross_price", Numeric(18, 6)),
    Column("discount_percent", Numeric(7, 4)),
    Column("line_amount", Numeric(18, 4), nullable=False),
    Column("tax_group", Text),
    Column("evidence", JSONB, nullable=False),
    UniqueConstraint("order_id", "line_number"),
)

order_history = Table(
    "order_history",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("sales_order.id"), nullable=False),
    _moment("at", nullable=False),
    Column("kind", Text, nullable=False),
    Column("erp_event_id", Text, comment="the ERP's own id of the event, where it is the ERP's"),
    Column("details", JSONB(none_as_null=True)),
    Index(None, "order_id", "id"),
)

connector = Table(
    "connector",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("deduplicates_by_order_number", Boolean, nullable=False),
    Column("looks_up", Boolean, nullable=False),
    Column("lease_seconds", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("push", JSONB(none_as_null=True), comment="address, method, auth, mapping, lookup"),
    Column("secret", LargeBinary, comment="encrypted"),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
    CheckConstraint("protocol IN ('pull', 'push')", name="protocol"),
    Index("uq_connector_code", "code", unique=True, postgresql_where=text("NOT deleted")),
    Index(
        "uq_connector_active_source", "source", unique=True, postgresql_where=text("active AND NOT deleted")
    ),
)

order_export = Table(
    "order_export",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("order_id", Text, ForeignKey("sales_order.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("connector_id", Text, ForeignKey("connector.id"), comment="null: none served the source yet"),
    Column("kind", Text, nullable=False),
    Column("sequence", Integer, nullable=False, comment="counts the exports of one order"),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    _moment("lease_until"),
    _moment("next_attempt_at", nullable=False),
    Column("erp_order_number", Text),
    Column("reasons", JSONB(none_as_null=True)),
    _created(),
    _moment("updated_at", nullable=False),
    UniqueConstraint("order_id", "sequence"),
    CheckConstraint("kind IN ('order', 'change', 'cancellation')", name="kind"),
    Index(
        "ix_order_export_open",
        "connector_id",
        "state",
        "id",
        postgresql_where=text(f"state IN {OPEN_STATES}"),
    ),
    Index("ix_order_export_unassigned", "source", postgresql_where=text("connector_id IS NULL")),
    Index(None, "state", "id"),
)

export_step = Table(
    "export_step",
    metadata,
    Column("id", Text, primary_key=True),
    Column("export_id", Text, ForeignKey("order_export.id"), nullable=False),
    _moment("at", nullable=False),
    Column("event", Text, nullable=False),
    Column("state", Text, nullable=False, comment="after the event"),
    Column("attempt", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("by", Text, comment="who: client, staff member or worker"),
    Column("details", JSONB(none_as_null=True)),
    Index(None, "export_id", "id"),
    comment="the evidence of an export: what happened, in order, never changed",
)

order_response = Table(
    "order_response",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False, comment="the ERP's own event id"),
    Column("scope", Text, nullable=False, server_default=""),
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("run_id", Text),
    Column("line_number", BigInteger, comment="of the import"),
    Column("version", BigInteger, nullable=False),
    Column("order_number", Text),
    Column("erp_order_number", Text),
    Column("kind", Text, nullable=False),
    _moment("occurred_at", nullable=False),
    Column("order_line_number", Integer, comment="null: the whole order"),
    Column("quantity", Numeric(18, 6)),
    Column("unit", Text),
    Column("product", Text, comment="SKU, for what was substituted or added"),
    Column("net_price", Numeric(18, 6)),
    Column("line_amount", Numeric(18, 4)),
    Column("schedules", JSONB(none_as_null=True)),
    Column("text", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    Column("order_id", Text, comment="null: it matches no order yet"),
    UniqueConstraint("source", "external_id"),
    Index(None, "order_id", postgresql_where=text("order_id IS NOT NULL")),
    Index(
        "ix_order_response_unresolved",
        "source",
        "erp_order_number",
        postgresql_where=text("order_id IS NULL"),
    ),
)

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("source", Text),
    Column("external_id", Text),
    Column("number", Text),
    Column("block", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    comment="projection of accounts.account",
)

user = Table(
    "account_user",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("account_id", Text),
    Column("status", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    comment="projection of accounts.user",
)

product = Table(
    "product",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("source", Text),
    Column("external_id", Text),
    Column("lifecycle", Text),
    Column("superseded_by_id", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    Index(None, "source", "external_id"),
    comment="projection of catalog.product",
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

events = event_tables(metadata)
feeds = feed_tables(metadata)
idempotency_key = idempotency_table(metadata)
