"""Vectors of several encoders side by side, each under its encoder's number.

On PostgreSQL only the rows of images and tables are written; SQLite copies the table, which takes as much disk again
while it does.
"""

import sqlalchemy as sa
from alembic import op

from noria.storage.columns import BigId, Time

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_CURRENT = sa.text("current")
_MODALITIES = {"Text": "encoder", "Image": "encoder Image", "Tabular": None}
"""In the order of their numbers, with the secret that held the name so far."""


def upgrade() -> None:
    op.create_table(
        "encoders",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("modality", sa.String(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("complete_upto", BigId, nullable=False),
        sa.Column("begun_at", Time(), nullable=True),
        sa.Column("used_at", Time(), nullable=True),
        sa.Column("done", BigId, nullable=False),
        sa.Column("total", BigId, nullable=False),
        sa.Column("current_since", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_encoders"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_encoders_current", "encoders", ["modality"], unique=True,
        sqlite_where=_CURRENT, postgresql_where=_CURRENT,
    )  # fmt: skip
    connection = op.get_bind()
    for modality, secret in _MODALITIES.items():
        name = connection.scalar(
            sa.text("SELECT value FROM secrets WHERE name = :name"), {"name": secret or ""}
        )
        connection.execute(
            sa.text(
                "INSERT INTO encoders (modality, identity, current, complete_upto, done, total) "
                "VALUES (:modality, :identity, :yes, 0, 0, 0)"
            ),
            {"modality": modality, "identity": name and bytes(name).decode(), "yes": True},
        )
    op.execute("DELETE FROM secrets WHERE name IN ('encoder', 'encoder Image')")
    if connection.dialect.name == "sqlite":
        _copy_on_sqlite()
    else:
        op.add_column("embeddings", sa.Column("encoder_id", BigId, server_default="1", nullable=False))
        op.execute(
            "UPDATE embeddings SET encoder_id = e.id FROM samples AS s, functions AS f, encoders AS e "
            "WHERE s.seq = sample_seq AND f.id = s.function_id AND e.modality = f.input AND e.id <> 1"
        )
        op.drop_constraint("pk_embeddings", "embeddings", type_="primary")
        op.create_primary_key("pk_embeddings", "embeddings", ["sample_seq", "encoder_id"])


def downgrade() -> None:
    connection = op.get_bind()
    op.execute("DELETE FROM embeddings WHERE encoder_id NOT IN (SELECT id FROM encoders WHERE current)")
    for modality, secret in _MODALITIES.items():
        query = sa.text("SELECT identity FROM encoders WHERE current AND modality = :modality")
        name = connection.scalar(query, {"modality": modality})
        if secret and name:
            insert = sa.text("INSERT INTO secrets (name, value) VALUES (:name, :value)")
            connection.execute(insert, {"name": secret, "value": name.encode()})
    if connection.dialect.name == "sqlite":
        op.rename_table("embeddings", "embeddings_before")
        _create("sample_seq")
        op.execute("INSERT INTO embeddings SELECT sample_seq, vector FROM embeddings_before")
        op.drop_table("embeddings_before")
    else:
        op.drop_constraint("pk_embeddings", "embeddings", type_="primary")
        op.drop_column("embeddings", "encoder_id")
        op.create_primary_key("pk_embeddings", "embeddings", ["sample_seq"])
    op.drop_index("ix_encoders_current", "encoders")
    op.drop_table("encoders")


def _copy_on_sqlite() -> None:
    op.rename_table("embeddings", "embeddings_before")
    _create("sample_seq", "encoder_id")
    op.execute(
        "INSERT INTO embeddings (sample_seq, encoder_id, vector) SELECT b.sample_seq, e.id, b.vector "
        "FROM embeddings_before AS b JOIN samples AS s ON s.seq = b.sample_seq "
        "JOIN functions AS f ON f.id = s.function_id JOIN encoders AS e ON e.modality = f.input "
        "ORDER BY b.sample_seq"
    )
    op.drop_table("embeddings_before")


def _create(*key: str) -> None:
    number = [sa.Column("encoder_id", BigId, autoincrement=False, server_default="1", nullable=False)]
    op.create_table(
        "embeddings",
        sa.Column("sample_seq", BigId, autoincrement=False, nullable=False),
        *(number if len(key) > 1 else []),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sample_seq"], ["samples.seq"], name="fk_embeddings_sample_seq"),
        sa.PrimaryKeyConstraint(*key, name="pk_embeddings"),
    )
