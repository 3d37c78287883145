"""Staged rows are cells by position; a run that was under way is sent again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Its rows are staged in the old shape. What it has not applied comes again with the next feed.
_END_WHAT_IS_UNDER_WAY = """
UPDATE import_run SET state = 'failed', finished_at = now(), lease_owner = NULL, lease_until = NULL,
    reason = '{"code": "upgraded", "message": "The platform was upgraded meanwhile; send it again."}'
WHERE state IN ('receiving', 'staged', 'validating', 'held', 'applying')
"""


def upgrade() -> None:
    op.execute(_END_WHAT_IS_UNDER_WAY)
    op.execute("TRUNCATE import_staging")
    op.drop_column("import_staging", "data")
    op.add_column("import_staging", sa.Column("mask", sa.BigInteger(), nullable=False))
    op.add_column("import_staging", sa.Column("deleted", sa.Boolean(), nullable=False))
    cells = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("import_staging", sa.Column("cells", cells, nullable=True))
    op.alter_column("import_result", "external_id", new_column_name="key")
