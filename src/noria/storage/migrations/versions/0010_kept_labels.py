"""Labels that were looked at again and kept."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import Time

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_labels",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("suggested_label_id", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_kept_labels_function_id"),
        sa.PrimaryKeyConstraint("sample_id", "label_id", "suggested_label_id", name="pk_kept_labels"),
    )
    op.create_index("ix_kept_labels_function_id", "kept_labels", ["function_id"])


def downgrade() -> None:
    op.drop_table("kept_labels")
