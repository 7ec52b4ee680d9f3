"""Samples with a note are found among a million."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NOTED = sa.text("note IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_samples_noted", "samples", ["function_id", "seq"], sqlite_where=_NOTED, postgresql_where=_NOTED
    )


def downgrade() -> None:
    op.drop_index("ix_samples_noted", "samples")
