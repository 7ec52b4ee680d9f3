"""Image functions over HTTP, from the first picture to a captured one that is labelled."""

import base64
import io
from collections.abc import Callable, Iterator

import httpx
import pytest
from pictures import picture
from PIL import Image
from running_server import RunningServer, wait_for

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif", "BMP": "image/bmp",
         "TIFF": "image/tiff", "AVIF": "image/avif"}  # fmt: skip


def data_uri(file: bytes, said: str = "image/jpg") -> str:
    return f"data:{said};base64,{base64.b64encode(file).decode()}"


@pytest.fixture(scope="module", params=["sqlite and a folder", "postgres and an object store"])
def server(
    request: pytest.FixtureRequest,
    new_loopback_address: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningServer]:
    environment = {}
    if request.param.startswith("postgres"):
        environment["NORIA_DATABASE"] = request.getfixturevalue("module_postgres_url")
        environment["NORIA_BLOBS"] = request.getfixturevalue("object_store").url()
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data"), environment).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@pytest.fixture(scope="module")
def images(http: httpx.Client) -> Iterator[str]:
    """The path of an image function with two labels."""
    made = http.post(
        "/v1/functions", json={"name": "tints", "input": "Image", "output": "Classification"}
    ).json()
    path = f"/v1/functions/{made['id']}"
    for name in ("red", "blue"):
        http.post(f"{path}/labels", json={"name": name})
    yield path
    http.delete(path)


@pytest.fixture(scope="module")
def trained(http: httpx.Client, images: str) -> str:
    for seed in range(4):
        for tint in ("red", "blue"):
            body = {"data": data_uri(picture(tint, seed)), "annotation": {"labelName": tint}}
            assert http.post(f"{images}/samples", json=body).status_code == 200
    asked = {"data": data_uri(picture("red", 1000))}
    wait_for(lambda: http.post(f"{images}/invoke", json=asked).status_code == 200, what="a first version")
    return images


def test_it_says_what_it_takes(http: httpx.Client, images: str) -> None:
    assert http.get(images).json()["input"] == "Image"


def test_without_a_model_it_says_what_is_missing(http: httpx.Client) -> None:
    made = http.post(
        "/v1/functions", json={"name": "new", "input": "image", "output": "classification"}
    ).json()
    path = f"/v1/functions/{made['id']}"
    http.post(f"{path}/labels", json={"name": "red"})
    answer = http.post(f"{path}/invoke", json={"data": data_uri(picture("red"))})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_trained")
    assert "annotated images" in answer.json()["message"]


@pytest.mark.parametrize("kind", TYPES)
def test_every_kind_of_file_is_answered(http: httpx.Client, trained: str, kind: str) -> None:
    for tint in ("red", "blue"):
        answer = http.post(f"{trained}/invoke", json={"data": data_uri(picture(tint, 99, kind))})
        assert answer.json()["labelName"] == tint, answer.text


@pytest.mark.parametrize(
    "said", ["image/jpg", "application/octet-stream", "text/html", "image/png;charset=x"]
)
def test_a_data_uri_is_known_by_its_bytes(http: httpx.Client, trained: str, said: str) -> None:
    assert (
        http.post(f"{trained}/invoke", json={"data": data_uri(picture("red", 98), said)}).status_code == 200
    )


@pytest.mark.parametrize("name", ["data", "file", "image", "fileName", "filename", "anything"])
def test_the_first_file_of_a_form_is_the_picture(http: httpx.Client, trained: str, name: str) -> None:
    files = {name: ("x.txt", picture("blue", 97), "text/plain")}
    assert http.post(f"{trained}/invoke", files=files).json()["labelName"] == "blue"


def test_a_form_carries_label_and_external_id(http: httpx.Client, trained: str) -> None:
    labels = {label["name"]: label["id"] for label in http.get(f"{trained}/labels").json()}
    for seed, fields in enumerate(
        ({"annotation.labelName": "red"}, {"labelName": "red"}, {"labelId": labels["red"]})
    ):
        form = {**fields, "externalId": f"form-{seed}"}
        made = http.post(f"{trained}/samples", files={"data": picture("red", 50 + seed)}, data=form).json()
        assert made["annotation"]["labelId"] == labels["red"]
        assert made["externalId"] == f"form-{seed}"


def test_a_picture_that_is_there_gives_its_id(http: httpx.Client, trained: str) -> None:
    first = http.post(f"{trained}/samples", files={"data": picture("red", 60)}).json()
    twin = http.post(f"{trained}/samples", json={"data": data_uri(picture("red", 60))})
    assert (twin.status_code, twin.json()["existingSampleId"]) == (409, first["id"])


