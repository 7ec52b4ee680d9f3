"""What all tables share."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, String

from noria.storage.columns import BigId

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def of_function(primary_key: bool = False) -> Column[str]:
    return Column("function_id", String, ForeignKey("functions.id"), primary_key=primary_key, nullable=False)


def order() -> Column[int]:
    """Creation order; never given twice."""
    return Column("seq", BigId, primary_key=True, autoincrement=True)
