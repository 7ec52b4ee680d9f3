"""Calls by cell of the embedding."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cells",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("made_at", Time(), nullable=False),
        sa.Column("n_samples", sa.Integer(), nullable=False),
        sa.Column("arrays", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_cells_function_id"),
        sa.PrimaryKeyConstraint("function_id", name="pk_cells"),
    )
    op.create_table(
        "cell_sums",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", BigId, nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_cell_sums_function_id"),
        sa.PrimaryKeyConstraint("function_id", "hour", "cell", name="pk_cell_sums"),
    )
    op.add_column("captures", sa.Column("cell", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("captures", "cell")
    op.drop_table("cell_sums")
    op.drop_table("cells")
