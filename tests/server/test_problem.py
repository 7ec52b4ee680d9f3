"""From errors to answers."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy.exc import DataError, OperationalError

from noria import errors
from noria.app import Noria
from noria.records.client import Scope
from noria.server.problem import STATUS, status_of
from noria.server.web import web_app
from noria.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    """A server that takes no more than zero invokes at a time."""
    data = tmp_path_factory.mktemp("data")
    return Noria(Settings(data=data, encoder="hashing", worker=False, invokes_in_flight=0))


@pytest.fixture(scope="module")
def client(noria: Noria) -> Iterator[TestClient[Litestar]]:
    bearer = {"Authorization": f"Bearer {noria.auth.token_for('me', Scope.ADMIN)}"}
    with TestClient(web_app(noria), raise_server_exceptions=False) as client:
        client.headers.update(bearer)
        yield client


def test_the_nearest_class_in_the_table_counts() -> None:
    assert status_of(errors.SampleNotCaptured()) == STATUS[errors.NotFound] == 404
    assert status_of(errors.TooLarge()) == 400


def test_too_many_at_once_are_told_when_to_come_back(client: TestClient[Litestar]) -> None:
    id = client.post("/v1/functions", json={"name": "busy"}).json()["id"]
    client.post(f"/v1/functions/{id}/labels", json={"name": "cat"})
    for place in ("invoke", "samples"):
        answer = client.post(f"/v1/functions/{id}/{place}", json={"data": "meow"})
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert answer.headers["retry-after"] == "1"
        assert "Try again" in answer.json()["message"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("SELECT secret", {}, Exception("database is locked")), 503, "overloaded"),
        (DataError("SELECT secret", {}, Exception("value out of range")), 400, "bad_input"),
        (RuntimeError("secret"), 500, "internal"),
        (errors.NoriaError("told"), 500, "internal"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_goes_wrong_inside_is_told_without_inner_workings(
    client: TestClient[Litestar],
    noria: Noria,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(noria.storage.projects, "all", fail)
    answer = client.get("/v1/projects")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret" not in answer.text
