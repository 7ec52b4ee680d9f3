"""Every route of the table: it declares a scope, and is closed to whoever has less."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from noria.app import Noria
from noria.records.client import Scope
from noria.server.web import web_app
from noria.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

PUBLIC = {
    "POST /connect/token",
    "GET /schema",
    "GET /health",
    "GET /ready",
    "GET /files/{function_id}/{sample_id}",  # signed; see test_images.py
    "GET /",
    "GET /static/{version}/{name}",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/{code}",
    "POST /sign-out",
    "POST /language",
}


@dataclass(frozen=True)
class Served:
    """One verb at one address."""

    verb: str
    path: str
    opt: dict[str, object]
    for_people: bool  # a page of the dashboard, where a session stands for the token

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"

    @property
    def address(self) -> str:
        return re.sub(r"\{\w+\}", "1", self.path)

    @property
    def scope(self) -> Scope | None:
        return self.opt["scope"]  # type: ignore[return-value]


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    return Noria(Settings(data=tmp_path_factory.mktemp("data"), encoder="hashing", worker=False))


@pytest.fixture(scope="module")
def app(noria: Noria) -> Litestar:
    return web_app(noria)


@pytest.fixture(scope="module")
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app) as client:
        client.follow_redirects = False
        yield client


def served(app: Litestar) -> list[Served]:
    """The route table, without the framework's own answers to OPTIONS."""
    return [
        Served(verb, route.path_format, handler.opt, "operation" not in handler.opt)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for verb in handler.http_methods
        if verb != "OPTIONS"
    ]


@pytest.fixture(scope="module")
def protected(app: Litestar) -> list[Served]:
    return [each for each in served(app) if each.scope is not None]


def bearer(noria: Noria, scope: Scope) -> dict[str, str]:
    return {"Authorization": f"Bearer {noria.auth.token_for('somebody', scope)}"}


def test_every_route_declares_the_scope_it_needs(app: Litestar) -> None:
    assert [str(each) for each in served(app) if "scope" not in each.opt] == []
    assert all(isinstance(each.scope, Scope | None) for each in served(app))


def test_only_these_routes_are_public(app: Litestar) -> None:
    assert {str(each) for each in served(app) if each.scope is None} == PUBLIC


def test_without_a_token_every_other_route_is_closed(
    protected: list[Served], client: TestClient[Litestar]
) -> None:
    for each in protected:
        answer = client.request(each.verb, each.address)
        if each.for_people:  # a page sends a person to sign in; a form lacks its CSRF token
            refused = answer.status_code in {401, 403} or "/sign-in" in answer.headers.get("location", "")
            assert refused, f"{each} answered {answer.status_code}"
        else:
            assert answer.status_code == 401, f"{each} answered {answer.status_code}"
            assert answer.json()["code"] == "not_signed_in"
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "credentials", ["Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "bearer é", "x" * 5000]
)
def test_what_is_no_token_opens_nothing(
    protected: list[Served], client: TestClient[Litestar], credentials: str
) -> None:
    for each in protected:
        if not each.for_people:
            answer = client.request(
                each.verb, each.address, headers=[(b"authorization", credentials.encode("latin-1"))]
            )
            assert answer.status_code == 401, f"{each} answered {answer.status_code}"


@pytest.mark.parametrize("held", [Scope.INVOKE, Scope.ANNOTATE])
def test_a_token_of_a_narrower_scope_is_refused(
    protected: list[Served], client: TestClient[Litestar], noria: Noria, held: Scope
) -> None:
    too_much = [each for each in protected if each.scope and not held.includes(each.scope)]
    assert too_much
    for each in too_much:
        answer = client.request(each.verb, each.address, headers=bearer(noria, held))
        assert answer.status_code == 403, f"{each} answered {answer.status_code}"
        if not each.for_people:
            assert answer.json()["code"] == "not_allowed"
            assert f"needed: {each.scope.value}" in answer.json()["message"]


def test_a_token_of_just_the_scope_goes_through(
    protected: list[Served], client: TestClient[Litestar], noria: Noria
) -> None:
    for each in protected:
        if not each.for_people:
            answer = client.request(each.verb, each.address, headers=bearer(noria, each.scope))
            assert answer.status_code in {200, 400, 404}, f"{each} answered {answer.status_code}"


def test_a_route_that_declares_nothing_is_closed_to_all(client: TestClient[Litestar], noria: Noria) -> None:
    answer = client.options(
        "/v1/functions", headers=bearer(noria, Scope.ADMIN)
    )  # the framework's own handler
    assert answer.status_code == 403


def test_operation_ids_are_unique_and_in_the_document(app: Litestar, client: TestClient[Litestar]) -> None:
    paths = client.get("/schema").json()["paths"]
    written = {
        f"{verb.upper()} {path}": operation["operationId"]
        for path, verbs in paths.items()
        for verb, operation in verbs.items()
    }
    assert len(set(written.values())) == len(written)
    places = {call.replace("Id}", "_id}") for call in written}
    assert {str(each) for each in served(app) if not each.for_people} == places
