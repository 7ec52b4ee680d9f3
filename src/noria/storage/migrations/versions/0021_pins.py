"""A version that stays live whatever is trained."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("functions", sa.Column("pinned_version_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("functions", "pinned_version_id")
