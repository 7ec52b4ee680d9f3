"""A page of another site may call the API with a token; the dashboard is closed to it."""

import httpx
import pytest

PAGE = "https://shop.example"


def asked(http: httpx.Client, place: str, verb: str, **headers: str) -> httpx.Response:
    """What a browser asks before it lets a page send this."""
    headers = {"Origin": PAGE, "Access-Control-Request-Method": verb, "Authorization": ""} | headers
    return http.options(place, headers=headers)


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        ("POST", "/connect/token"),
        ("POST", "/v1/functions/any/invoke"),
        ("POST", "/v0.9/functions/any/invoke"),
        ("PUT", "/v1/functions/any/samples/any/annotation"),
        ("DELETE", "/v1/functions/any/labels/any"),
    ],
)
def test_a_browser_is_told_that_it_may(http: httpx.Client, verb: str, place: str) -> None:
    answer = asked(http, place, verb, **{"Access-Control-Request-Headers": "authorization,content-type"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert verb in answer.headers["access-control-allow-methods"].split(", ")
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type"} <= set(allowed)  # a star alone leaves authorization out


def test_answers_are_shown_to_the_page(http: httpx.Client, path: str) -> None:
    for i in range(3):
        http.post(f"{path}/samples", json={"data": f"row {i}"})
    answer = http.get(f"{path}/samples?batchSize=2", headers={"Origin": PAGE})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Link" in answer.headers["access-control-expose-headers"]
    assert "next" in answer.links


@pytest.mark.parametrize(("place", "status"), [("/v1/functions/function_none", 404), ("/v1/nothing", 404)])
def test_refusals_are_shown_too(http: httpx.Client, place: str, status: int) -> None:
    answer = http.get(place, headers={"Origin": PAGE})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_page_has_no_more_rights_than_its_token(http: httpx.Client, path: str) -> None:
    refused = http.post(
        f"{path}/invoke", json={"data": "meow"}, headers={"Origin": PAGE, "Authorization": ""}
    )
    assert refused.status_code == 401
    assert "access-control-allow-credentials" not in refused.headers


def test_who_names_no_origin_is_told_nothing_of_it(http: httpx.Client) -> None:
    assert not [name for name in http.get("/v1/functions").headers if name.startswith("access-control")]


@pytest.mark.parametrize("place", ["/", "/sign-in", "/functions", "/health", "/schema"])
def test_what_is_not_the_api_is_closed_to_pages(http: httpx.Client, place: str) -> None:
    for answer in (http.get(place, headers={"Origin": PAGE}), asked(http, place, "GET")):
        assert not [name for name in answer.headers if name.startswith("access-control")]
