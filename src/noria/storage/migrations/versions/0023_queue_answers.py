"""What people answered in the queue, so that they can see it and take it back."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_answers",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("label_ids", sa.JSON(), nullable=False),
        sa.Column("sample_ids", sa.JSON(), nullable=False),
        sa.Column("grouped", sa.Boolean(), nullable=False),
        sa.Column("taken_back_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_queue_answers_function_id"),
        sa.PrimaryKeyConstraint("id", name="pk_queue_answers"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_queue_answers_function_id_by_key", "queue_answers", ["function_id", "by", "key"], unique=True
    )
    op.create_index("ix_queue_answers_function_id_by_id", "queue_answers", ["function_id", "by", "id"])


def downgrade() -> None:
    op.drop_table("queue_answers")
