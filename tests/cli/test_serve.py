"""`noria serve`: what stops it before it begins is one sentence and status 1; addresses of every kind are listened on."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noria.cli.serve import listen, port_taken
from noria.errors import BadInput, PortTaken
from noria.settings import Settings


def serve(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "noria.cli", "serve", "--data", str(data)],
        env={**os.environ, "NORIA_ENCODER": "hashing", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def told(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence on stderr."""
    assert done.returncode == 1
    assert done.stderr.startswith("noria: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_variable_that_can_not_be_is_told(tmp_path: Path) -> None:
    assert "NORIA_PORT is a number" in told(serve(tmp_path, NORIA_PORT="many"))


def test_a_client_without_its_secret_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    assert "NORIA_CLIENT_SECRET is not" in told(serve(tmp_path / "data", NORIA_CLIENT_ID="robot"))
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_is_a_file_is_told(loopback_address: str, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    said = told(serve(tmp_path / "data", NORIA_HOST=loopback_address))
    assert "can't be used" in said


def test_a_damaged_database_is_told(loopback_address: str, tmp_path: Path) -> None:
    (tmp_path / "noria.db").write_bytes(b"no database" * 1000)
    assert "damaged" in told(serve(tmp_path, NORIA_HOST=loopback_address))


def test_an_unknown_encoder_is_told_with_those_known(loopback_address: str, tmp_path: Path) -> None:
    said = told(serve(tmp_path, NORIA_HOST=loopback_address, NORIA_ENCODER="bert"))
    assert "name: bert" in said
    assert "bge-small-en-v1.5" in said


# --- the address


def test_a_taken_port_is_told_with_a_way_out(loopback_address: str) -> None:
    with listen(Settings(host=loopback_address, port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"--port {port + 1}"):
            listen(Settings(host=loopback_address, port=port))


def test_the_default_port_has_words_on_the_nyckel_package() -> None:
    assert "nyckel" in port_taken(5000)
    assert "nyckel" not in port_taken(5001)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine_is_told(host: str) -> None:
    with pytest.raises(BadInput, match="Choose another with --host and --port"):
        listen(Settings(host=host, port=5000))


Reach = Callable[[str, int], None]


@pytest.fixture
def reach() -> Reach:
    def reach(address: str, port: int) -> None:
        socket.create_connection((address, port), timeout=5).close()

    return reach


def test_every_address_of_the_machine_can_be_listened_on(reach: Reach) -> None:
    with listen(Settings(host="0.0.0.0", port=0)) as listening:
        reach("127.0.0.1", listening.getsockname()[1])


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize(("host", "reached"), [("::1", ["::1"]), ("::", ["::1", "127.0.0.1"])])
def test_ipv6_addresses_can_be_listened_on(host: str, reached: list[str], reach: Reach) -> None:
    with listen(Settings(host=host, port=0)) as listening:
        for address in reached:
            reach(address, listening.getsockname()[1])
