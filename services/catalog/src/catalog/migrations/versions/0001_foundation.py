"""Everything the foundation of catalog stores."""

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
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_source_external_id"), "account", ["source", "external_id"], unique=False)
    op.create_table(
        "attribute",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("localized", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("facet", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("axis", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'boolean', 'option', 'multi_option', 'date')",
            name=op.f("ck_attribute_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute")),
        sa.UniqueConstraint("code", name=op.f("uq_attribute_code")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(
        op.f("ix_audit_object_kind_object_id"), "audit", ["object_kind", "object_id"], unique=False
    )
    op.create_table(
        "brand",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_brand_source_external_id")),
    )
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "include",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="[{target, id}]",
        ),
        sa.Column(
            "exclude",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="[{target, id}]",
        ),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
        sa.UniqueConstraint("code", name=op.f("uq_catalogue_code")),
    )
    op.create_table(
        "catalogue_member",
        sa.Column("catalogue_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("catalogue_id", "product_id", name=op.f("pk_catalogue_member")),
    )
    op.create_index(op.f("ix_catalogue_member_product_id"), "catalogue_member", ["product_id"], unique=False)
    op.create_table(
        "category_tree",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_tree")),
        sa.UniqueConstraint("code", name=op.f("uq_category_tree_code")),
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
        "family",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.Column("attribute_ids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "requirements",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="[{channel, locale, field}]",
        ),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint("code", name=op.f("uq_family_code")),
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
        "item_group",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_group")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_item_group_source_external_id")),
    )
    op.create_table(
        "listing",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "code",
            sa.Text(collation="C"),
            nullable=False,
            comment="the SKU in capitals, letters and digits only",
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "sellable", sa.Boolean(), nullable=False, comment="no placeholder, no charge, not discontinued"
        ),
        sa.Column(
            "targets",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="what rules can name it by: itself, brand, item group, its categories up to the root",
        ),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_listing")),
    )
    op.create_index(op.f("ix_listing_code"), "listing", ["code"], unique=False)
    op.create_index(
        op.f("ix_listing_document"), "listing", ["document"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_listing_external_id_product_id"), "listing", ["external_id", "product_id"], unique=False
    )
    op.create_index(op.f("ix_listing_targets"), "listing", ["targets"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_listing_title_product_id"), "listing", ["title", "product_id"], unique=False)
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
        "relay_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_state")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C"), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("rec20_code", sa.Text(), nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=True),
        sa.Column("placeholder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_unit_source_external_id")),
    )
    op.create_table(
        "attribute_option",
        sa.Column("attribute_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attribute_id"], ["attribute.id"], name=op.f("fk_attribute_option_attribute_id")
        ),
        sa.PrimaryKeyConstraint("attribute_id", "code", name=op.f("pk_attribute_option")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("tree_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "path", postgresql.ARRAY(sa.Text()), nullable=False, comment="ids from the root to this one"
        ),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id")),
        sa.ForeignKeyConstraint(["tree_id"], ["category_tree.id"], name=op.f("fk_category_tree_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("tree_id", "code", name=op.f("uq_category_tree_id_code")),
    )
    op.create_index(op.f("ix_category_parent_id"), "category", ["parent_id"], unique=False)
    op.create_index(op.f("ix_category_path"), "category", ["path"], unique=False, postgresql_using="gin")
    op.create_table(
        "product",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C"), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("brand_id", sa.Text(), nullable=True),
        sa.Column("item_group_id", sa.Text(), nullable=True),
        sa.Column("base_unit", sa.Text(), nullable=True),
        sa.Column("sales_unit", sa.Text(), nullable=True),
        sa.Column(
            "packagings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="[{unit, quantity_in_base_unit, gtin}]",
        ),
        sa.Column("minimum_quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("quantity_multiple", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("maximum_quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("tax_group", sa.Text(), nullable=True),
        sa.Column("discount_group", sa.Text(), nullable=True),
        sa.Column("lifecycle", sa.Text(), server_default="active", nullable=False),
        sa.Column("superseded_by_id", sa.Text(), nullable=True),
        sa.Column("erp_attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("is_charge", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("placeholder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "published_hash", sa.LargeBinary(), nullable=True, comment="of the state last put into the outbox"
        ),
        sa.CheckConstraint(
            "lifecycle IN ('active', 'phase_out', 'discontinued')", name=op.f("ck_product_lifecycle")
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_product_brand_id")),
        sa.ForeignKeyConstraint(["item_group_id"], ["item_group.id"], name=op.f("fk_product_item_group_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["product.id"], name=op.f("fk_product_superseded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_product_source_external_id")),
    )
    op.create_index(op.f("ix_product_brand_id"), "product", ["brand_id"], unique=False)
    op.create_index(op.f("ix_product_item_group_id"), "product", ["item_group_id"], unique=False)
    op.create_index(op.f("ix_product_source_scope"), "product", ["source", "scope"], unique=False)
    op.create_index(op.f("ix_product_superseded_by_id"), "product", ["superseded_by_id"], unique=False)
    op.create_table(
        "attribute_value",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("attribute_id", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="", nullable=False, comment="empty: every language"),
        sa.Column("ordinal", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "value", sa.Text(), nullable=False, comment="text, option code, true/false, date or plain decimal"
        ),
        sa.Column("number", sa.Numeric(precision=24, scale=6), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attribute_id"], ["attribute.id"], name=op.f("fk_attribute_value_attribute_id")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_attribute_value_product_id")),
        sa.PrimaryKeyConstraint(
            "product_id", "attribute_id", "locale", "ordinal", name=op.f("pk_attribute_value")
        ),
    )
    op.create_index(
        op.f("ix_attribute_value_attribute_id_value_product_id"),
        "attribute_value",
        ["attribute_id", "value", "product_id"],
        unique=False,
    )
    op.create_table(
        "catalogue_listed",
        sa.Column("catalogue_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["catalogue_id"], ["catalogue.id"], name=op.f("fk_catalogue_listed_catalogue_id")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_catalogue_listed_product_id")),
        sa.PrimaryKeyConstraint("catalogue_id", "product_id", name=op.f("pk_catalogue_listed")),
    )
    op.create_index(op.f("ix_catalogue_listed_product_id"), "catalogue_listed", ["product_id"], unique=False)
    op.create_table(
        "media",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by locale",
        ),
        sa.CheckConstraint("kind IN ('image', 'document', 'video')", name=op.f("ck_media_kind")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_media_product_id")),
        sa.PrimaryKeyConstraint("product_id", "position", name=op.f("pk_media")),
    )
    op.create_table(
        "product_category",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_product_category_category_id")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_category_product_id")),
        sa.PrimaryKeyConstraint("product_id", "category_id", name=op.f("pk_product_category")),
    )
    op.create_index(
        op.f("ix_product_category_category_id"), "product_category", ["category_id"], unique=False
    )
    op.create_table(
        "product_code",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(collation="C"), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "normalized", sa.Text(collation="C"), nullable=False, comment="capitals, letters and digits only"
        ),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("account_source", sa.Text(), nullable=True),
        sa.Column(
            "account_external_id",
            sa.Text(),
            nullable=True,
            comment="whose own number it is; null: everybody's",
        ),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('gtin', 'manufacturer', 'former', 'customer')", name=op.f("ck_product_code_kind")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_code_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_code")),
        sa.UniqueConstraint("source", "row_key", name=op.f("uq_product_code_source_row_key")),
    )
    op.create_index(op.f("ix_product_code_normalized"), "product_code", ["normalized"], unique=False)
    op.create_index(op.f("ix_product_code_product_id"), "product_code", ["product_id"], unique=False)
    op.create_table(
        "product_content",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("family_id", sa.Text(), nullable=True),
        sa.Column("variant_group_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_product_content_family_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_content_product_id")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_content")),
    )
    op.create_index(op.f("ix_product_content_family_id"), "product_content", ["family_id"], unique=False)
    op.create_table(
        "product_text",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("keywords", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_text_product_id")),
        sa.PrimaryKeyConstraint("product_id", "locale", name=op.f("pk_product_text")),
    )
    op.create_table(
        "relation",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), server_default="platform", nullable=False),
        sa.CheckConstraint(
            "type IN ('accessory', 'spare_part', 'alternative', 'successor', 'cross_sell', 'bundle_part')",
            name=op.f("ck_relation_type"),
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_relation_product_id")),
        sa.ForeignKeyConstraint(["target_id"], ["product.id"], name=op.f("fk_relation_target_id")),
        sa.PrimaryKeyConstraint("product_id", "type", "target_id", name=op.f("pk_relation")),
    )
    op.create_index(op.f("ix_relation_target_id"), "relation", ["target_id"], unique=False)
    op.create_table(
        "stock",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(collation="C"), nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("line_number", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "quantity",
            sa.Numeric(precision=18, scale=6),
            nullable=False,
            comment="in the product's base unit",
        ),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stock_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock")),
        sa.UniqueConstraint("source", "row_key", name=op.f("uq_stock_source_row_key")),
    )
    op.create_index(op.f("ix_stock_product_id"), "stock", ["product_id"], unique=False)


def downgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_index(op.f("ix_stock_product_id"), table_name="stock")
    op.drop_table("stock")
    op.drop_index(op.f("ix_relation_target_id"), table_name="relation")
    op.drop_table("relation")
    op.drop_table("product_text")
    op.drop_index(op.f("ix_product_content_family_id"), table_name="product_content")
    op.drop_table("product_content")
    op.drop_index(op.f("ix_product_code_product_id"), table_name="product_code")
    op.drop_index(op.f("ix_product_code_normalized"), table_name="product_code")
    op.drop_table("product_code")
    op.drop_index(op.f("ix_product_category_category_id"), table_name="product_category")
    op.drop_table("product_category")
    op.drop_table("media")
    op.drop_index(op.f("ix_catalogue_listed_product_id"), table_name="catalogue_listed")
    op.drop_table("catalogue_listed")
    op.drop_index(op.f("ix_attribute_value_attribute_id_value_product_id"), table_name="attribute_value")
    op.drop_table("attribute_value")
    op.drop_index(op.f("ix_product_superseded_by_id"), table_name="product")
    op.drop_index(op.f("ix_product_source_scope"), table_name="product")
    op.drop_index(op.f("ix_product_item_group_id"), table_name="product")
    op.drop_index(op.f("ix_product_brand_id"), table_name="product")
    op.drop_table("product")
    op.drop_index(op.f("ix_category_path"), table_name="category", postgresql_using="gin")
    op.drop_index(op.f("ix_category_parent_id"), table_name="category")
    op.drop_table("category")
    op.drop_table("attribute_option")
    op.drop_table("unit")
    op.drop_table("relay_state")
    op.drop_table("parked")
    op.drop_index("outbox_unpublished", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_table("outbox")
    op.drop_index(op.f("ix_listing_title_product_id"), table_name="listing")
    op.drop_index(op.f("ix_listing_targets"), table_name="listing", postgresql_using="gin")
    op.drop_index(op.f("ix_listing_external_id_product_id"), table_name="listing")
    op.drop_index(op.f("ix_listing_document"), table_name="listing", postgresql_using="gin")
    op.drop_index(op.f("ix_listing_code"), table_name="listing")
    op.drop_table("listing")
    op.drop_table("item_group")
    op.drop_index("inbox_received_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("import_staging")
    op.drop_index("import_run_uncleaned", table_name="import_run", postgresql_where=sa.text("NOT cleaned"))
    op.drop_index(
        "import_run_open",
        table_name="import_run",
        postgresql_where=sa.text("state IN ('receiving', 'staged', 'validating', 'applying', 'held')"),
    )
    op.drop_index("import_run_history", table_name="import_run")
    op.drop_table("import_run")
    op.drop_index(
        "import_result_notable",
        table_name="import_result",
        postgresql_where=sa.text("status IN ('rejected', 'discontinued', 'skipped_newer')"),
    )
    op.drop_table("import_result")
    op.drop_index("import_profile_name", table_name="import_profile")
    op.drop_table("import_profile")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("family")
    op.drop_table("consumer_state")
    op.drop_table("category_tree")
    op.drop_index(op.f("ix_catalogue_member_product_id"), table_name="catalogue_member")
    op.drop_table("catalogue_member")
    op.drop_table("catalogue")
    op.drop_table("brand")
    op.drop_index(op.f("ix_audit_object_kind_object_id"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("attribute")
    op.drop_index(op.f("ix_account_source_external_id"), table_name="account")
    op.drop_table("account")
