"""How a database that is away shows."""

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# The database, not what was sent to it; of the internal ones is that it is read-only.
OUTAGES = (OperationalError, InterfaceError, InternalError, PoolTimeout, OSError)
