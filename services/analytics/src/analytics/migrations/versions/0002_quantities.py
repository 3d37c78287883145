"""How much was ordered, beside for how much; lines kept before are filled by `analytics rebuild`."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_line", sa.Column("unit", sa.Text(), nullable=True))
    op.add_column("order_line", sa.Column("quantity", sa.Numeric(), nullable=True))