def test_the_data_of_a_sample_is_an_address_that_needs_no_token(http: httpx.Client, trained: str) -> None:
    file = picture("red", 61, "JPEG")
    made = http.post(f"{trained}/samples", files={"data": file}).json()
    listed = next(s for s in http.get(f"{trained}/samples").json() if s["id"] == made["id"])
    for given in (made, listed, http.get(f"{trained}/samples/{made['id']}").json()):
        assert given["data"].startswith("http://")
        answer = httpx.get(given["data"], trust_env=False)
        assert answer.content == file
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]


def test_without_its_signature_a_file_stays_closed(http: httpx.Client, trained: str) -> None:
    sample = http.get(f"{trained}/samples?batchSize=1").json()[0]
    address = httpx.URL(sample["data"])
    other = http.get(f"{trained}/samples?batchSize=2").json()[1]["id"]
    signed = address.params
    for path, params in (
        (address.path, {}),
        (address.path, {**signed, "signature": "0" * 40}),
        (address.path, {**signed, "side": "160"}),
        (address.path, {**signed, "until": str(int(signed["until"]) + 1)}),
        (address.path.replace(sample["id"], other), dict(signed)),
    ):
        answer = httpx.get(address.copy_with(path=path, query=None), params=params, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


def test_a_sample_without_its_data_has_no_address(http: httpx.Client, trained: str) -> None:
    assert "data" not in http.get(f"{trained}/samples?includeData=false").json()[0]


def test_a_captured_picture_is_listed_and_labelled(http: httpx.Client, trained: str) -> None:
    http.put(f"{trained}/capture", json={"budgetPerDay": 1_000_000})
    file = picture("blue", 70)
    ids = {http.post(f"{trained}/invoke", files={"f": file}).json()["sampleId"] for _ in range(30)}
    (queued,) = [i for i in http.get(f"{trained}/capture/queue").json()["items"] if i["sampleId"] in ids]
    assert httpx.get(queued["data"], trust_env=False).content == file
    done = http.put(f"{trained}/samples/{queued['sampleId']}/annotation", json={"labelName": "blue"})
    assert done.status_code == 200
    assert httpx.get(queued["data"], trust_env=False).content == file


def test_feedback_on_a_picture_keeps_it(http: httpx.Client, trained: str) -> None:
    http.put(f"{trained}/capture", json={"budgetPerDay": 0})
    file = picture("blue", 71)
    sample_id = http.post(f"{trained}/invoke", files={"f": file}).json()["sampleId"]
    assert http.post(f"{trained}/samples/{sample_id}/feedback", json={"labelName": "red"}).status_code == 200
    kept = http.get(f"{trained}/samples/{sample_id}").json()
    assert httpx.get(kept["data"], trust_env=False).content == file


@pytest.mark.parametrize(
    "data", ["no image", "data:image/png;base64,????", "data:image/png,abc", "", 5, None, ["x"]]
)
def test_what_is_no_picture_is_refused_in_words(http: httpx.Client, trained: str, data: object) -> None:
    answer = http.post(f"{trained}/invoke", json={"data": data})
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_an_address_is_not_fetched_unless_that_is_switched_on(http: httpx.Client, trained: str) -> None:
    answer = http.post(f"{trained}/invoke", json={"data": "http://127.0.0.1/x.png"})
    assert answer.status_code == 400
    assert "fetches no addresses" in answer.json()["message"]


def test_a_text_function_refuses_a_file(http: httpx.Client, path: str) -> None:
    answer = http.post(f"{path}/invoke", files={"data": picture("red")})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")


def test_capture_can_be_declined_in_a_form(http: httpx.Client, trained: str) -> None:
    http.put(f"{trained}/capture", json={"budgetPerDay": 1_000_000})
    before = http.get(f"{trained}/capture").json()["captured"]
    for seed in range(20):
        http.post(f"{trained}/invoke", files={"f": picture("red", 200 + seed)}, data={"capture": "false"})
    assert http.get(f"{trained}/capture").json()["captured"] == before


def test_a_preview_is_small_and_of_a_kind_that_browsers_show(
    http: httpx.Client, server, trained: str
) -> None:
    from noria.serving.links import Links
    from noria.storage import open_storage

    made = http.post(f"{trained}/samples", files={"data": picture("red", 80, "TIFF", side=600)}).json()
    storage = open_storage(server.database_url)
    path = Links(storage).path(trained.split("/")[-1], made["id"], 160)
    storage.close()
    answer = httpx.get(f"{server.url}{path}", trust_env=False)
    assert answer.headers["content-type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(answer.content)).size) == 160
