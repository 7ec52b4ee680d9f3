"""Notes that people leave on samples."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("samples", sa.Column("note", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("samples", "note")
