"""Other ids that a sample is found by."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_aliases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_sample_aliases_function_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sample_aliases"),
    )
    op.create_index("ix_sample_aliases_function_id", "sample_aliases", ["function_id"])
    op.create_index("ix_sample_aliases_sample_id", "sample_aliases", ["sample_id"])


def downgrade() -> None:
    op.drop_table("sample_aliases")
