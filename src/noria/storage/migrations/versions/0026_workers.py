"""Which workers there are, and the runs that are under way without a walk over all of them."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import Time

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

_UNDER_WAY = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("seen_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_index(
        "ix_runs_under_way", "runs", ["function_id"], sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY
    )


def downgrade() -> None:
    op.drop_index("ix_runs_under_way", "runs")
    op.drop_table("workers")
