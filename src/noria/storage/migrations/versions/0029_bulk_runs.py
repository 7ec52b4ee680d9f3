"""Runs of `noria bulk-invoke`, for people who follow them."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("began_at", Time(), nullable=False),
        sa.Column("seen_at", Time(), nullable=False),
        sa.Column("ended_at", Time(), nullable=True),
        sa.Column("done", BigId, nullable=False),
        sa.Column("total", BigId, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_bulk_runs_function_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_bulk_runs"),
        sa.UniqueConstraint("id", name="uq_bulk_runs_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bulk_runs_function_id_seq", "bulk_runs", ["function_id", "seq"])


def downgrade() -> None:
    op.drop_table("bulk_runs")
