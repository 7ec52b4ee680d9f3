"""The note on a function whose texts the encoder does not read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from running_server import wait_for

from noria.app import Noria
from noria.encoders.hashing import HashingEncoder
from noria.records.client import Scope
from noria.server.web import web_app
from noria.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
EVERYDAY = json.loads((Path(__file__).parents[1] / "encoders/everyday.json").read_text())


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    noria = Noria(Settings(data=tmp_path_factory.mktemp("data"), encoder="hashing", worker=False))
    with pytest.MonkeyPatch.context() as patch, TestClient(web_app(noria)) as client:
        patch.setattr(HashingEncoder, "languages", frozenset({"en"}), raising=False)
        client.headers["Authorization"] = f"Bearer {noria.auth.token_for('me', Scope.ADMIN)}"
        client.get(noria.sign_ins.link("ada").partition("5000")[2])
        yield client


def _function(client: TestClient[Litestar], texts: str, output: str = "Classification") -> str:
    made = client.post("/v1/functions", json={"name": texts, "input": "Text", "output": output})
    for i, text in enumerate(EVERYDAY[texts] * 2):
        added = client.post(f"/v1/functions/{made.json()['id']}/samples", json={"data": f"{text} {i % 7}."})
        assert added.status_code == 200
    return f"/functions/{made.json()['id']}"


@pytest.mark.parametrize(
    ("output", "page"), [("Classification", "metrics"), ("Tags", "metrics"), ("Search", "samples")]
)
def test_it_names_the_language_and_the_way_out(client: TestClient[Litestar], output: str, page: str) -> None:
    url = f"{_function(client, 'German', output)}/{page}"
    text = wait_for(lambda: (html := client.get(url).text) and 'id="unread"' in html and html)
    assert "<strong>German</strong>" in text
    assert "reads this: English." in text
    assert "pip install 'noria[multilingual]'" in text
    assert "NORIA_ENCODER=multilingual-e5-small noria re-embed" in text
    assert client.get(f"/v1{url.rpartition('/')[0]}/summary").json()["unreadLanguage"] == "de"
    german = client.get(url, headers={"Accept-Language": "de"}).text
    assert "<strong>Deutsch</strong>" in german


def test_english_texts_have_no_such_note(client: TestClient[Litestar]) -> None:
    url = _function(client, "English")
    noria: Noria = client.app.state.noria
    function = noria.storage.functions.get(url.rpartition("/")[2])
    assert noria.text_languages.unread(function, 30.0) is None
    assert "unreadLanguage" not in client.get(f"/v1{url}/summary").json()
    for page in ("samples", "metrics"):
        assert 'id="unread"' not in client.get(f"{url}/{page}").text
