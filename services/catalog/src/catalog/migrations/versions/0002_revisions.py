"""Counters of changes: what the answers kept in memory are kept under."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WATCHED = {
    "shown": (
        "attribute",
        "attribute_option",
        "attribute_value",
        "brand",
        "catalogue_member",
        "category",
        "listing",
        "media",
        "product",
        "product_category",
        "product_content",
        "product_text",
        "relation",
        "unit",
    ),
    "stock": ("stock",),
    "codes": ("account", "product_code"),
}


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "connection", sa.Integer(), autoincrement=False, nullable=False, comment="the backend's pid"
        ),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "connection", name=op.f("pk_revision")),
    )
    op.execute(
        """CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO revision (kind, connection, changes) VALUES (TG_ARGV[0], pg_backend_pid(), 1)
    ON CONFLICT (kind, connection) DO UPDATE SET changes = revision.changes + 1;
    RETURN NULL;
END $$"""
    )
    for kind, tables in _WATCHED.items():
        for table in tables:
            op.execute(
                f"CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION count_change('{kind}')"
            )
