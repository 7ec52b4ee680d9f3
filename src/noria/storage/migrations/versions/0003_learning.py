"""Versions, live history and runs."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_live_log_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_live_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_live_log_function_id"), "live_log", ["function_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("heartbeat", Time(), nullable=False),
        sa.Column("ended_at", Time(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_runs_function_id")),
        sa.PrimaryKeyConstraint("seq", name=("pk_runs")),
        sa.UniqueConstraint("id", name=("uq_runs_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_runs_function_id_seq"), "runs", ["function_id", "seq"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("trained_seq", BigId, nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("n_samples", sa.Integer(), nullable=False),
        sa.Column("n_labels", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("train_seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_versions_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_versions")),
        sa.UniqueConstraint("function_id", "number", name=("uq_versions_function_id_number")),
    )
    op.create_table(
        "heads",
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("out_of_fold", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_heads_function_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=("fk_heads_version_id")),
        sa.PrimaryKeyConstraint("version_id", name=("pk_heads")),
    )
    op.create_index(("ix_heads_function_id"), "heads", ["function_id"], unique=False)


def downgrade() -> None:
    op.drop_index(("ix_heads_function_id"), table_name="heads")
    op.drop_table("heads")
    op.drop_table("versions")
    op.drop_index(("ix_runs_function_id_seq"), table_name="runs")
    op.drop_table("runs")
    op.drop_index(("ix_live_log_function_id"), table_name="live_log")
    op.drop_table("live_log")
