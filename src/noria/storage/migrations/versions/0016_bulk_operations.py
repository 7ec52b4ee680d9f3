"""Labels that were merged, and changes of many samples."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "label_merges",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("into_label_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_label_merges_function_id"),
        sa.PrimaryKeyConstraint("function_id", "label_id", name="pk_label_merges"),
    )
    op.create_table(
        "bulk_changes",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("label_id", sa.String()),
        sa.Column("from_function_id", sa.String()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("after_seq", BigId, nullable=False),
        sa.Column("last_seq", BigId, nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.Column("total", BigId, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("owner", sa.String()),
        sa.Column("heartbeat", Time()),
        sa.Column("ended_at", Time()),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_bulk_changes_function_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_bulk_changes"),
        sa.UniqueConstraint("id", name="uq_bulk_changes_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bulk_changes_function_id_seq", "bulk_changes", ["function_id", "seq"])
    op.create_index("ix_bulk_changes_state", "bulk_changes", ["state"])


def downgrade() -> None:
    op.drop_table("bulk_changes")
    op.drop_table("label_merges")
