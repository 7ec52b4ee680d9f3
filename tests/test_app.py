"""What runs beside the requests: it goes on whatever fails."""

import asyncio
import logging
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from taught import Taught

from noria.app import Noria, _repeat
from noria.settings import Settings
from noria.storage.tables import policy_states


def test_of_failures_in_a_row_the_log_has_the_first(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = iter([None, OSError("away"), OSError("still away"), None, OSError("away again"), None])

    async def step() -> None:
        try:
            outcome = next(outcomes)
        except StopIteration:
            raise asyncio.CancelledError from None
        if outcome is not None:
            raise outcome

    with caplog.at_level(logging.ERROR), pytest.raises(asyncio.CancelledError):
        asyncio.run(_repeat(step, 0.0, "the database is away"))
    assert [record.exc_info[1].args[0] for record in caplog.records if record.exc_info] == [
        "away",
        "away again",
    ]


def test_nothing_is_looked_for_where_nothing_was_committed(tmp_path: Path, monkeypatch) -> None:
    noria = Noria(Settings(data=tmp_path, encoder="hashing", worker=False))
    clock, looks = [0.0], []

    async def step() -> None:
        looks.append(clock[0])
        if len(looks) == 2:
            raise OSError("away")  # what could not be looked for is looked for again

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    look = noria._if_changed(step)

    async def turns() -> None:
        await look()
        await look()
        assert looks == [0.0]
        Taught.new(noria.storage)  # by a connection of another
        with pytest.raises(OSError, match="away"):
            await look()
        await look()
        await look()
        assert looks == [0.0] * 3
        clock[0] = 10.0  # what falls due commits nothing
        await look()
        assert looks == [0.0] * 3 + [10.0]

    asyncio.run(turns())
    noria.storage.close()
    noria.pool.close()


def test_a_policy_that_decided_nothing_since_is_not_saved_again(tmp_path: Path) -> None:
    noria = Noria(Settings(data=tmp_path, encoder="hashing", worker=False))
    function = Taught.new(noria.storage)
    live = noria.live.refresh(function.id)

    def saved() -> datetime:
        noria._save_policies()
        with noria.storage.database.read() as connection:
            return connection.execute(sa.select(policy_states.c.at)).scalar_one()

    first = saved()
    assert saved() == first
    live.capture.draw(np.array([0.6, 0.4]), tuple(function.labels.values()), np.ones(4, np.float32), None)
    assert saved() > first
    noria.storage.close()
    noria.pool.close()
