"""Captures that people leave lying."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import Time

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("captures", sa.Column("passed_at", Time(), nullable=True))


def downgrade() -> None:
    op.drop_column("captures", "passed_at")
