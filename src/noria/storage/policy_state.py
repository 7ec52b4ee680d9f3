"""Slow-moving state of the capture policy, so that a restart goes on where it was."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noria.storage import changes, upserts
from noria.storage.database import Database
from noria.storage.tables import policy_states


class PolicyStates:
    def __init__(self, database: Database) -> None:
        self._db = database

    def save(self, function_id: str, state: dict[str, Any], at: datetime) -> None:
        """Raises FunctionNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            row = {"function_id": function_id, "state": state, "at": at}
            upserts.put(connection, policy_states, row)

    def load(self, function_id: str) -> dict[str, Any] | None:
        query = sa.select(policy_states.c.state).where(policy_states.c.function_id == function_id)
        with self._db.read() as connection:
            state: dict[str, Any] | None = connection.scalar(query)
        return state
