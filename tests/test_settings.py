"""Settings come from flags, else the environment, else the defaults; what can't be is told in a sentence."""

from pathlib import Path

import pytest

from noria.errors import BadInput
from noria.settings import Settings, client_from_environment


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HOST",
        "PORT",
        "DATA",
        "DATABASE",
        "ENCODER",
        "ENCODER_THREADS",
        "WORKERS",
        "WORKER",
        "CLIENT_ID",
        "CLIENT_SECRET",
    ):
        monkeypatch.delenv(f"NORIA_{name}", raising=False)


def test_a_flag_wins_over_a_variable_and_this_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORIA_PORT", "6000")
    monkeypatch.setenv("NORIA_HOST", "127.0.0.2")
    settings = Settings.from_environment(port=7000, host=None)
    assert (settings.port, settings.host, settings.data) == (7000, "127.0.0.2", Path("data"))


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORIA_PORT", "")
    assert Settings.from_environment().port == 5000


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NORIA_PORT", "five thousand", "NORIA_PORT is a number, not “five thousand”"),
        ("NORIA_PORT", "0", "from 1 to 65535, not 0"),
        ("NORIA_PORT", "65536", "from 1 to 65535, not 65536"),
        ("NORIA_PREFIX", "/not a path", "NORIA_PREFIX is a path such as /noria"),
        ("NORIA_WORKERS", "0", "at least 1 server process"),
        ("NORIA_WORKER", "none", "NORIA_WORKER is on or off"),
        ("NORIA_ENCODER_THREADS", "1.5", "NORIA_ENCODER_THREADS is a number"),
        ("NORIA_ENCODER_THREADS", "0", "at least 1"),
        ("NORIA_JOURNAL_SIZE", "1 GB", "NORIA_JOURNAL_SIZE is a number of megabytes"),
        ("NORIA_JOURNAL_SIZE", "-1", "at least 0"),
    ],
)
def test_a_value_that_can_not_be_is_told(
    variable: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadInput, match=words):
        Settings.from_environment()


def test_a_flag_makes_a_wrong_variable_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORIA_PORT", "five thousand")
    assert Settings.from_environment(port=5001).port == 5001


def test_a_child_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = Settings(
        "::1",
        6000,
        tmp_path,
        "postgresql://somewhere/noria",
        str(tmp_path / "blobs"),
        "hashing",
        "pixels",
        True,
        True,
        3,
        prefix="/tools/noria",
        workers=2,
        worker=False,
        journal=str(tmp_path / "journal"),
        journal_size=5,
    )
    monkeypatch.setenv("NORIA_PORT", "five thousand")
    for name, value in mine.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment() == mine


@pytest.mark.parametrize(
    ("host", "for_people", "for_this_machine"),
    [
        ("127.0.0.1", "http://localhost:5000", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://localhost:5000", "http://127.0.0.1:5000"),
        ("::", "http://localhost:5000", "http://127.0.0.1:5000"),
        ("::1", "http://[::1]:5000", "http://[::1]:5000"),
        ("noria.example", "http://noria.example:5000", "http://noria.example:5000"),
    ],
)
def test_the_address_can_be_opened(host: str, for_people: str, for_this_machine: str) -> None:
    settings = Settings(host=host)
    assert (settings.url, settings.local_url) == (for_people, for_this_machine)


def test_a_password_is_no_part_of_what_is_printed() -> None:
    assert "sesame" not in repr(Settings(database="postgresql://noria:sesame@localhost/noria"))


def test_the_first_client_takes_both_variables_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert client_from_environment() is None
    monkeypatch.setenv("NORIA_CLIENT_ID", "robot")
    with pytest.raises(BadInput, match="NORIA_CLIENT_ID is set and NORIA_CLIENT_SECRET is not"):
        client_from_environment()
    monkeypatch.setenv("NORIA_CLIENT_SECRET", "sesame")
    assert client_from_environment() == ("robot", "sesame")


@pytest.mark.parametrize(
    ("given", "prefix"), [("noria", "/noria"), ("/tools/noria/", "/tools/noria"), ("/", "")]
)
def test_a_prefix_is_a_path_without_a_slash_at_its_end(
    given: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORIA_PREFIX", given)
    assert Settings.from_environment().prefix == prefix
