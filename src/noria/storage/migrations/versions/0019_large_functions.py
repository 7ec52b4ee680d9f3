"""Large functions: the database keeps the counts of samples itself, and the queue is read along its indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEY = "function_id, staged, label_id, annotated, predicted, predicted_by"
_KINDS = "staged, annotation_label_id, annotated_at, prediction_label_id, prediction_version_id"


def upgrade() -> None:
    op.create_table(
        "sample_counts",
        sa.Column("function_id", sa.String(), nullable=False),
        sa.Column("staged", sa.Boolean(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("annotated", sa.Boolean(), nullable=False),
        sa.Column("predicted", sa.Boolean(), nullable=False),
        sa.Column("predicted_by", sa.Boolean(), nullable=False),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name="fk_sample_counts_function_id"),
        sa.PrimaryKeyConstraint(*_KEY.split(", "), name="pk_sample_counts"),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(
        f"INSERT INTO sample_counts ({_KEY}, n) SELECT {_kind('samples')}, count(*) FROM samples GROUP BY 1, 2, 3, 4, 5, 6"
    )
    for statement in _on_sqlite() if on_sqlite else _on_postgresql():
        op.execute(statement)
    op.drop_index("ix_samples_counts", "samples")
    op.drop_index("ix_captures_function_id_outcome_key_sample_id", "captures")
    op.create_index(
        "ix_captures_turn", "captures", ["function_id", "outcome", "passed_at", "key", "sample_id"]
    )
    op.create_index("ix_captures_function_id_outcome_seq", "captures", ["function_id", "outcome", "seq"])
    op.create_index("ix_captures_waiting", "captures", ["function_id", "outcome", "at", "sample_id"])
    op.create_index("ix_captures_function_id_settled_at", "captures", ["function_id", "settled_at"])


def downgrade() -> None:
    op.drop_index("ix_captures_function_id_settled_at", "captures")
    op.drop_index("ix_captures_waiting", "captures")
    op.drop_index("ix_captures_function_id_outcome_seq", "captures")
    op.drop_index("ix_captures_turn", "captures")
    op.create_index(
        "ix_captures_function_id_outcome_key_sample_id",
        "captures",
        ["function_id", "outcome", "key", "sample_id"],
    )
    op.create_index(
        "ix_samples_counts",
        "samples",
        ["function_id", "staged", "annotation_label_id", "prediction_label_id"],
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for change in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER samples_counted_{change}" + ("" if on_sqlite else " ON samples"))
    if not on_sqlite:
        op.execute("DROP FUNCTION count_samples")
    op.drop_table("sample_counts")


def _kind(row: str) -> str:
    """What of a sample is counted by."""
    present = ("annotated_at", "prediction_label_id", "prediction_version_id")
    marks = ", ".join(f"{row}.{column} IS NOT NULL" for column in present)
    return f"{row}.function_id, {row}.staged, coalesce({row}.annotation_label_id, ''), {marks}"


def _on_sqlite() -> list[str]:
    def counted(row: str, n: int) -> str:
        return (
            f"INSERT INTO sample_counts ({_KEY}, n) VALUES ({_kind(row)}, {n}) "
            f"ON CONFLICT ({_KEY}) DO UPDATE SET n = n + excluded.n;"
        )

    moved = f"({_kind('OLD')}) IS NOT ({_kind('NEW')})"
    return [
        f"CREATE TRIGGER samples_counted_insert AFTER INSERT ON samples BEGIN {counted('NEW', 1)} END",
        f"CREATE TRIGGER samples_counted_update AFTER UPDATE OF {_KINDS} ON samples WHEN {moved} "
        f"BEGIN {counted('OLD', -1)} {counted('NEW', 1)} END",
        f"CREATE TRIGGER samples_counted_delete AFTER DELETE ON samples BEGIN {counted('OLD', -1)} END",
    ]


def _on_postgresql() -> list[str]:
    """Once a statement, not once a row: each change of a count leaves a dead row behind."""

    def changed(*parts: str) -> str:
        return (
            f"INSERT INTO sample_counts ({_KEY}, n) SELECT {_KEY}, sum(d) FROM ({' UNION ALL '.join(parts)}) "
            f"AS changed ({_KEY}, d) GROUP BY {_KEY} HAVING sum(d) <> 0 "
            f"ON CONFLICT ({_KEY}) DO UPDATE SET n = sample_counts.n + excluded.n;"
        )

    more, fewer = f"SELECT {_kind('added')}, 1 FROM added", f"SELECT {_kind('gone')}, -1 FROM gone"
    body = (
        f"IF TG_OP = 'INSERT' THEN {changed(more)} "
        f"ELSIF TG_OP = 'DELETE' THEN {changed(fewer)} "
        f"ELSE {changed(more, fewer)} END IF; RETURN NULL;"
    )
    of = {
        "insert": "NEW TABLE AS added",
        "update": "OLD TABLE AS gone NEW TABLE AS added",
        "delete": "OLD TABLE AS gone",
    }
    return [
        f"CREATE FUNCTION count_samples() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        *(
            f"CREATE TRIGGER samples_counted_{change} AFTER {change.upper()} ON samples REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_samples()"
            for change, tables in of.items()
        ),
    ]
