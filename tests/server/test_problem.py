"""What of an error stands in the log, and what the caller gets."""

import logging

import pytest
from litestar import Request
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from noria.server import problem


def asked(path: str) -> Request:  # type: ignore[type-arg]
    return Request({"type": "http", "method": "GET", "raw_path": path.encode()})  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "error",
    [OperationalError("SELECT", {}, Exception()), InterfaceError("", {}, Exception()), TimeoutError()],
)
def test_a_database_that_is_away_is_told_as_passing(error: Exception) -> None:
    answer = problem.answer(asked("/functions"), error)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_a_surprise_keeps_its_inner_workings_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = problem.answer(asked("/functions"), ZeroDivisionError("by hand"))
    assert answer.status_code == 500
    assert "by hand" not in str(answer.content)
    assert "GET /functions" in caplog.text
    assert "by hand" in caplog.text


def test_the_log_keeps_no_sign_in_code_and_no_forged_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        problem.answer(asked("/sign-in/sesame"), OperationalError("SELECT", {}, Exception()))
        problem.answer(asked("/functions/%0aforged"), RuntimeError())
    assert "/sign-in/…" in caplog.text
    assert "sesame" not in caplog.text
    assert "%0aforged" in caplog.text
