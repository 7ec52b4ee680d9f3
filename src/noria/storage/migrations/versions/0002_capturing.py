"""Captures, the queue and the sums."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "writers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_writers")),
    )
    op.create_table(
        "captures",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=True),
        sa.Column("at", Time(), nullable=False),
        sa.Column("arrived_at", Time(), nullable=False),
        sa.Column("draw", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("key", sa.Double(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("true_label_id", sa.String(), nullable=True),
        sa.Column("settled_at", Time(), nullable=True),
        sa.Column("lapsed", sa.String(), nullable=True),
        sa.Column("lapsed_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_captures_function_id")),
        sa.PrimaryKeyConstraint("seq", name=("pk_captures")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_captures_function_id_at"), "captures", ["function_id", "at"], unique=False)
    op.create_index(
        ("ix_captures_function_id_outcome_key_sample_id"),
        "captures",
        ["function_id", "outcome", "key", "sample_id"],
        unique=False,
    )
    op.create_index(("ix_captures_sample_id_reason"), "captures", ["sample_id", "reason"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("draw", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("captured", sa.Boolean(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_decisions_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_decisions_function_id_id"), "decisions", ["function_id", "id"], unique=False)
    op.create_table(
        "evictions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("kappa", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_evictions_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_evictions")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_evictions_function_id"), "evictions", ["function_id"], unique=False)
    op.create_table(
        "known_sums",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("predicted_label_id", sa.String(), nullable=False),
        sa.Column("true_label_id", sa.String(), nullable=False),
        sa.Column("n", BigId, nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_known_sums_function_id")),
        sa.PrimaryKeyConstraint(
            "function_id", "hour", "version_id", "predicted_label_id", "true_label_id", name=("pk_known_sums")
        ),
    )
    op.create_table(
        "leases",
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("until", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_leases_function_id")),
        sa.PrimaryKeyConstraint("sample_id", name=("pk_leases")),
    )
    op.create_index(("ix_leases_by"), "leases", ["by"], unique=False)
    op.create_index(("ix_leases_function_id"), "leases", ["function_id"], unique=False)
    op.create_table(
        "policy_states",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_policy_states_function_id")),
        sa.PrimaryKeyConstraint("function_id", name=("pk_policy_states")),
    )
    op.create_table(
        "rho_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("rho", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_rho_log_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_rho_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_rho_log_function_id_at"), "rho_log", ["function_id", "at"], unique=False)
    op.create_table(
        "sums",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("n", BigId, nullable=False),
        sa.Column("confidence_sum", sa.Double(), nullable=False),
        sa.Column("confidence_sq_sum", sa.Double(), nullable=False),
        sa.Column("p_sum", sa.Double(), nullable=False),
        sa.Column("bin_00", BigId, nullable=False),
        sa.Column("bin_01", BigId, nullable=False),
        sa.Column("bin_02", BigId, nullable=False),
        sa.Column("bin_03", BigId, nullable=False),
        sa.Column("bin_04", BigId, nullable=False),
        sa.Column("bin_05", BigId, nullable=False),
        sa.Column("bin_06", BigId, nullable=False),
        sa.Column("bin_07", BigId, nullable=False),
        sa.Column("bin_08", BigId, nullable=False),
        sa.Column("bin_09", BigId, nullable=False),
        sa.Column("bin_10", BigId, nullable=False),
        sa.Column("bin_11", BigId, nullable=False),
        sa.Column("bin_12", BigId, nullable=False),
        sa.Column("bin_13", BigId, nullable=False),
        sa.Column("bin_14", BigId, nullable=False),
        sa.Column("bin_15", BigId, nullable=False),
        sa.Column("bin_16", BigId, nullable=False),
        sa.Column("bin_17", BigId, nullable=False),
        sa.Column("bin_18", BigId, nullable=False),
        sa.Column("bin_19", BigId, nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_sums_function_id")),
        sa.PrimaryKeyConstraint("function_id", "hour", "version_id", "label_id", name=("pk_sums")),
    )
    op.create_table(
        "totals",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("invokes", BigId, nullable=False),
        sa.Column("captured", BigId, nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_totals_function_id")),
        sa.PrimaryKeyConstraint("function_id", name=("pk_totals")),
    )
    op.create_table(
        "traffic",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("n", BigId, nullable=False),
        sa.Column("known_n", BigId, nullable=False),
        sa.Column("known_correct", BigId, nullable=False),
        sa.Column("shed", BigId, nullable=False),
        sa.Column("outside", BigId, nullable=False),
        sa.Column("captured", BigId, nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_traffic_function_id")),
        sa.PrimaryKeyConstraint("function_id", "hour", "version_id", name=("pk_traffic")),
    )
    op.create_table(
        "turns",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("served", BigId, nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_turns_function_id")),
        sa.PrimaryKeyConstraint("function_id", "by", name=("pk_turns")),
    )


def downgrade() -> None:
    op.drop_table("turns")
    op.drop_table("traffic")
    op.drop_table("totals")
    op.drop_table("sums")
    op.drop_index(("ix_rho_log_function_id_at"), table_name="rho_log")
    op.drop_table("rho_log")
    op.drop_table("policy_states")
    op.drop_index(("ix_leases_function_id"), table_name="leases")
    op.drop_index(("ix_leases_by"), table_name="leases")
    op.drop_table("leases")
    op.drop_table("known_sums")
    op.drop_index(("ix_evictions_function_id"), table_name="evictions")
    op.drop_table("evictions")
    op.drop_index(("ix_decisions_function_id_id"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_index(("ix_captures_sample_id_reason"), table_name="captures")
    op.drop_index(("ix_captures_function_id_outcome_key_sample_id"), table_name="captures")
    op.drop_index(("ix_captures_function_id_at"), table_name="captures")
    op.drop_table("captures")
    op.drop_table("writers")
