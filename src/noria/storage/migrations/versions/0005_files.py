"""Samples whose content is a file."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("samples", sa.Column("media_type", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("samples", "media_type")
