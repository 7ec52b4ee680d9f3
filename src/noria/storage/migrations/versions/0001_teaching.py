"""Projects, functions, labels, samples and annotations."""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=("pk_projects")),
        sa.UniqueConstraint("id", name=("uq_projects_id")),
        sa.UniqueConstraint("is_default", name=("uq_projects_is_default")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "functions",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("input", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("capture", sa.JSON(), nullable=False),
        sa.Column("decision_threshold", sa.Double(), nullable=False),
        sa.Column("live_version_id", sa.String(), nullable=True),
        sa.Column("wanted_seq", BigId, server_default="0", nullable=False),
        sa.Column("done_seq", BigId, server_default="0", nullable=False),
        sa.Column("changed_seq", BigId, server_default="0", nullable=False),
        sa.Column("wanted_since", Time(), nullable=True),
        sa.Column("wanted_last", Time(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=("fk_functions_project_id")),
        sa.PrimaryKeyConstraint("seq", name=("pk_functions")),
        sa.UniqueConstraint("id", name=("uq_functions_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "annotation_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=True),
        sa.Column("previous_label_id", sa.String(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_annotation_log_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_annotation_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        ("ix_annotation_log_function_id_id"), "annotation_log", ["function_id", "id"], unique=False
    )
    op.create_index(("ix_annotation_log_sample_id"), "annotation_log", ["sample_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_feedback_function_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_feedback")),
        sqlite_autoincrement=True,
    )
    op.create_index(("ix_feedback_function_id_id"), "feedback", ["function_id", "id"], unique=False)
    op.create_table(
        "labels",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("metadata", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_labels_function_id")),
        sa.PrimaryKeyConstraint("seq", name=("pk_labels")),
        sa.UniqueConstraint("function_id", "id", name=("uq_labels_function_id_id")),
        sa.UniqueConstraint("function_id", "name", name=("uq_labels_function_id_name")),
        sa.UniqueConstraint("id", name=("uq_labels_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "samples",
        sa.Column("seq", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("staged", sa.Boolean(), nullable=False),
        sa.Column("brought", sa.Boolean(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("metadata", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("annotation_label_id", sa.String(), nullable=True),
        sa.Column("annotated_at", Time(), nullable=True),
        sa.Column("annotated_by", sa.Text(), nullable=True),
        sa.Column("annotation_source", sa.String(), nullable=True),
        sa.Column("prediction_label_id", sa.String(), nullable=True),
        sa.Column("prediction_confidence", sa.Double(), nullable=True),
        sa.Column("prediction_version_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["function_id", "annotation_label_id"],
            ["labels.function_id", "labels.id"],
            name=("fk_samples_function_id_annotation_label_id"),
        ),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=("fk_samples_function_id")),
        sa.PrimaryKeyConstraint("seq", name=("pk_samples")),
        sa.UniqueConstraint("function_id", "digest", name=("uq_samples_function_id_digest")),
        sa.UniqueConstraint("id", name=("uq_samples_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_samples_annotated",
        "samples",
        ["function_id", "seq"],
        unique=False,
        sqlite_where=sa.text("annotation_label_id IS NOT NULL"),
        postgresql_where=sa.text("annotation_label_id IS NOT NULL"),
    )
    op.create_index(
        "ix_samples_annotation_label",
        "samples",
        ["function_id", "annotation_label_id", "seq"],
        unique=False,
        sqlite_where=sa.text("annotation_label_id IS NOT NULL"),
        postgresql_where=sa.text("annotation_label_id IS NOT NULL"),
    )
    op.create_index(
        "ix_samples_counts",
        "samples",
        ["function_id", "staged", "annotation_label_id", "prediction_label_id"],
        unique=False,
    )
    op.create_index(
        "ix_samples_external",
        "samples",
        ["function_id", "external_id"],
        unique=False,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        ("ix_samples_function_id_prediction_label_id_staged_seq"),
        "samples",
        ["function_id", "prediction_label_id", "staged", "seq"],
        unique=False,
    )
    op.create_index(
        ("ix_samples_function_id_staged_prediction_version_id"),
        "samples",
        ["function_id", "staged", "prediction_version_id"],
        unique=False,
    )
    op.create_index(
        ("ix_samples_function_id_staged_seq"), "samples", ["function_id", "staged", "seq"], unique=False
    )
    op.create_table(
        "embeddings",
        sa.Column("sample_seq", BigId, autoincrement=False, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sample_seq"], ["samples.seq"], name=("fk_embeddings_sample_seq")),
        sa.PrimaryKeyConstraint("sample_seq", name=("pk_embeddings")),
    )
    op.create_table(
        "sample_set_members",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("sample_set_id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["function_id"], ["functions.id"], name=("fk_sample_set_members_function_id")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=("fk_sample_set_members_sample_id")),
        sa.PrimaryKeyConstraint("sample_set_id", "sample_id", name=("pk_sample_set_members")),
    )
    op.create_index(
        ("ix_sample_set_members_function_id"), "sample_set_members", ["function_id"], unique=False
    )
    op.create_index(("ix_sample_set_members_sample_id"), "sample_set_members", ["sample_id"], unique=False)


def downgrade() -> None:
    op.drop_index(("ix_sample_set_members_sample_id"), table_name="sample_set_members")
    op.drop_index(("ix_sample_set_members_function_id"), table_name="sample_set_members")
    op.drop_table("sample_set_members")
    op.drop_table("embeddings")
    op.drop_index(("ix_samples_function_id_staged_seq"), table_name="samples")
    op.drop_index(("ix_samples_function_id_staged_prediction_version_id"), table_name="samples")
    op.drop_index(("ix_samples_function_id_prediction_label_id_staged_seq"), table_name="samples")
    op.drop_index(
        "ix_samples_external",
        table_name="samples",
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.drop_index("ix_samples_counts", table_name="samples")
    op.drop_index(
        "ix_samples_annotation_label",
        table_name="samples",
        sqlite_where=sa.text("annotation_label_id IS NOT NULL"),
        postgresql_where=sa.text("annotation_label_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_samples_annotated",
        table_name="samples",
        sqlite_where=sa.text("annotation_label_id IS NOT NULL"),
        postgresql_where=sa.text("annotation_label_id IS NOT NULL"),
    )
    op.drop_table("samples")
    op.drop_table("labels")
    op.drop_index(("ix_feedback_function_id_id"), table_name="feedback")
    op.drop_table("feedback")
    op.drop_index(("ix_annotation_log_sample_id"), table_name="annotation_log")
    op.drop_index(("ix_annotation_log_function_id_id"), table_name="annotation_log")
    op.drop_table("annotation_log")
    op.drop_table("functions")
    op.drop_table("projects")
