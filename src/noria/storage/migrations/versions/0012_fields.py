"""Fields of table functions, and the values of their samples."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fields",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_fields_function_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_fields"),
        sa.UniqueConstraint("id", name="uq_fields_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fields_function_id_seq", "fields", ["function_id", "seq"])
    op.add_column("samples", sa.Column("field_values", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("samples") as batch:
        batch.drop_column("field_values")
    op.drop_table("fields")
