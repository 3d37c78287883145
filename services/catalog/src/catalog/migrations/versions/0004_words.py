"""A listing remembers what its document was made of; empty, it is made again when its product changes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    words = sa.Column(
        "words", sa.Text(), server_default="", nullable=False, comment="md5 of what the document is made of"
    )
    op.add_column("listing", words)
