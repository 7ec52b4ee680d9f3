"""Several labels for one sample: what people said, what was predicted, and what calls were answered with."""

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function

# Who said it and when stands with the sample; a label without a row here was not spoken of.
tag_annotations = Table(
    "tag_annotations",
    metadata,
    of_function(),
    Column("sample_id", String, ForeignKey("samples.id"), primary_key=True),
    Column("label_id", String, primary_key=True),
    Column("present", Boolean, nullable=False),
    Column("place", Integer, nullable=False),  # in the order in which it was said
    sa.ForeignKeyConstraint(["function_id", "label_id"], ["labels.function_id", "labels.id"]),
    Index(None, "function_id", "label_id", "present"),
)

tag_log = Table(
    "tag_log",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("sample_id", String, nullable=False),  # outlives the sample
    Column("digest", LargeBinary, nullable=False),
    Column(
        "tags", JSON(none_as_null=True)
    ),  # present or absent by label id; null: the annotation was removed
    Column("by", Text, nullable=False),
    Column("source", String),
    Column("at", Time, nullable=False),
    Index(None, "function_id", "id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

tag_predictions = Table(
    "tag_predictions",
    metadata,
    of_function(),
    Column("sample_id", String, ForeignKey("samples.id"), primary_key=True),
    Column("confidences", JSON, nullable=False),  # by label id, those that are gone by now among them
    Index(None, "function_id"),
)

tag_answers = Table(
    "tag_answers",
    metadata,
    of_function(),
    Column("capture_id", String, primary_key=True),
    Column("confidences", JSON, nullable=False),
    Column("present", JSON, nullable=False),  # label ids
    Index(None, "function_id"),
)

tag_thresholds = Table(
    "tag_thresholds",
    metadata,
    of_function(primary_key=True),
    Column("label_id", String, primary_key=True),
    Column("threshold", Double, nullable=False),
    sa.ForeignKeyConstraint(["function_id", "label_id"], ["labels.function_id", "labels.id"]),
)
