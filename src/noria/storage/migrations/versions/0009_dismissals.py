"""Groups of captured samples that were dismissed."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dismissals",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("sample_ids", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_dismissals_function_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dismissals"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dismissals_function_id_id", "dismissals", ["function_id", "id"])


def downgrade() -> None:
    op.drop_table("dismissals")
