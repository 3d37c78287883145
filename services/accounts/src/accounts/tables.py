"""Every table of accounts: the only place where a column is named."""

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


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _created() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _fed() -> list[Column[object]]:
    """Where a row that an ERP feeds comes from (libs/feeds)."""
    return [
        Column("source", Text, nullable=False),
        Column("external_id", Text, nullable=False),
        Column("scope", Text, nullable=False, server_default=""),
        Column("received", BigInteger, nullable=False, server_default="0"),
        Column("run_id", Text),
        Column("line_number", BigInteger),
    ]


account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    *_fed(),
    Column("version", BigInteger, nullable=False),
    Column("number", Text),
    Column("name", Text),
    Column("country", Text),
    Column("customer_group", Text),
    Column("price_group", Text),
    Column("discount_group", Text),
    Column("payment_terms", Text),
    Column("delivery_terms", Text),
    Column("currency", Text),
    Column("tax_group", Text),
    Column("parent_external_id", Text),
    Column("parent_account_id", Text, comment="null until the account above is known"),
    Column("erp_block", Text, nullable=False, server_default="none"),
    Column("platform_block", Text, nullable=False, server_default="none"),
    Column("own_catalogue_id", Text),
    Column("catalogue_id", Text),
    Column("erp_attributes", JSONB),
    Column("placeholder", Boolean, nullable=False, server_default=text("false")),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
    UniqueConstraint("source", "external_id"),
    CheckConstraint("erp_block IN ('none', 'orders', 'access')", name="erp_block"),
    CheckConstraint("platform_block IN ('none', 'orders', 'access')", name="platform_block"),
    Index(None, "customer_group"),
    Index(None, "source", "parent_external_id"),
)

address = Table(
    "address",
    metadata,
    Column("id", Text, primary_key=True),
    *_fed(),
    Column("version", BigInteger, nullable=False),
    Column("account_source", Text, nullable=False),
    Column("account_external_id", Text, nullable=False),
    Column("account_id", Text, ForeignKey("account.id")),
    Column("bill_to", Boolean, nullable=False, server_default=text("false")),
    Column("ship_to", Boolean, nullable=False, server_default=text("true")),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    Column("name", Text),
    Column("attention", Text),
    Column("street", Text),
    Column("postal_code", Text),
    Column("city", Text),
    Column("region", Text),
    Column("country", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("source", "external_id"),
    Index(None, "account_id"),
)

catalogue_assignment = Table(
    "catalogue_assignment",
    metadata,
    Column("customer_group", Text, primary_key=True, comment="empty: every group without an own row"),
    Column("catalogue_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
)

role = Table(
    "role",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("sees_prices", Boolean, nullable=False),
    Column("sees_stock", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("kind", "code"),
    CheckConstraint("kind IN ('user', 'staff')", name="kind"),
)

login = Table(
    "login",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True, comment="lower case"),
    Column("name", Text),
    Column("password_hash", Text),
    Column("locale", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
)

member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True, comment="the user's id"),
    *_fed(),
    Column("version", BigInteger, nullable=False),
    Column("login_id", Text, ForeignKey("login.id"), nullable=False),
    Column("name", Text, comment="as the account knows the person; the login has its own"),
    Column("account_source", Text),
    Column("account_external_id", Text),
    Column("account_id", Text, ForeignKey("account.id")),
    Column("role_id", Text, ForeignKey("role.id"), nullable=False),
    Column("managed_by", Text, nullable=False, server_default="platform"),
    Column("sees_prices", Boolean, nullable=False, server_default=text("true")),
    Column("sees_stock", Boolean, nullable=False, server_default=text("true")),
    _moment("invited_at"),
    _moment("first_login_at"),
    Column("last_login_on", Date),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
    UniqueConstraint("source", "external_id"),
    Index(
        "uq_member_login_account",
        "login_id",
        "account_id",
        unique=True,
        postgresql_where=text("NOT deleted"),
    ),
    Index(None, "account_id"),
    Index(None, "role_id"),
    CheckConstraint("managed_by IN ('erp', 'platform')", name="managed_by"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("login_id", Text, ForeignKey("login.id"), nullable=False),
    Column("role_id", Text, ForeignKey("role.id"), nullable=False),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
    Index("uq_staff_login", "login_id", unique=True, postgresql_where=text("NOT deleted")),
)

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("code", Text, nullable=False, unique=True, comment="the client_id of OAuth"),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("source", Text, nullable=False),
    Column("other_sources", ARRAY(Text), nullable=False, server_default="{}"),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
)

channel = Table(
    "channel",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", ARRAY(Text), nullable=False, server_default="{}"),
    Column("secret_hash", LargeBinary, comment="null: a public client"),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    _created(),
)

one_time_token = Table(
    "one_time_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("login_id", Text, ForeignKey("login.id"), nullable=False),
    _moment("expires_at", nullable=False),
    _moment("used_at"),
    Index(None, "login_id"),
)

reset_request = Table(
    "reset_request",
    metadata,
    Column("email", Text, primary_key=True, comment="as it was asked for, whether a login has it or not"),
    _created(),
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True, comment="the refresh family"),
    Column("login_id", Text, ForeignKey("login.id"), nullable=False),
    Column("caller", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="user or staff id"),
    Column("channel_id", Text),
    Column("generation", Integer, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    _moment("rotated_at", nullable=False),
    _moment("expires_at", nullable=False),
    _moment("revoked_at"),
    Index(None, "login_id"),
    Index(None, "subject"),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("id", Text, primary_key=True, comment="kid"),
    Column("public_key", JSONB, nullable=False),
    Column("private_key", LargeBinary, nullable=False, comment="encrypted with the token secret"),
    _moment("signs_from", nullable=False),
    _moment("signs_until", nullable=False),
    _created(),
)

revocation = Table(
    "revocation",
    metadata,
    Column("id", Text, primary_key=True, comment="kind:subject"),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("not_before", BigInteger, nullable=False, comment="milliseconds"),
    Index(None, "not_before"),
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
    Column("before", JSONB),
    Column("after", JSONB),
    Column("request_id", Text),
    Index(None, "object_kind", "object_id"),
)

mail = Table(
    "mail",
    metadata,
    Column("id", Text, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("values", JSONB, nullable=False),
    _created(),
    _moment("next_attempt_at", nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    _moment("sent_at"),
    Index("ix_mail_waiting", "next_attempt_at", postgresql_where=text("sent_at IS NULL")),
)

catalogue = Table(
    "catalogue",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("code", Text),
    Column("name", Text),
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
)

events = event_tables(metadata)
feeds = feed_tables(metadata)
idempotency_key = idempotency_table(metadata)
