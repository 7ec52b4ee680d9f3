"""What people bring: projects, functions, labels, samples and their annotations."""

import sqlalchemy as sa
from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, LargeBinary, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function, order

_ANNOTATED = sa.text("annotation_label_id IS NOT NULL")
_EXTERNAL = sa.text("external_id IS NOT NULL")
_NOTED = sa.text("note IS NOT NULL")
_CURRENT = sa.text("current")

projects = Table(
    "projects",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("is_default", Boolean, unique=True),  # true for one, null for the others
    sqlite_autoincrement=True,
)

functions = Table(
    "functions",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    Column("project_id", String, ForeignKey("projects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("input", String, nullable=False),
    Column("output", String, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("capture", JSON, nullable=False),
    Column("redaction", JSON(none_as_null=True)),  # null: nothing is hidden
    Column("decision_threshold", Double, nullable=False),
    Column("live_version_id", String),
    Column("pinned_version_id", String),  # the live one, while it is to stay live
    Column("wanted_seq", BigId, nullable=False, server_default="0"),
    Column("done_seq", BigId, nullable=False, server_default="0"),
    Column("changed_seq", BigId, nullable=False, server_default="0"),
    Column("wanted_since", Time),
    Column("wanted_last", Time),
    sqlite_autoincrement=True,
)

labels = Table(
    "labels",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("metadata", JSON(none_as_null=True)),
    Column("created_at", Time, nullable=False),
    sa.UniqueConstraint("function_id", "name"),
    sa.UniqueConstraint("function_id", "id"),
    sqlite_autoincrement=True,
)

label_merges = Table(  # a label that is gone, and the one that it is by now
    "label_merges",
    metadata,
    of_function(primary_key=True),
    Column("label_id", String, primary_key=True),
    Column("into_label_id", String, nullable=False),  # outlives the label
    Column("name", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Time, nullable=False),
)

fields = Table(  # of table functions
    "fields",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("name", Text, nullable=False),
    Column("type", String, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("deleted", Boolean, nullable=False),  # its slot in stored embeddings stays
    Index(None, "function_id", "seq"),
    sqlite_autoincrement=True,
)

samples = Table(
    "samples",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("data", Text, nullable=False),  # empty where the content is a file; of a row, as people read it
    Column("field_values", JSON(none_as_null=True)),  # of a row, by field id
    Column("media_type", String),  # of the file, null for a text
    Column("digest", LargeBinary, nullable=False),
    Column("origin", String, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("staged", Boolean, nullable=False),
    Column("brought", Boolean, nullable=False),  # added by somebody, not only captured
    Column("external_id", Text),
    Column("metadata", JSON(none_as_null=True)),
    Column("annotation_label_id", String),
    Column("annotated_at", Time),
    Column("annotated_by", Text),
    Column("annotation_source", String),
    Column("prediction_label_id", String),
    Column("prediction_confidence", Double),
    Column("prediction_version_id", String),
    Column("note", Text),
    sa.UniqueConstraint("function_id", "digest"),
    sa.ForeignKeyConstraint(["function_id", "annotation_label_id"], ["labels.function_id", "labels.id"]),
    Index(None, "function_id", "staged", "seq"),
    Index(None, "function_id", "prediction_label_id", "staged", "seq"),
    Index(None, "function_id", "staged", "prediction_version_id"),
    Index("ix_samples_annotated", "function_id", "seq", sqlite_where=_ANNOTATED, postgresql_where=_ANNOTATED),
    Index(
        "ix_samples_annotation_label",
        "function_id",
        "annotation_label_id",
        "seq",
        sqlite_where=_ANNOTATED,
        postgresql_where=_ANNOTATED,
    ),
    Index("ix_samples_noted", "function_id", "seq", sqlite_where=_NOTED, postgresql_where=_NOTED),
    Index(
        "ix_samples_external",
        "function_id",
        "external_id",
        sqlite_where=_EXTERNAL,
        postgresql_where=_EXTERNAL,
    ),
    sqlite_autoincrement=True,
)

sample_counts = Table(  # kept by triggers on samples, which a rebuilt table would lose
    "sample_counts",
    metadata,
    of_function(primary_key=True),
    Column("staged", Boolean, primary_key=True),
    Column("label_id", String, primary_key=True),  # of the annotation; empty where there is none
    Column("annotated", Boolean, primary_key=True),  # with a label or with tags
    Column("predicted", Boolean, primary_key=True),  # with a label
    Column("predicted_by", Boolean, primary_key=True),  # a version, with a label or with tags
    Column("n", BigId, nullable=False),
)

encoders = Table(  # numbers are never given twice: one of them is one encoder for ever
    "encoders",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("modality", String, nullable=False),
    Column("identity", Text),  # name and checksum; null until the first process has one
    Column("current", Boolean, nullable=False),  # of each modality one is
    Column("complete_upto", BigId, nullable=False),  # samples as far as this place have a vector of it
    Column("begun_at", Time),  # of its re-embedding; null for the first of each modality
    Column("used_at", Time),  # a re-embedding's last sign of life; then when it was replaced
    Column("done", BigId, nullable=False),  # samples that have its vector, of `total`
    Column("total", BigId, nullable=False),
    Column("current_since", Time),
    Index("ix_encoders_current", "modality", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT),
    sqlite_autoincrement=True,
)

embeddings = Table(  # by seq, not id: new ones go to the end of the file, not all over it
    "embeddings",
    metadata,
    Column("sample_seq", BigId, ForeignKey("samples.seq"), primary_key=True, autoincrement=False),
    # No foreign key: PostgreSQL would lock the encoder's row for every vector. A server of an older Noria beside us
    # names none; of what is no text, the worker then makes the vectors anew.
    Column("encoder_id", BigId, primary_key=True, autoincrement=False, server_default="1"),
    Column("vector", LargeBinary, nullable=False),
)

sample_set_members = Table(
    "sample_set_members",
    metadata,
    of_function(),
    Column("sample_set_id", String, primary_key=True),
    Column("sample_id", String, ForeignKey("samples.id"), primary_key=True),
    Index(None, "sample_id"),
    Index(None, "function_id"),
)

annotation_log = Table(
    "annotation_log",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("sample_id", String, nullable=False),  # outlives the sample
    Column("digest", LargeBinary, nullable=False),
    Column("label_id", String),
    Column("previous_label_id", String),
    Column("by", Text, nullable=False),
    Column("source", String),
    Column("at", Time, nullable=False),
    Index(None, "function_id", "id"),
    Index(None, "sample_id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

kept_labels = Table(  # looked at again and kept, against one suggestion
    "kept_labels",
    metadata,
    of_function(),
    Column("sample_id", String, primary_key=True),
    Column("label_id", String, primary_key=True),
    Column("suggested_label_id", String, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Time, nullable=False),
    Index(None, "function_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("sample_id", String, nullable=False),
    Column("label_id", String, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Time, nullable=False),
    Index(None, "function_id", "id"),
    sqlite_autoincrement=True,
)
