"""How a database that is away shows."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

OUTAGES = (OperationalError, InterfaceError, PoolTimeout, OSError)  # the database, not what was sent to it
