"""What a function hides in texts before anything of them is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("functions", sa.Column("redaction", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("functions", "redaction")
