"""Every table of analytics: the only place where a column is named. All are copies and can be rebuilt."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from eventing.tables import event_tables

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
MOMENT = DateTime(timezone=True)

events = event_tables(metadata)


def _copy(name: str, *columns: Column[object]) -> Table:
    """A copy of an aggregate: its id, its version, and what the figures need of it."""
    return Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        Column("version", BigInteger, nullable=False),
        *columns,
        Column("deleted", Boolean, nullable=False, server_default="false"),
    )


account = _copy(
    "account",
    Column("source", Text),
    Column("external_id", Text),
    Column("number", Text),
    Column("customer_group", Text),
    Column("catalogue_id", Text),
    Column("block", Text),
)
member = _copy(
    "member",
    Column("account_id", Text, index=True),
    Column("invited_at", MOMENT),
    Column("first_login_at", MOMENT),
    Column("last_login_on", Date),
)
channel = _copy("channel", Column("code", Text), Column("name", Text))
product = _copy(
    "product",
    Column("external_id", Text),
    Column("category_ids", ARRAY(Text)),
    Column("lifecycle", Text),
    Column("placeholder", Boolean),
    Column("completeness", JSONB(none_as_null=True)),
)
category = _copy("category", Column("code", Text), Column("names", JSONB(none_as_null=True)))
sales_order = _copy(
    "sales_order",
    Column("order_number", Text),
    Column("origin", Text),
    Column("account_id", Text, index=True),
    Column("channel_id", Text),
    Column("ordered_on", Date, index=True),
    Column("currency", Text),
    Column("turnover", Numeric),
)
order_line = Table(
    "order_line",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    Column("product_id", Text, nullable=False, index=True),
    Column("line_amount", Numeric, nullable=False),
    Column("unit", Text),
    Column("quantity", Numeric),
)
order_export = _copy("order_export", Column("connector", Text), Column("state", Text))
feed = _copy(
    "feed",
    Column("service", Text),
    Column("source", Text),
    Column("resource", Text),
    Column("scope", Text),
    Column("mode", Text),
    Column("state", Text),
    Column("counts", JSONB(none_as_null=True)),
    Column("data_as_of", MOMENT),
    Column("finished_at", MOMENT),
)


def _heard(name: str, *columns: Column[object]) -> Table:
    """What notices said; nobody can tell it again once Kafka has forgotten it."""
    table = Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("at", MOMENT, nullable=False),
        Column("user_id", Text),
        Column("account_id", Text),
        Column("channel_id", Text),
        *columns,
    )
    Index(f"ix_{name}_at", table.c.at)
    return table


login = _heard(
    "login", Column("login_id", Text, nullable=False), Column("succeeded", Boolean, nullable=False)
)
search = _heard("search", Column("term", Text, nullable=False), Column("results", Integer, nullable=False))
view = _heard("view", Column("product_id", Text, nullable=False))

price_change = Table(
    "price_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", MOMENT, nullable=False, index=True),
    Column("products", Integer, comment="null: all of them"),
)

listening = Table(
    "listening",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("since", MOMENT, nullable=False, server_default=func.now()),
    comment="one row: since when notices are listened to",
)
