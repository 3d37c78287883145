"""Everything the foundation of pricing stores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE receive_sequence AS bigint")
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True, comment="null: only its users are known so far"),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("customer_group", sa.Text(), nullable=True),
        sa.Column("price_group", sa.Text(), nullable=True),
        sa.Column("catalogue_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_source_external_id"), "account", ["source", "external_id"], unique=False)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "external_id",
            sa.Text(),
            nullable=False,
            comment="of the account or price group; empty for all customers",
        ),
        sa.CheckConstraint("type IN ('all', 'price_group', 'account')", name=op.f("ck_agreement_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint(
            "source", "type", "external_id", name=op.f("uq_agreement_source_type_external_id")
        ),
    )
    op.create_table(
        "audience",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("catalogue_id", sa.Text(), nullable=True),
        sa.Column("customer_group", sa.Text(), nullable=True),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column(
            "account_id", sa.Text(), nullable=True, comment="only where the account has rules of its own"
        ),
        sa.Column("user_id", sa.Text(), nullable=True, comment="only where the user has rules of his own"),
        sa.Column(
            "entries",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="also, only, hide; null until compiled",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience")),
    )
    op.create_index(op.f("ix_audience_account_id"), "audience", ["account_id"], unique=False)
    op.create_index(op.f("ix_audience_customer_group"), "audience", ["customer_group"], unique=False)
    op.create_index(op.f("ix_audience_role_id"), "audience", ["role_id"], unique=False)
    op.create_index(op.f("ix_audience_user_id"), "audience", ["user_id"], unique=False)
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
        "category",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
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
        "member",
        sa.Column("id", sa.Text(), nullable=False, comment="the user's id"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True, comment="null: deleted before it was ever seen"),
        sa.Column("role_id", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
    )
    op.create_index(op.f("ix_member_account_id"), "member", ["account_id"], unique=False)
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
        "price",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "row_key",
            sa.Text(collation="C"),
            nullable=False,
            comment="the parts that identify a row, as one text",
        ),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("target_type", sa.Text(), nullable=False),
        sa.Column("target_source", sa.Text(), nullable=True),
        sa.Column("target_external_id", sa.Text(), nullable=True),
        sa.Column(
            "target_id",
            sa.Text(),
            nullable=True,
            comment="product id, group:<source>:<code> or *; null until the product is known",
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True, comment="null: the product's base unit"),
        sa.Column("currency", sa.Text(), nullable=True, comment="null: any, for percentages only"),
        sa.Column("base_quantity", sa.Numeric(precision=18, scale=6), server_default="1", nullable=False),
        sa.Column("min_quantity", sa.Numeric(precision=18, scale=6), server_default="0", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="the last day, inclusive"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("value", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind IN ('gross', 'net', 'discount_percent')", name=op.f("ck_price_kind")),
        sa.CheckConstraint(
            "target_type IN ('product', 'discount_group', 'all')", name=op.f("ck_price_target_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
        sa.UniqueConstraint("source", "row_key", name=op.f("uq_price_source_row_key")),
    )
    op.create_index(
        "ix_price_lookup",
        "price",
        ["agreement_id", "target_id"],
        unique=False,
        postgresql_where=sa.text("NOT deleted"),
    )
    op.create_index("ix_price_target", "price", ["target_external_id"], unique=False)
    op.create_index(
        "ix_price_unresolved",
        "price",
        ["target_source", "target_external_id"],
        unique=False,
        postgresql_where=sa.text("target_id IS NULL"),
    )
    op.create_table(
        "price_policy",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("precedence", sa.Text(), nullable=False),
        sa.Column("overlap", sa.Text(), nullable=False),
        sa.CheckConstraint("overlap IN ('latest', 'lowest')", name=op.f("ck_price_policy_overlap")),
        sa.CheckConstraint(
            "precedence IN ('most_specific', 'lowest')", name=op.f("ck_price_policy_precedence")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_price_policy_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_policy")),
    )
    op.create_table(
        "principal",
        sa.Column("id", sa.Text(), nullable=False, comment="the user's id"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("audience_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("base_unit", sa.Text(), nullable=True),
        sa.Column("sales_unit", sa.Text(), nullable=True),
        sa.Column(
            "units",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="unit → quantity in base units",
        ),
        sa.Column("discount_group", sa.Text(), nullable=True),
        sa.Column("brand_id", sa.Text(), nullable=True),
        sa.Column("item_group_id", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    op.create_index(op.f("ix_product_brand_id"), "product", ["brand_id"], unique=False)
    op.create_index(op.f("ix_product_item_group_id"), "product", ["item_group_id"], unique=False)
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
        "role",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
    )
    op.create_table(
        "visibility_rule",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False, comment="an id; of a customer group its code"),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("effect IN ('also', 'only', 'hide')", name=op.f("ck_visibility_rule_effect")),
        sa.CheckConstraint(
            "owner_kind IN ('customer_group', 'account', 'role', 'user')",
            name=op.f("ck_visibility_rule_owner_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visibility_rule")),
    )
    op.create_index(
        op.f("ix_visibility_rule_owner_kind_owner_id"),
        "visibility_rule",
        ["owner_kind", "owner_id"],
        unique=False,
    )
    op.execute(
        "INSERT INTO price_policy (id, version, precedence, overlap) VALUES (1, 1, 'most_specific', 'latest')"
    )
