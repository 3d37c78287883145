"""Everything the foundation of order_export stores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE receive_sequence AS bigint")
    op.execute("CREATE SEQUENCE order_number AS bigint START WITH 100001")
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("block", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        comment="projection of accounts.account",
    )
    op.create_table(
        "account_lock",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_lock")),
        comment="order_export's own row per account: what placing locks, never the projection's",
    )
    op.create_table(
        "account_user",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_user")),
        comment="projection of accounts.user",
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(
        op.f("ix_audit_object_kind_object_id"), "audit", ["object_kind", "object_id"], unique=False
    )
    op.create_table(
        "cart",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("ship_to_id", sa.Text(), nullable=True),
        sa.Column("customer_reference", sa.Text(), nullable=True),
        sa.Column("requested_delivery_date", sa.Date(), nullable=True),
        sa.Column(
            "order_id",
            sa.Text(),
            nullable=True,
            comment="the order it became; such a cart is no longer shown",
        ),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("visibility IN ('private', 'account')", name=op.f("ck_cart_visibility")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart")),
    )
    op.create_index(
        "ix_cart_open",
        "cart",
        ["account_id", "id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NULL AND NOT deleted"),
    )
    op.create_table(
        "connector",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deduplicates_by_order_number", sa.Boolean(), nullable=False),
        sa.Column("looks_up", sa.Boolean(), nullable=False),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column(
            "push",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="address, method, auth, mapping, lookup",
        ),
        sa.Column("secret", sa.LargeBinary(), nullable=True, comment="encrypted"),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("protocol IN ('pull', 'push')", name=op.f("ck_connector_protocol")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector")),
    )
    op.create_index(
        "uq_connector_active_source",
        "connector",
        ["source"],
        unique=True,
        postgresql_where=sa.text("active AND NOT deleted"),
    )
    op.create_index(
        "uq_connector_code", "connector", ["code"], unique=True, postgresql_where=sa.text("NOT deleted")
    )
    op.create_table(
        "consumer_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lag", sa.BigInteger(), nullable=False),
        sa.Column("progress_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caught_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consumer_state")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("permissions_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "import_profile",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_profile")),
    )
    op.create_index("import_profile_name", "import_profile", ["resource", "name"], unique=True)
    op.create_table(
        "import_result",
        sa.Column("received", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("received", "line_number", name=op.f("pk_import_result")),
    )
    op.create_index(
        "import_result_notable",
        "import_result",
        ["received", "status", "line_number"],
        unique=False,
        postgresql_where=sa.text("status IN ('rejected', 'discontinued', 'skipped_newer')"),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("profile", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("keys_unreadable", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lines_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("staged_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("updated_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unchanged_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("discontinued_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("skipped_newer_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rejected_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("warnings_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unresolved_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("notes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "progress",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cleaned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("received", name=op.f("uq_import_run_received")),
    )
    op.create_index(
        "import_run_history", "import_run", ["resource", "source", "scope", "received"], unique=False
    )
    op.create_index(
        "import_run_open",
        "import_run",
        ["resource", "received"],
        unique=False,
        postgresql_where=sa.text("state IN ('receiving', 'staged', 'validating', 'applying', 'held')"),
    )
    op.create_index(
        "import_run_uncleaned",
        "import_run",
        ["received"],
        unique=False,
        postgresql_where=sa.text("NOT cleaned"),
    )
    op.create_table(
        "import_staging",
        sa.Column("received", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("line_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("warnings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("received", "key", "line_number", name=op.f("pk_import_staging")),
    )
    op.create_table(
        "inbox",
        sa.Column("ce_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("ce_id", name=op.f("pk_inbox")),
    )
    op.create_index("inbox_received_at", "inbox", ["received_at"], unique=False)
    op.create_table(
        "order_response",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False, comment="the ERP's own event id"),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True, comment="of the import"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("erp_order_number", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_line_number", sa.Integer(), nullable=True, comment="null: the whole order"),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True, comment="SKU, for what was substituted or added"),
        sa.Column("net_price", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("line_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("schedules", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True, comment="null: it matches no order yet"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_response")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_order_response_source_external_id")),
    )
    op.create_index(
        op.f("ix_order_response_order_id"),
        "order_response",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(
        "ix_order_response_unresolved",
        "order_response",
        ["source", "erp_order_number"],
        unique=False,
        postgresql_where=sa.text("order_id IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("ce_id", sa.Text(), nullable=False),
        sa.Column("ce_source", sa.Text(), nullable=False),
        sa.Column("ce_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "outbox_unpublished",
        "outbox",
        [sa.literal_column("urgent DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "parked",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("topic", "key", "notice_id", name=op.f("pk_parked")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("lifecycle", sa.Text(), nullable=True),
        sa.Column("superseded_by_id", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        comment="projection of catalog.product",
    )
    op.create_index(op.f("ix_product_source_external_id"), "product", ["source", "external_id"], unique=False)
    op.create_table(
        "relay_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_state")),
    )
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "changed_by",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
            comment="transaction that last changed it: the change feed goes by it, in commit order",
        ),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("account_external_id", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=True),
        sa.Column(
            "on_behalf_of",
            sa.Text(),
            nullable=True,
            comment="whom placed_by acted for, where somebody else acted",
        ),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customer_reference", sa.Text(), nullable=True),
        sa.Column("requested_delivery_date", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("erp_order_numbers", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("sell_to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("bill_to", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("ship_to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ship_to_id", sa.Text(), nullable=True),
        sa.Column("payment_terms", sa.Text(), nullable=True),
        sa.Column("delivery_terms", sa.Text(), nullable=True),
        sa.Column("tax_status", sa.Text(), nullable=False),
        sa.Column(
            "taxes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column(
            "charges", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("origin IN ('platform', 'erp')", name=op.f("ck_sales_order_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("order_number", name=op.f("uq_sales_order_order_number")),
    )
    op.create_index(op.f("ix_sales_order_account_id_id"), "sales_order", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_sales_order_changed_by_id"), "sales_order", ["changed_by", "id"], unique=False)
    op.create_index(
        "ix_sales_order_erp_order_numbers",
        "sales_order",
        ["erp_order_numbers"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_sales_order_waiting",
        "sales_order",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("status = 'received'"),
    )
    op.create_table(
        "cart_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("client_line_id", sa.Text(), nullable=True),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_cart_line_cart_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_line")),
        sa.UniqueConstraint("cart_id", "client_line_id", name=op.f("uq_cart_line_cart_id_client_line_id")),
    )
    op.create_index(op.f("ix_cart_line_cart_id_position"), "cart_line", ["cart_id", "position"], unique=False)
    op.create_table(
        "order_export",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("connector_id", sa.Text(), nullable=True, comment="null: none served the source yet"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="counts the exports of one order"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erp_order_number", sa.Text(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('order', 'change', 'cancellation')", name=op.f("ck_order_export_kind")),
        sa.ForeignKeyConstraint(
            ["connector_id"], ["connector.id"], name=op.f("fk_order_export_connector_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_export_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_export")),
        sa.UniqueConstraint("order_id", "sequence", name=op.f("uq_order_export_order_id_sequence")),
    )
    op.create_index(
        "ix_order_export_open",
        "order_export",
        ["connector_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('READY', 'CLAIMED', 'SENDING', 'UNKNOWN', 'RECONCILING')"),
    )
    op.create_index(op.f("ix_order_export_state_id"), "order_export", ["state", "id"], unique=False)
    op.create_index(
        "ix_order_export_unassigned",
        "order_export",
        ["source"],
        unique=False,
        postgresql_where=sa.text("connector_id IS NULL"),
    )
    op.create_table(
        "order_history",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "erp_event_id",
            sa.Text(),
            nullable=True,
            comment="the ERP's own id of the event, where it is the ERP's",
        ),
        sa.Column("details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_history_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_history")),
    )
    op.create_index(op.f("ix_order_history_order_id_id"), "order_history", ["order_id", "id"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column(
            "price_unit", sa.Text(), nullable=False, comment="net_price is per base_quantity of this unit"
        ),
        sa.Column("base_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("net_price", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("gross_price", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("discount_percent", sa.Numeric(precision=7, scale=4), nullable=True),
        sa.Column("line_amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("tax_group", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "line_number", name=op.f("uq_order_line_order_id_line_number")),
    )
    op.create_table(
        "export_step",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("export_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="after the event"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True, comment="who: client, staff member or worker"),
        sa.Column("details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["export_id"], ["order_export.id"], name=op.f("fk_export_step_export_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_step")),
        comment="the evidence of an export: what happened, in order, never changed",
    )
    op.create_index(op.f("ix_export_step_export_id_id"), "export_step", ["export_id", "id"], unique=False)
