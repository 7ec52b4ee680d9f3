"""Two servers on one data folder: what is done through one is seen by the other, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
from running_server import wait_for
from server.two_servers import Pair, Pets

from noria.records.client import Scope
from noria.serving.auth import Auth
from noria.serving.sign_ins import SignIns
from noria.storage import Storage, open_storage


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "sqlite":
        return {}
    return {"NORIA_DATABASE": request.getfixturevalue("module_postgres_url")}


@pytest.fixture(scope="module")
def pair(
    environment: dict[str, str],
    new_loopback_address: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    pair = Pair.start(new_loopback_address, tmp_path_factory.mktemp("data"), environment)
    yield pair
    pair.stop()


@pytest.fixture
def storage(pair: Pair, environment: dict[str, str]) -> Iterator[Storage]:
    """The database of both, as the command line opens it."""
    storage = open_storage(environment.get("NORIA_DATABASE") or f"sqlite:///{pair.one.data}/noria.db")
    yield storage
    storage.close()


@pytest.fixture
def pets(pair: Pair) -> Pets:
    return Pets.new(pair)


@pytest.fixture
def trained(pets: Pets) -> Pets:
    """A version of all that was taught answers at both."""
    pets.taught()
    wait_for(lambda: pets.models() and not pets.busy(), 60, "training")
    newest = pets.models()[0]["id"]
    for http in both(pets.pair):
        live = lambda http=http: pets.ask(http, "meow", capture="false").get("modelId") == newest  # noqa: E731
        wait_for(live, what="the version")
    return pets


def both(pair: Pair) -> tuple[httpx.Client, httpx.Client]:
    return pair.here, pair.there


# --- what is taught through one


def test_what_one_is_taught_the_other_answers(pair: Pair, pets: Pets) -> None:
    assert "modelId" not in pets.ask(pair.there, "meow")
    pets.taught()
    for http in both(pair):
        wait_for(lambda http=http: "modelId" in pets.ask(http, "meow meow purr"), 60, "a version")
        assert pets.ask(http, "meow meow purr")["labelName"] == "cat"
        assert pets.ask(http, "bark woof")["labelName"] == "dog"


def test_a_label_deleted_at_one_is_no_longer_answered_by_the_other(pair: Pair, trained: Pets) -> None:
    assert trained.ask(pair.there, "meow meow purr")["labelName"] == "cat"
    assert pair.here.delete(f"{trained.path}/labels/{trained.labels['cat']}").status_code == 200
    wait_for(
        lambda: trained.ask(pair.there, "meow meow purr")["labelName"] != "cat", what="its disappearance"
    )


def test_a_roll_back_at_one_is_answered_by_the_other(pair: Pair, trained: Pets) -> None:
    first = trained.models()[-1]["id"]
    trained.teach(pair.there, "one more bark of a dog", "dog")
    wait_for(lambda: trained.models()[0]["id"] != first and not trained.busy(), 60, "another version")
    assert pair.here.put(f"{trained.path}/models/live", json={"modelId": first}).status_code == 200
    assert trained.ask(pair.here, "meow")["modelId"] == first
    wait_for(lambda: trained.ask(pair.there, "meow")["modelId"] == first, what="the roll back")


def test_a_function_deleted_at_one_is_gone_at_the_other(pair: Pair, pets: Pets) -> None:
    pets.ask(pair.there, "meow")
    assert pair.here.delete(pets.path).status_code == 200
    gone = lambda: pair.there.post(f"{pets.path}/invoke", json={"data": "meow"}).status_code == 404  # noqa: E731
    wait_for(gone, what="its disappearance")


def test_the_same_text_sent_to_both_at_once_is_one_sample(pair: Pair, pets: Pets) -> None:
    def send(http: httpx.Client, text: str) -> httpx.Response:
        return http.post(f"{pets.path}/samples", json={"data": text})

    with ThreadPoolExecutor(2) as threads:
        for number in range(10):
            text = f"text {number}"
            answers = list(threads.map(send, both(pair), (text, text)))
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            new, twin = sorted(answers, key=lambda answer: answer.status_code)
            assert twin.json()["existingSampleId"] == new.json()["id"]


# --- captures


def capture_everything(pair: Pair, pets: Pets) -> None:
    pair.here.put(f"{pets.path}/capture", json={"budgetPerDay": 1_000_000, "shares": {"Random": 1.0}})
    seen = lambda: pair.there.get(f"{pets.path}/capture").json()["budgetPerDay"] == 1_000_000  # noqa: E731
    wait_for(seen, what="the settings")


def test_captures_and_sums_of_both_add_up(pair: Pair, trained: Pets) -> None:
    capture_everything(pair, trained)
    calls = 40

    def ask(http: httpx.Client) -> list[str]:
        name = str(http.base_url)
        return [
            str(trained.ask(http, f"bark or meow {number} at {name}")["sampleId"]) for number in range(calls)
        ]

    with ThreadPoolExecutor(2) as threads:
        answered = {id for ids in threads.map(ask, both(pair)) for id in ids}
    for http in both(pair):
        counted = lambda http=http: http.get(f"{trained.path}/capture").json()["invokes"] == 2 * calls  # noqa: E731
        wait_for(counted, what="the sums")
    state = pair.here.get(f"{trained.path}/capture").json()
    listed = pair.there.get(f"{trained.path}/samples", params={"origin": "InvokeCapture"}).json()
    assert state["captured"] == state["openCaptures"] == len(listed)
    assert {sample["id"] for sample in listed} <= answered
    assert pair.here.get(f"{trained.path}/live").json()["calls"] == 2 * calls
    assert state == pair.there.get(f"{trained.path}/capture").json()


@pytest.fixture
def open_items(pair: Pair, pets: Pets) -> int:
    """How many items wait to be labelled, of calls at both servers."""
    capture_everything(pair, pets)
    for number in range(60):
        pets.ask(pair.here if number % 2 else pair.there, f"something {number}")
    items = int(pair.here.get(f"{pets.path}/capture").json()["open"])
    assert items > 10
    return items


def token_of(client_id: str, secret: str, http: httpx.Client) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return {"Authorization": f"Bearer {http.post('/connect/token', data=form).json()['access_token']}"}


def test_no_item_is_given_to_two_people(pair: Pair, pets: Pets, open_items: int, storage: Storage) -> None:
    def work_off(name: str, http: httpx.Client) -> list[str]:
        client, secret = Auth(storage).new_client(name, Scope.ANNOTATE)
        me, mine = token_of(client.id, secret, http), []
        while True:
            answer = http.get(f"{pets.path}/capture/queue", params={"count": 3}, headers=me)
            got = [item["sampleId"] for item in answer.json()["items"]]
            mine += [id for id in got if id not in mine]
            for id in got:
                http.put(f"{pets.path}/samples/{id}/annotation", json={"labelName": "cat"}, headers=me)
            if not got:
                return mine

    with ThreadPoolExecutor(4) as threads:
        names, servers = ("ann", "bob", "cat", "dan"), both(pair) * 2
        served = [id for mine in threads.map(work_off, names, servers) for id in mine]
    assert len(served) == len(set(served)) == open_items


def test_what_is_answered_at_one_leaves_the_queue_of_the_other(
    pair: Pair, pets: Pets, open_items: int
) -> None:
    (item, *_) = pair.here.get(f"{pets.path}/capture/queue").json()["items"]
    answered = pair.there.put(f"{pets.path}/samples/{item['sampleId']}/annotation", json={"labelName": "cat"})
    assert answered.status_code == 200
    for http in both(pair):
        assert http.get(f"{pets.path}/capture").json()["open"] == open_items - 1
        items = http.get(f"{pets.path}/capture/queue", params={"count": 50}).json()["items"]
        assert item["sampleId"] not in {each["sampleId"] for each in items}


# --- who may


def test_a_client_revoked_at_one_is_refused_by_the_other(pair: Pair, storage: Storage) -> None:
    client, secret = Auth(storage).new_client("robot", Scope.INVOKE)
    token = token_of(client.id, secret, pair.here)
    assert pair.there.get("/v1/functions", headers=token).status_code == 200
    storage.clients.revoke(client.id, datetime.now(UTC))
    for http in both(pair):
        refused = lambda http=http: http.get("/v1/functions", headers=token).status_code == 401  # noqa: E731
        wait_for(refused, what="the refusal")


def test_who_signed_in_at_one_is_known_to_the_other(pair: Pair, storage: Storage) -> None:
    with httpx.Client(trust_env=False) as browser:
        browser.get(SignIns(storage, pair.one.url).link("ada"))
        cookies = dict(browser.cookies)
    page = httpx.get(f"{pair.other.url}/functions", cookies=cookies, trust_env=False)
    assert page.status_code == 200
    assert "ada" in page.text


def test_a_sign_in_link_works_at_one_of_them_only(pair: Pair, storage: Storage) -> None:
    link = SignIns(storage, pair.one.url).link()
    assert httpx.get(link, trust_env=False).status_code == 303
    assert httpx.get(link.replace(pair.one.url, pair.other.url), trust_env=False).status_code == 401


# --- their workers


def test_each_change_is_trained_once(pair: Pair, trained: Pets, storage: Storage) -> None:
    for number in range(3):
        before = len(trained.models())
        trained.teach(pair.there if number % 2 else pair.here, f"meow number {number}", "cat")
        wait_for(lambda before=before: len(trained.models()) > before and not trained.busy(), 60, "a version")
    covered = [version.trained_seq for version in storage.versions.all(trained.id)]
    assert len(covered) == len(set(covered))


def test_when_a_server_is_killed_the_worker_of_the_other_takes_over(pair: Pair, trained: Pets) -> None:
    for killed, left in ((pair.one, pair.there), (pair.other, pair.here)):
        killed.kill()
        before = len(left.get(f"{trained.path}/models").json())
        trained.teach(left, f"bark at {killed.address}", "dog")
        wait_for(
            lambda left=left, before=before: len(left.get(f"{trained.path}/models").json()) > before,
            60,
            "a version",
        )
        killed.start()
