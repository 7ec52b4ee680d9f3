"""Known copies by the confidence of their answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BINS = [f"bin_{i:02}" for i in range(20)]


def upgrade() -> None:
    for name in _BINS:
        op.add_column(
            "known_sums",
            sa.Column(
                name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="0"
            ),
        )


def downgrade() -> None:
    for name in _BINS:
        op.drop_column("known_sums", name)
