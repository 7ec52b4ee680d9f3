"""A function is called by its id, with or without prefix, or by the slug of its name."""

from collections.abc import Callable

import httpx
import pytest

Make = Callable[[str], str]


@pytest.fixture
def make(http: httpx.Client) -> Make:
    """Makes a function of this name, with two labels; its id."""

    def new(name: str) -> str:
        id = http.post("/v1/functions", json={"name": name}).json()["id"]
        for label in ("cat", "dog"):
            http.post(f"/v1/functions/{id}/labels", json={"name": label})
        return id

    return new


def found(http: httpx.Client, name: str) -> str:
    """The id of the function that this address means, or the code of the refusal."""
    answer = http.get(f"/v1/functions/{name}")
    return answer.json()["id" if answer.status_code == 200 else "code"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Toxic Language Identifier", "toxic-language-identifier"),
        ("  (Really?)  Odd__name / v2 ", "really-odd-name-v2"),
        ("Über-Katze", "über-katze"),
        ("猫と犬", "猫と犬"),
        ("Slug In Capitals", "SLUG-IN-CAPITALS"),
    ],
)
def test_a_slug_is_the_letters_and_digits_of_the_name(
    http: httpx.Client, make: Make, name: str, slug: str
) -> None:
    id = make(name)
    assert found(http, slug) == id


def test_an_id_needs_no_prefix_and_no_case(http: httpx.Client, make: Make) -> None:
    id = make("called by its id")
    bare = id.removeprefix("function_")
    assert {found(http, given) for given in (id, bare, id.upper(), bare.upper())} == {id}


@pytest.mark.parametrize(
    ("verb", "place", "body"),
    [
        ("GET", "/v1/functions/by-slug", None),
        ("PUT", "/v1/functions/by-slug", {"name": "by slug"}),
        ("GET", "/v1/functions/by-slug/summary", None),
        ("GET", "/v1/functions/by-slug/labels", None),
        ("POST", "/v1/functions/by-slug/samples", {"data": "meow"}),
        ("GET", "/v0.9/functions/by-slug/samples", None),
        ("POST", "/v1/functions/by-slug/invoke", {"data": "meow"}),
        ("POST", "/v0.9/functions/by-slug/invoke", {"data": "meow"}),
        ("GET", "/v0.9/functions/by-slug", None),
        ("GET", "/v0.9/functions/by-slug/metrics", None),
        ("GET", "/v1/functions/by-slug/capture", None),
        ("GET", "/v1/functions/by-slug/models", None),
        ("DELETE", "/v1/functions/by-slug", None),
    ],
)
def test_a_slug_stands_wherever_an_id_does(
    http: httpx.Client, make: Make, verb: str, place: str, body: dict[str, str] | None
) -> None:
    id = make("By slug")
    answer = http.request(verb, place, json=body)
    http.delete(f"/v1/functions/{id}")
    assert answer.status_code == 200, answer.text


def test_names_that_are_alike_are_told_apart_by_their_ids(http: httpx.Client, make: Make) -> None:
    ids = [make("Alike"), make("alike!")]
    refused = http.delete("/v1/functions/alike")
    assert (refused.status_code, refused.json()["code"]) == (400, "function_ambiguous")
    assert all(id in refused.json()["message"] for id in ids)
    assert [found(http, id) for id in ids] == ids
    http.delete(f"/v1/functions/{ids[0]}")
    assert found(http, "alike") == ids[1]


def test_a_new_name_makes_a_new_slug(http: httpx.Client, make: Make) -> None:
    id = make("Former name")
    http.put(f"/v1/functions/{id}", json={"name": "Present name"})
    assert found(http, "present-name") == id
    assert found(http, "former-name") == "function_not_found"


def test_what_looks_like_an_id_is_no_slug(http: httpx.Client, make: Make) -> None:
    make("sixteenletterses")
    assert found(http, "sixteenletterses") == "function_not_found"


def test_without_a_token_a_slug_tells_nothing(http: httpx.Client, make: Make) -> None:
    make("Known only to few")
    for name in ("known-only-to-few", "known-to-nobody"):
        answer = http.get(f"/v1/functions/{name}", headers={"Authorization": ""})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
