"""Several labels for one sample."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag_annotations",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_tag_annotations_function_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="fk_tag_annotations_sample_id"),
        sa.ForeignKeyConstraint(
            ["function_id", "label_id"],
            ["labels.function_id", "labels.id"],
            name="fk_tag_annotations_function_id_label_id",
        ),
        sa.PrimaryKeyConstraint("sample_id", "label_id", name="pk_tag_annotations"),
    )
    op.create_index(
        "ix_tag_annotations_function_id_label_id_present",
        "tag_annotations",
        ["function_id", "label_id", "present"],
    )
    op.create_table(
        "tag_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("tags", sa.JSON(none_as_null=True)),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("source", sa.String()),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_tag_log_function_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tag_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tag_log_function_id_id", "tag_log", ["function_id", "id"])
    op.create_table(
        "tag_predictions",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("confidences", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_tag_predictions_function_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="fk_tag_predictions_sample_id"),
        sa.PrimaryKeyConstraint("sample_id", name="pk_tag_predictions"),
    )
    op.create_index("ix_tag_predictions_function_id", "tag_predictions", ["function_id"])
    op.create_table(
        "tag_answers",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("capture_id", sa.String(), nullable=False),
        sa.Column("confidences", sa.JSON(), nullable=False),
        sa.Column("present", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_tag_answers_function_id"),
        sa.PrimaryKeyConstraint("capture_id", name="pk_tag_answers"),
    )
    op.create_index("ix_tag_answers_function_id", "tag_answers", ["function_id"])
    op.create_table(
        "tag_thresholds",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_tag_thresholds_function_id"),
        sa.ForeignKeyConstraint(
            ["function_id", "label_id"],
            ["labels.function_id", "labels.id"],
            name="fk_tag_thresholds_function_id_label_id",
        ),
        sa.PrimaryKeyConstraint("function_id", "label_id", name="pk_tag_thresholds"),
    )


def downgrade() -> None:
    for table in ("tag_thresholds", "tag_answers", "tag_predictions", "tag_log", "tag_annotations"):
        op.drop_table(table)
