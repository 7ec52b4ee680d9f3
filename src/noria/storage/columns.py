"""Column types that mean the same on every database."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Dialect, Double, Integer
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only in INTEGER keys


def stamp(at: datetime) -> float:
    """Epoch seconds, to the microsecond."""
    if at.tzinfo is None:
        raise ValueError("times are aware UTC datetimes")
    return at.timestamp()


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Time(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as epoch seconds: sorts and compares alike everywhere."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(value)
