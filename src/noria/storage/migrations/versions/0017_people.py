"""People with roles, and the audit log."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("seen_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_people"),
    )
    op.create_table(
        "function_roles",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_function_roles_function_id"),
        sa.ForeignKeyConstraint(["name"], ["people.name"], name="fk_function_roles_name"),
        sa.PrimaryKeyConstraint("function_id", "name", name="pk_function_roles"),
    )
    op.create_index("ix_function_roles_name", "function_roles", ["name"])
    op.create_table(
        "audit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at_id", "audit", ["at", "id"])
    op.create_index("ix_audit_function_id", "audit", ["function", "id"])
    op.create_index("ix_annotation_log_at", "annotation_log", ["at"])
    op.create_index("ix_tag_log_at", "tag_log", ["at"])


def downgrade() -> None:
    op.drop_index("ix_tag_log_at", "tag_log")
    op.drop_index("ix_annotation_log_at", "annotation_log")
    op.drop_table("audit")
    op.drop_table("function_roles")
    op.drop_table("people")
