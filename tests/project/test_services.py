"""The services that other tests stand on."""

import socket

import psycopg
from playwright.sync_api import Page


def test_a_test_gets_an_empty_postgresql(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    assert found == (0,)


def test_the_browser_runs_a_script(page: Page) -> None:
    page.set_content("<p id=p></p><script>document.getElementById('p').textContent = 6 * 7</script>")
    assert page.inner_text("#p") == "42"


def test_two_servers_can_listen_on_the_same_port(loopback_address: str) -> None:
    with socket.socket() as ours, socket.socket() as another:
        ours.bind((loopback_address, 0))
        another.bind(("127.0.0.1", ours.getsockname()[1]))
