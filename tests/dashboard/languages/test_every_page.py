"""No page says a word that a translator has not seen: in a language of capitals, all its words are capitals."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from running_server import wait_for

from noria.app import Noria
from noria.records.client import Scope
from noria.server.web import web_app
from noria.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


class Words(HTMLParser):
    """Words that are shown or read out, without what people wrote and what is meant for machines."""

    SILENT = ("script", "style", "code", "kbd", "pre", "textarea", "bdi", "time", "option")
    VOID = ("input", "img", "meta", "link", "br", "hr", "rect", "circle", "path", "line", "polyline", "col")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("class") == "languages" or tag in self.SILENT or self._silent:
            if tag not in self.VOID:
                self._silent.append(tag)
            return
        self.found += [
            given[name] or "" for name in ("title", "alt", "placeholder", "aria-label") if name in given
        ]

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


# Facts of the log, the gate's verdict, names of products and of machines: said as programs and the log have them.
STAYS = re.compile(
    r"^(curl|Python|JavaScript|SQLite|Noria|joe@example\.com|·.*:|(Make|Change) \w+|hashing@\w+)$|Promoted: it is|CSV, JSONL|FREE IN /"
)


def whole(page: Response) -> Response | None:
    """None for the page that stands in the place of one whose figures are still being worked out."""
    return None if "/coming.js" in page.text else page


def links(html: str, of: str) -> Iterator[str]:
    """Paths of this server that a page leads to."""
    for each in re.findall(r'<a [^>]*?href="([^"]*)"', html):
        link = urlsplit(urljoin(of, unescape(each)))
        if link.hostname == urlsplit(of).hostname:
            yield f"{link.path}?{link.query}".rstrip("?")


def spoken(html: str) -> set[str]:
    words = Words()
    words.feed(html)
    return {" ".join(each.split()) for each in words.found if re.search(r"[a-z]{3}", each)}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, in_capitals: None) -> Iterator[TestClient[Litestar]]:
    noria = Noria(Settings(data=tmp_path_factory.mktemp("data"), encoder="hashing", image_encoder="pixels"))
    with TestClient(web_app(noria)) as client:
        client.headers["Authorization"] = f"Bearer {noria.auth.token_for('me', Scope.ADMIN)}"
        client.get(noria.sign_ins.link("ADA").partition("5000")[2])
        yield client


@pytest.fixture(scope="module")
def function_id(client: TestClient[Litestar]) -> str:
    """A trained function with captures; what people wrote is in capitals too."""
    made = client.post("/v1/functions", json={"name": "PETS", "input": "Text", "output": "Classification"})
    url = f"/v1/functions/{made.json()['id']}"
    client.put(f"{url}/capture", json={"budgetPerDay": 1_000_000})
    for label in ("CAT", "DOG"):
        client.post(f"{url}/labels", json={"name": label})
    for text, label in (("MEOW", "CAT"), ("PURR", "CAT"), ("WOOF", "DOG"), ("BARK", "DOG")):
        assert (
            client.post(f"{url}/samples", json={"data": text, "annotation": {"labelName": label}}).status_code
            == 200
        )
    wait_for(lambda: client.get(f"{url}/models").json(), what="training")
    for text in ("MEOW WOOF", "BARK PURR", "SOMETHING ELSE"):
        assert client.post(f"{url}/invoke", json={"data": text}).status_code == 200
    return str(made.json()["id"])


def test_every_word_of_every_page_has_been_seen_by_a_translator(
    client: TestClient[Litestar], function_id: str
) -> None:
    asked, waiting, untold = set(), ["/functions"], set()
    while waiting:
        path = waiting.pop()
        shape = re.sub(r"[a-z]+_[a-z0-9]{8,}", "ID", path)
        if shape in asked:
            continue
        asked.add(shape)
        page = wait_for(
            lambda path=path: whole(client.get(path, headers={"Accept-Language": "fr"})), what=path
        )
        assert page.status_code == 200, path
        if "text/html" in page.headers["content-type"]:
            assert '<html lang="fr">' in page.text
            untold |= {(shape, words) for words in spoken(page.text) if not STAYS.search(words)}
            waiting += [link for link in links(page.text, str(page.url)) if "/file" not in link]
    assert len(asked) > 25
    assert not sorted(untold), "\n".join(map(str, sorted(untold)))


def test_what_a_form_answers_is_in_the_language_too(client: TestClient[Litestar], function_id: str) -> None:
    asked = {
        "Accept-Language": "fr",
        "X-CSRFToken": client.cookies[next(c for c in client.cookies if "form" in c)],
    }
    page = client.post(f"/functions/{function_id}/settings/name", data={"name": "PETS"}, headers=asked)
    assert re.search(r'role="status">[^a-z<]+<', page.text)


def test_a_person_keeps_to_the_language_they_chose(client: TestClient[Litestar], function_id: str) -> None:
    asked = {
        "Accept-Language": "fr",
        "X-CSRFToken": client.cookies[next(c for c in client.cookies if "form" in c)],
    }
    path = f"/functions/{function_id}/labels"
    there = client.post("/language", data={"language": "en", "back": path}, headers=asked)
    assert there.url.path == path
    assert '<html lang="en">' in there.text
    away = client.post("/language", data={"language": "fr", "back": "//elsewhere.example"}, headers=asked)
    assert away.url.path == "/functions"
    assert '<html lang="fr">' in away.text
