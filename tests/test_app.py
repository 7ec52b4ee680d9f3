"""What runs beside the requests: it goes on whatever fails."""

import asyncio
import logging

import pytest

from noria.app import _repeat


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
