"""A server with the tiny encoder, a person who is signed in, and functions in the states that pages show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

expect.set_options(timeout=20_000)  # a busy machine is no failure

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]


@pytest.fixture(scope="session")
def server(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@pytest.fixture(scope="session")
def new_link(server: RunningServer) -> Callable[[], str]:
    """Makes sign-in links, as `noria link` does."""

    def new() -> str:
        storage = open_storage(f"sqlite:///{server.data}/noria.db")
        try:
            return SignIns(storage, server.url).link("ada")
        finally:
            storage.close()

    return new


def watched(page: Page) -> list[str]:
    """Errors as they come, of scripts, the content policy and the server; a refusal (4xx) or a cut line is none."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda m: errors.append(m.text) if _is_error(m) else None)
    return errors


def _is_error(message: ConsoleMessage) -> bool:
    expected = "Failed to load resource" in message.text and "status of 5" not in message.text
    return message.type in ("error", "warning") and not expected


@pytest.fixture(scope="module")
def signed_in(browser: Browser, new_link: Callable[[], str]) -> dict[str, object]:
    """The cookies of a person who used a link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(new_link())
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def stranger(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """A page of nobody in particular."""
    context = browser.new_context(base_url=server.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(browser: Browser, server: RunningServer, signed_in: dict[str, object]) -> Iterator[Page]:
    """A page of a signed-in person; the test fails when the browser complains of anything."""
    context = browser.new_context(
        base_url=server.url, storage_state=signed_in, viewport={"width": 1280, "height": 860}
    )  # type: ignore[arg-type]
    page = context.new_page()
    errors = watched(page)
    yield page
    context.close()
    assert not errors


@pytest.fixture(scope="module")
def sized_page(
    browser: Browser, server: RunningServer, signed_in: dict[str, object]
) -> Iterator[Callable[..., Page]]:
    """Pages of a width in pixels."""
    opened = []

    def new(width: int) -> Page:
        context = browser.new_context(
            base_url=server.url,
            storage_state=signed_in,
            viewport={"width": width, "height": 800},
        )
        opened.append(context)
        return context.new_page()

    yield new
    for context in opened:
        context.close()


@dataclass(frozen=True)
class Pets:
    """A function in the making, over HTTP."""

    http: httpx.Client
    id: str

    @property
    def url(self) -> str:
        return f"/functions/{self.id}"

    @property
    def api(self) -> str:
        return f"/v1/functions/{self.id}"

    def taught(self) -> "Pets":
        for label, texts in (("cat", CATS), ("dog", DOGS)):
            for text in texts:
                self.teach(text, label)
        return self

    def teach(self, text: str, label: str | None = None) -> None:
        body = {"data": text} | ({"annotation": {"labelName": label}} if label else {})
        assert self.http.post(f"{self.api}/samples", json=body).status_code == 200

    def trained(self) -> "Pets":
        self.taught()
        wait_for(lambda: self.models() and not self.busy(), what="training")
        return self

    def busy(self) -> bool:
        return bool(self.http.get(f"/v0.9/functions/{self.id}/metrics").json()["isTraining"])

    def models(self) -> list[dict[str, object]]:
        return list(self.http.get(f"{self.api}/models").json())

    def captured(self, texts: list[str]) -> "Pets":
        """Call with each text; every call is captured."""
        self.http.put(f"{self.api}/capture", json={"budgetPerDay": 1_000_000})
        for text in texts:
            assert self.http.post(f"{self.api}/invoke", json={"data": text}).status_code == 200
        return self

    def samples(self, **filters: str) -> list[dict[str, object]]:
        return list(self.http.get(f"{self.api}/samples", params=filters).json())

    def label_of(self, text: str) -> str | None:
        """The name of the label that the sample with this text has."""
        names = {label["id"]: label["name"] for label in self.http.get(f"{self.api}/labels").json()}
        for sample in [
            *self.samples(searchText=text),
            *self.samples(origin="InvokeCapture", searchText=text),
        ]:
            if sample["data"] == text and (annotation := sample.get("annotation")):
                return str(names[annotation["labelId"]])  # type: ignore[index]
        return None


@pytest.fixture
def new_function(http: httpx.Client) -> Callable[..., Pets]:
    def new(name: str = "pets", labels: tuple[str, ...] = ("cat", "dog")) -> Pets:
        made = http.post("/v1/functions", json={"name": name, "input": "Text", "output": "Classification"})
        for label in labels:
            assert (
                http.post(f"/v1/functions/{made.json()['id']}/labels", json={"name": label}).status_code
                == 200
            )
        return Pets(http, made.json()["id"])

    return new


@pytest.fixture
def pets(new_function: Callable[..., Pets]) -> Pets:
    """A fresh function with the labels cat and dog."""
    return new_function()
