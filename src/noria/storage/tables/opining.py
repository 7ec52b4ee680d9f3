"""What several people say of one sample."""

from sqlalchemy import Boolean, Column, Double, Index, String, Table, Text

from noria.storage.columns import Time
from noria.storage.tables.base import metadata, of_function

opinions = Table(
    "opinions",
    metadata,
    of_function(),
    Column("sample_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("at", Time),  # null: a known item that was served and is not answered yet
    Column("said", String),
    Column("label_id", String),
    Column("other_by", Text),
    Column("other_label_id", String),
    Column("by_hand", Boolean, nullable=False),
    Column("blind", Boolean),
    Column("suggested_label_id", String),
    Column("suggested_confidence", Double),
    Column("settled_by", Text),
    Column("settled_at", Time),
    Column("settled_label_id", String),
    Index(None, "function_id", "kind", "at"),
)

second_asks = Table(  # annotated samples that wait for a second opinion
    "second_asks",
    metadata,
    Column("sample_id", String, primary_key=True),
    of_function(),
    Column("first_by", Text, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("at", Time, nullable=False),
    Index(None, "function_id", "at"),
)
