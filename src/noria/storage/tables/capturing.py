"""What invokes leave behind: captures, the queue's state, and sums over all of them."""

from sqlalchemy import JSON, Boolean, Column, Double, Index, Integer, LargeBinary, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.sums import BINS
from noria.storage.tables.base import metadata, of_function, order

captures = Table(
    "captures",
    metadata,
    order(),
    Column("id", String, nullable=False),
    of_function(),
    Column("sample_id", String, nullable=False),  # outlives the sample
    Column("version_id", String),
    Column("at", Time, nullable=False),
    Column("arrived_at", Time, nullable=False),  # rho logged after this counts for its reach
    Column("draw", Double, nullable=False),
    Column("weight", Double, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("key", Double, nullable=False),
    Column("parts", JSON, nullable=False),
    Column("reason", String),  # the strongest
    Column("rules", JSON(none_as_null=True)),  # names of the users' rules that held
    Column("label_id", String, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("outcome", String, nullable=False),
    Column("true_label_id", String),
    Column("settled_at", Time),
    Column("lapsed", String),  # what it is without a label, once it has expired or was evicted
    Column("lapsed_at", Time),
    Column("cell", Integer),  # of the embedding; null before the function had cells
    Column("passed_at", Time),  # from when on rho goes by the others, as people left it lying
    Index("ix_captures_turn", "function_id", "outcome", "passed_at", "key", "sample_id"),
    Index(None, "function_id", "outcome", "seq"),
    Index("ix_captures_waiting", "function_id", "outcome", "at", "sample_id"),
    Index(None, "function_id", "at"),
    Index(None, "function_id", "settled_at"),
    Index(None, "sample_id", "reason"),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    Column("sample_id", String, primary_key=True),
    of_function(),
    Column("by", Text, nullable=False),
    Column("until", Time, nullable=False),
    Index(None, "function_id"),
    Index(None, "by"),
)

turns = Table(
    "turns",
    metadata,
    of_function(primary_key=True),
    Column("by", Text, primary_key=True),
    Column("served", BigId, nullable=False),
)

rho_log = Table(
    "rho_log",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("at", Time, nullable=False),
    Column("rho", Double),  # null: infinite, nothing was open
    Index(None, "function_id", "at"),
    sqlite_autoincrement=True,
)

evictions = Table(
    "evictions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("at", Time, nullable=False),
    Column("kappa", Double, nullable=False),
    Index(None, "function_id"),
    sqlite_autoincrement=True,
)

# In keys of sums, version_id is "" where answers were zero-shot: a key column can't be null.
sums = Table(
    "sums",
    metadata,
    of_function(primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("version_id", String, primary_key=True),
    Column("label_id", String, primary_key=True),
    Column("n", BigId, nullable=False),
    Column("confidence_sum", Double, nullable=False),
    Column("confidence_sq_sum", Double, nullable=False),
    Column("p_sum", Double, nullable=False),
    *(Column(f"bin_{i:02}", BigId, nullable=False) for i in range(BINS)),
)

traffic = Table(
    "traffic",
    metadata,
    of_function(primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("version_id", String, primary_key=True),
    Column("n", BigId, nullable=False),
    Column("known_n", BigId, nullable=False),
    Column("known_correct", BigId, nullable=False),
    Column("shed", BigId, nullable=False),
    Column("outside", BigId, nullable=False),
    Column("captured", BigId, nullable=False),
)

known_sums = Table(
    "known_sums",
    metadata,
    of_function(primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("version_id", String, primary_key=True),
    Column("predicted_label_id", String, primary_key=True),
    Column("true_label_id", String, primary_key=True),
    Column("n", BigId, nullable=False),
    *(Column(f"bin_{i:02}", BigId, nullable=False, server_default="0") for i in range(BINS)),
)

cells = Table(  # regions of the embedding space, by which calls are counted
    "cells",
    metadata,
    of_function(primary_key=True),
    Column("first", Integer, nullable=False),  # their numbers begin here: none is ever given twice
    Column("n", Integer, nullable=False),
    Column("encoder", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("n_samples", Integer, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)

cell_sums = Table(
    "cell_sums",
    metadata,
    of_function(primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("n", BigId, nullable=False),
)

totals = Table(
    "totals",
    metadata,
    of_function(primary_key=True),
    Column("invokes", BigId, nullable=False),
    Column("captured", BigId, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("at", Time, nullable=False),
    Column("draw", Double, nullable=False),
    Column("weight", Double, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("captured", Boolean, nullable=False),
    Column("version_id", String),
    Index(None, "function_id", "id"),
    sqlite_autoincrement=True,
)

sample_aliases = Table(  # ids that callers were given of captures that turned out to be copies
    "sample_aliases",
    metadata,
    Column("id", String, primary_key=True),
    of_function(),
    Column("sample_id", String, nullable=False),
    Index(None, "function_id"),
    Index(None, "sample_id"),
)

writers = Table(  # the last batch of each capture writer, so that a retry never adds twice
    "writers",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", BigId, nullable=False),
)

policy_states = Table(
    "policy_states",
    metadata,
    of_function(primary_key=True),
    Column("state", JSON, nullable=False),
    Column("at", Time, nullable=False),
)

dismissals = Table(  # groups of captured samples that people did not want to be shown
    "dismissals",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("at", Time, nullable=False),
    Column("by", String, nullable=False),
    Column("sample_ids", JSON, nullable=False),
    Index(None, "function_id", "id"),
    sqlite_autoincrement=True,
)
