"""What the tests share: a real PostgreSQL, a real object store, a real browser, and addresses to serve on."""

import itertools
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from chromium import BROWSER_FLAGS, browser_path
from object_store import ObjectStore
from playwright.sync_api import Browser, Page, sync_playwright
from postgres_server import PostgresServer
from psycopg import sql

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # begun in the background of a script; servers would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


SERVED_PORT = 5000  # existing clients can page only from a server on this port


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Examples in docstrings are run for the program only: some modules here change it when they are imported."""
    is_helper = collection_path.suffix == ".py" and not collection_path.name.startswith(("test_", "conftest"))
    return True if is_helper else None


# --- addresses


@pytest.fixture(scope="session")
def new_loopback_address() -> Callable[[], str]:
    """Gives an address in 127.0.0.0/8 that no other process of any test run uses: it holds our process id."""
    pid = os.getpid() % (254 * 254)
    last = itertools.cycle(range(2, 255))

    def new() -> str:
        address = f"127.{1 + pid // 254}.{1 + pid % 254}.{next(last)}"
        with socket.socket() as probe:
            try:
                probe.bind((address, 0))
            except OSError:  # a Mac has only 127.0.0.1 until told otherwise
                pytest.fail(f"{address} is not served by this machine: sudo ifconfig lo0 alias {address}")
        return address

    return new


@pytest.fixture
def loopback_address(new_loopback_address: Callable[[], str]) -> str:
    """An address of this test's own; serve on its port 5000."""
    return new_loopback_address()


# --- PostgreSQL


def _end_orphans() -> None:
    """Servers of test runs that were killed: one whose folder is gone ends by itself within a minute."""
    for folder in Path(tempfile.gettempdir()).glob("noria-pg-*-*"):
        try:
            os.kill(int(folder.name.split("-")[2]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):  # not of this name, or somebody else's
            continue


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL in which tests may make databases.

    It is `TEST_DATABASE_URL`, else a server of this run's own.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    _end_orphans()
    folder = Path(
        tempfile.mkdtemp(prefix=f"noria-pg-{os.getpid()}-")
    )  # short: a socket's path has 100 characters
    server = PostgresServer(folder)
    try:
        yield server.create().start().url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """One that the test may kill."""
    folder = Path(tempfile.mkdtemp(prefix=f"noria-pg-{os.getpid()}-"))
    server = PostgresServer(folder)
    try:
        yield server.create().start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of this test's own."""
    yield from _empty_database(postgres_server)


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a database that the tests of one file share."""
    yield from _empty_database(postgres_server)


def _empty_database(postgres_server: str) -> Iterator[str]:
    name = sql.Identifier(f"noria_{uuid4().hex[:12]}")
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield _with_database(postgres_server, name.as_string(None).strip('"'))
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _with_database(url: str, database: str) -> str:
    scheme, rest = url.split("://", 1)
    place, _, query = rest.partition("?")
    host = place.split("/", 1)[0]
    return f"{scheme}://{host}/{database}" + (f"?{query}" if query else "")


# --- object store


@pytest.fixture(scope="session")
def object_store(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ObjectStore]:
    """A real S3 server for all tests of a process; programs and storages opened from here on find it by themselves.

    A test that stops one starts its own.
    """
    store = ObjectStore(new_loopback_address(), tmp_path_factory.mktemp("store")).start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in store.environment.items():
            patch.setenv(name, value)
        yield store
    store.kill()


@pytest.fixture
def own_object_store(
    new_loopback_address: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ObjectStore]:
    """One that the test may kill; it is found like the other."""
    own = ObjectStore(new_loopback_address(), tmp_path / "store").start()
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    yield own
    own.kill()


# --- browser


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser to drive."""
    return browser_path()


@pytest.fixture(scope="module")  # its event loop would be in the way of a later module's asyncio.run
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(BROWSER_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: no cookies from other tests."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    yield context.new_page()
    context.close()
