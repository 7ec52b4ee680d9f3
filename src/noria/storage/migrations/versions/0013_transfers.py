"""Imports and exports that go on by themselves."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.Column("total", BigId),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("owner", sa.String()),
        sa.Column("heartbeat", Time()),
        sa.Column("ended_at", Time()),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_transfers_function_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_transfers"),
        sa.UniqueConstraint("id", name="uq_transfers_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_transfers_function_id_seq", "transfers", ["function_id", "seq"])
    op.create_index("ix_transfers_state", "transfers", ["state"])


def downgrade() -> None:
    op.drop_table("transfers")
