"""Second opinions, known answers, and how items were met."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import Time

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opinions",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("label_id", sa.String(), nullable=True),
        sa.Column("other_by", sa.Text(), nullable=True),
        sa.Column("other_label_id", sa.String(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=True),
        sa.Column("suggested_label_id", sa.String(), nullable=True),
        sa.Column("suggested_confidence", sa.Double(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", Time(), nullable=True),
        sa.Column("settled_label_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_opinions_function_id"),
        sa.PrimaryKeyConstraint("sample_id", "kind", "by", name="pk_opinions"),
    )
    op.create_index("ix_opinions_function_id_kind_at", "opinions", ["function_id", "kind", "at"])
    op.create_table(
        "second_asks",
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("first_by", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_second_asks_function_id"),
        sa.PrimaryKeyConstraint("sample_id", name="pk_second_asks"),
    )
    op.create_index("ix_second_asks_function_id_at", "second_asks", ["function_id", "at"])


def downgrade() -> None:
    op.drop_table("second_asks")
    op.drop_table("opinions")
