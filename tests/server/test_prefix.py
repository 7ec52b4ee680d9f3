"""Beneath a path of its host: every address that leaves the server begins with the prefix, and leads somewhere."""

import base64
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from pictures import picture
from running_server import RunningServer, wait_for

from noria.errors import BadInput
from noria.server.prefix import check_prefix
from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

PREFIX = "/tools/noria"
ADDRESSES = re.compile(
    r'(?:href|action|formaction|src|data-url|data-capture|data-preview|data-try)="([^"]*)"'
)
FOLLOWED = re.compile(r'<a [^>]*?href="([^"]*)"')


@pytest.fixture(scope="module")
def server(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data"), {"NORIA_PREFIX": PREFIX})
    yield running.start()
    running.stop()


@pytest.fixture(scope="module")
def function_id(server: RunningServer) -> str:
    """A function with samples, captures and a version, made through a proxy that takes the prefix off."""
    with server.http() as http:
        made = http.post("/v1/functions", json={"name": "pets", "input": "Text", "output": "Classification"})
        url = f"/v1/functions/{made.json()['id']}"
        http.put(f"{url}/capture", json={"budgetPerDay": 1_000_000})
        for label in ("cat", "dog"):
            http.post(f"{url}/labels", json={"name": label})
        for text, label in (("meow", "cat"), ("purr", "cat"), ("woof", "dog"), ("bark", "dog")):
            body = {"data": text, "annotation": {"labelName": label}}
            assert http.post(f"{url}/samples", json=body).status_code == 200
        wait_for(lambda: http.get(f"{url}/models").json(), what="training")
        for text in ("meow woof", "bark purr", "something else"):
            assert http.post(f"{url}/invoke", json={"data": text}).status_code == 200
        return str(made.json()["id"])


@pytest.fixture
def person(server: RunningServer) -> Iterator[httpx.Client]:
    """Somebody who came in by the link that the server prints."""
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    link = SignIns(storage, server.url + PREFIX).link("ada")
    storage.close()
    with httpx.Client(base_url=server.url, follow_redirects=True, trust_env=False, timeout=30) as http:
        assert http.get(link).url.path == f"{PREFIX}/functions"
        yield http


def test_every_link_of_every_page_stays_beneath_the_prefix(person: httpx.Client, function_id: str) -> None:
    asked, waiting, strays = set(), [f"{PREFIX}/functions"], []
    while waiting:
        path = waiting.pop()
        shape = re.sub(r"[a-z]+_[a-z0-9]{8,}", "ID", path)
        if shape in asked:
            continue
        asked.add(shape)
        page = wait_for(lambda path=path: whole(person.get(path)), what=path)
        assert page.status_code == 200, path
        if "text/html" in page.headers["content-type"]:
            strays += [(path, each) for each in ADDRESSES.findall(page.text) if _strays(each)]
            links = (urlsplit(urljoin(str(page.url), unescape(each))) for each in FOLLOWED.findall(page.text))
            waiting += [
                f"{link.path}?{link.query}".rstrip("?") for link in links if link.hostname == page.url.host
            ]
    assert not strays
    assert len(asked) > 25
    assert any("/capture" in path for path in asked)


def whole(page: httpx.Response) -> httpx.Response | None:
    """None for the page that stands in the place of one whose figures are still being worked out."""
    return None if "/coming.js" in page.text else page


def _image(tint: str, seed: int) -> str:
    return "data:image/png;base64," + base64.b64encode(picture(tint, seed)).decode()


def _strays(address: str) -> bool:
    return address.startswith("/") and not address.startswith(f"{PREFIX}/")


def test_a_proxy_may_pass_the_prefix_on_or_take_it_off(person: httpx.Client, function_id: str) -> None:
    passed, taken = (person.get(f"{path}/functions/{function_id}/labels") for path in (PREFIX, ""))
    assert passed.status_code == 200
    if taken.url.path.endswith(
        "/sign-in"
    ):  # the cookie is for the prefix only, and this request came without it
        taken = person.get(
            f"/functions/{function_id}/labels", headers={"Cookie": passed.request.headers["Cookie"]}
        )
    without_tokens = [re.sub(r'(content|value)="[0-9a-f]{64,}"', "", page.text) for page in (passed, taken)]
    assert without_tokens[0] == without_tokens[1]


def test_what_the_pages_fetch_stays_beneath_the_prefix(server: RunningServer, person: httpx.Client) -> None:
    with server.http() as http:
        made = http.post(
            "/v1/functions", json={"name": "shades", "input": "Image", "output": "Classification"}
        )
        url = f"/v1/functions/{made.json()['id']}"
        http.put(f"{url}/capture", json={"budgetPerDay": 1_000_000})
        for label in ("red", "blue"):
            http.post(f"{url}/labels", json={"name": label})
            for seed in range(2):
                body = {"data": _image(label, seed), "annotation": {"labelName": label}}
                sample = http.post(f"{url}/samples", json=body).json()
        wait_for(lambda: http.get(f"{url}/models").json(), what="training")
        assert http.post(f"{url}/invoke", json={"data": _image("red", 7)}).status_code == 200
    assert sample["data"].startswith(f"{server.url}{PREFIX}/files/")
    pages = f"{PREFIX}/functions/{made.json()['id']}"
    asked = person.get(f"{pages}/capture/items", headers={"Accept": "application/json"})
    assert asked.json()["items"]
    assert not re.findall(rf'"(?!{PREFIX})/[a-z]+/[^"]*"', asked.text)
    image, *_ = re.findall(r'<img src="(/[^"]+/files/[^"]+)"', person.get(f"{pages}/samples").text)
    assert person.get(unescape(image)).headers["content-type"].startswith("image/")


def test_cookies_are_for_the_prefix_only(person: httpx.Client) -> None:
    assert {cookie.path for cookie in person.cookies.jar} == {PREFIX}


def test_who_is_signed_out_comes_back_to_the_page(server: RunningServer, function_id: str) -> None:
    asked = httpx.get(f"{server.url}{PREFIX}/functions/{function_id}/metrics", trust_env=False)
    assert asked.headers["location"] == (
        f"{PREFIX}/sign-in?next=%2Ftools%2Fnoria%2Ffunctions%2F{function_id}%2Fmetrics"
    )


def test_signing_in_never_leads_to_a_neighbour_of_the_prefix(server: RunningServer) -> None:
    form = {"client_id": server.client_id, "client_secret": server.client_secret, "next": "/neighbour"}
    answer = httpx.post(f"{server.url}{PREFIX}/sign-in", data=form, trust_env=False)
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        page = http.get(f"{PREFIX}/sign-in")
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert token is not None
        answer = http.post(f"{PREFIX}/sign-in", data=form | {"_csrf_token": token[1]})
    assert answer.headers["location"] == f"{PREFIX}/functions"


def test_the_api_answers_beneath_the_prefix_and_says_where_it_is(
    server: RunningServer, function_id: str
) -> None:
    with server.http() as http:
        listed = http.get(f"{PREFIX}/v1/functions/{function_id}/samples", params={"batchSize": 2})
        assert listed.headers["link"].startswith(f"<{PREFIX}/v1/functions/")
        assert http.get(f"{PREFIX}/schema").json()["servers"] == [{"url": f"{PREFIX}/"}]
        answer = http.get(f"{PREFIX}/v1/functions", headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["access-control-allow-origin"] == "*"


def test_the_prefix_alone_is_the_first_page(person: httpx.Client) -> None:
    assert person.get(PREFIX).url.path == f"{PREFIX}/functions"


@pytest.mark.parametrize("prefix", ["/v1", "/functions/noria", "/static"])
def test_a_prefix_that_is_a_path_of_ours_is_refused(prefix: str) -> None:
    with pytest.raises(BadInput, match="Choose another"):
        check_prefix(prefix, ["/", "/v1/functions", "/functions", "/static/{version:str}"])


def test_a_server_with_such_a_prefix_ends_with_a_sentence(
    new_loopback_address: Callable[[], str], tmp_path: Path
) -> None:
    running = RunningServer(new_loopback_address(), tmp_path, {"NORIA_PREFIX": "/v1"})
    with pytest.raises(AssertionError, match="NORIA_PREFIX can't be /v1"):
        running.start()
