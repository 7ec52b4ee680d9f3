"""A load balancer is told where calls may go, and why not elsewhere."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from taught import ENCODERS

from noria.encoders.pool import EncoderPool
from noria.serving.readiness import COLD, LEAVING, NO_DATABASE, Readiness
from noria.storage import Storage, open_storage


@pytest.fixture
def pool() -> Iterator[EncoderPool]:
    pool = EncoderPool(ENCODERS, threads=1, limit=8)
    yield pool
    pool.close()


def test_a_process_is_ready_once_it_is_warm_until_it_leaves(storage: Storage, pool: EncoderPool) -> None:
    async def through_its_life() -> list[list[str]]:
        readiness = Readiness(storage, pool)
        found = [await readiness.reasons()]
        await readiness.warm_up()
        found.append(await readiness.reasons())
        readiness.leaving = True
        return [*found, await readiness.reasons()]

    assert asyncio.run(through_its_life()) == [[COLD], [], [LEAVING]]


def test_a_database_that_can_not_be_reached_is_said(
    postgres_server: str, postgres_url: str, pool: EncoderPool
) -> None:
    storage = open_storage(postgres_url)

    async def reasons() -> list[str]:
        readiness = Readiness(storage, pool)
        await readiness.warm_up()
        return await readiness.reasons()

    name = sql.Identifier(str(storage.database.engine.url.database))
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [name.as_string(None).strip('"')],
        )
    assert asyncio.run(reasons()) == [NO_DATABASE]
    storage.close()
