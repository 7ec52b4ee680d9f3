"""A load balancer is told where calls may go, and why not elsewhere."""

import asyncio
from collections.abc import Iterator

import pytest
from taught import ENCODERS

from noria.encoders.pool import EncoderPool
from noria.errors import StorageFull
from noria.serving.readiness import COLD, LEAVING, NO_DATABASE, Readiness


@pytest.fixture
def pool() -> Iterator[EncoderPool]:
    pool = EncoderPool(ENCODERS, threads=1, limit=8)
    yield pool
    pool.close()


def test_a_process_is_ready_once_it_is_warm_until_it_leaves(pool: EncoderPool) -> None:
    readiness = Readiness(pool, away=lambda: False, refusal=lambda: None)
    assert readiness.reasons() == [COLD]
    asyncio.run(readiness.warm_up())
    assert readiness.reasons() == []
    readiness.leaving = True
    assert readiness.reasons() == [LEAVING]


def test_without_the_database_it_is_ready_and_says_so(pool: EncoderPool) -> None:
    away, full = [False], [None]
    readiness = Readiness(pool, lambda: away[0], lambda: full[0])
    asyncio.run(readiness.warm_up())
    assert readiness.notes() == []
    away[0] = True
    assert (readiness.reasons(), readiness.notes()) == ([], [NO_DATABASE])
    away[0], full[0] = False, StorageFull()
    assert readiness.reasons() == []
    assert "full" in readiness.notes()[0]
