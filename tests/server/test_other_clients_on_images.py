"""The requests that public clients of Nyckel make with pictures. Each is written down from the client's source."""

import base64
import io

import httpx
import pytest
import requests
from other_clients import EdenAi, Gonyckel, ok
from PIL import Image
from running_server import RunningServer, wait_for


def picture(red: int) -> bytes:
    """A small JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (red, 90, 255 - red)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def pictures(http: httpx.Client) -> str:
    """Where an image function is, with the labels red and blue."""
    made = http.post("/v1/functions", json={"name": "pictures", "input": "Image", "output": "Classification"})
    path = f"/v1/functions/{ok(made)['id']}"
    for name in ("red", "blue"):
        http.post(f"{path}/labels", json={"name": name})
    for name, shades in (("red", (230, 220)), ("blue", (30, 40))):
        for shade in shades:
            ok(http.post(f"{path}/samples", files={"data": picture(shade)}, data={"labelName": name}))
    until_it_answers(http, path)
    return path


def until_it_answers(http: httpx.Client, path: str) -> None:
    asked = {"files": {"data": picture(128)}, "params": {"capture": "false"}}
    wait_for(lambda: http.post(f"{path}/invoke", **asked).status_code == 200, what="a first version")


def is_image(data: str) -> bool:
    """Whether clients know this for an image: an address or a data URI."""
    return data.startswith(("http://", "https://", "data:image"))


@pytest.mark.parametrize("file_last", [True, False])
def test_gonyckel_on_pictures(gonyckel: Gonyckel, http: httpx.Client, pictures: str, file_last: bool) -> None:
    red, blue = (label["id"] for label in http.get(f"{pictures}/labels").json())
    parts = {"labelName": "red", "externalId": "first"}
    made = gonyckel.file(f"{pictures}/samples", parts, picture(250), file_last, gonyckel.SAMPLE)
    assert (made["annotation"]["labelId"], made["externalId"]) == (red, "first")
    assert is_image(made["data"])
    made = gonyckel.file(f"{pictures}/samples", {"labelId": blue}, picture(5), file_last, gonyckel.SAMPLE)
    assert made["annotation"]["labelId"] == blue
    http.put(f"{pictures}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(10):
        parts = {"capture": "false", "externalId": f"asked {i}"}
        answer = gonyckel.file(f"{pictures}/invoke", parts, picture(100 + i), file_last, gonyckel.ANSWER)
        assert answer["labelId"] in {red, blue}
    assert http.get(f"{pictures}/samples?origin=InvokeCapture").json() == []


def test_eden_ai_on_pictures(eden: EdenAi) -> None:
    project = eden.create_project("Image")
    for name, red in (("red", 250), ("red", 240), ("blue", 5), ("blue", 15)):
        eden.create_label(project, name)
        made = eden.session.post(
            f"{eden.functions}/{project}/samples", files={"data": ("a picture.jpg", picture(red))},
            data={"annotation.labelName": name},
        )  # fmt: skip
        assert "annotation" in ok(made)
    named = eden.session.post(
        f"{eden.functions}/{project}/samples", files={"data": picture(99)}, data={"externalId": "mine"}
    )
    assert ok(named)["externalId"] == "mine"
    found = ok(eden.session.get(f"{eden.functions}/{project}/samples?externalId=mine"))
    assert is_image(found[0]["data"])
    invoke = f"{eden.functions}/{project}/invoke"
    wait_for(
        lambda: eden.session.post(invoke, files={"data": picture(128)}).status_code == 200, what="a version"
    )
    answer = eden.session.post(invoke, files={"data": picture(251)})
    assert ok(answer)["labelName"] in {"red", "blue"}


def test_the_benchmark_uploads_and_invokes(
    session: requests.Session, server: RunningServer, pictures: str, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for name, red in (("red", 250), ("blue", 5)):
        made = session.post(
            f"{server.url}{pictures}/samples", headers=headers, files={"data": picture(red)},
            data={"annotation.labelName": name},
        )  # fmt: skip
        assert "annotation" in ok(made)
    answer = ok(session.post(f"{server.url}{pictures}/invoke", headers=headers, files={"data": picture(249)}))
    assert answer.keys() >= {"labelName", "confidence"}


@pytest.mark.parametrize("part", ["data", "file", "image", "fileName", "filename"])
def test_a_picture_is_taken_whatever_its_part_is_called(
    plain: httpx.Client, pictures: str, token: str, part: str
) -> None:
    files = {part: ("blob", picture(200), "application/octet-stream")}
    answer = plain.post(f"{pictures}/invoke", files=files, headers={"Authorization": f"Bearer {token}"})
    assert ok(answer)["labelName"] in {"red", "blue"}


@pytest.mark.parametrize("media_type", ["application/octet-stream", "image/jpg", "image/png"])
def test_the_c_sharp_example_on_a_picture(
    plain: httpx.Client, pictures: str, token: str, media_type: str
) -> None:
    data = f"data:{media_type};base64,{base64.b64encode(picture(200)).decode()}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
    chunks = (part.encode() for part in ('{"data":"', data, '"}'))
    assert ok(plain.post(f"{pictures}/invoke", content=chunks, headers=headers))["labelId"]


def test_pipedream_on_a_picture(plain: httpx.Client, pictures: str, token: str) -> None:
    files = {"data": ("1.jpg", picture(200), "image/jpeg")}
    query = {"labelCount": 2, "includeMetadata": "false", "capture": "true", "externalId": "mine"}
    answer = plain.post(
        f"{pictures}/invoke", params=query, files=files, headers={"Authorization": f"Bearer {token}"}
    )
    assert (ok(answer)["externalId"], len(ok(answer)["labelConfidences"])) == ("mine", 2)


def test_eden_ai_searches_pictures(eden: EdenAi, session: requests.Session, server: RunningServer) -> None:
    """Its image search: upload, get, list, delete and find by name, which is the externalId."""
    made = ok(session.post(eden.functions, json={"input": "Image", "output": "Search", "name": "eden"}))
    project = made["id"].partition("_")[2]
    samples = f"{eden.functions}/{project}/samples"
    for name, shade in (("crimson.jpg", 240), ("scarlet.jpg", 220), ("navy.jpg", 20)):
        ok(session.post(samples, files={"data": picture(shade)}, data={"externalId": name}))
    (kept,) = ok(session.get(f"{samples}?externalId=navy.jpg"))
    assert requests.get(kept["data"], timeout=5).content == picture(20)
    listed = ok(session.get(f"{samples}?batchSize=1000"))
    assert sorted(each["externalId"] for each in listed) == ["crimson.jpg", "navy.jpg", "scarlet.jpg"]
    place = f"{server.url}/v0.9/functions/{project}/search?sampleCount=2"
    found = ok(session.post(place, files={"data": picture(239)}))["searchSamples"]
    scores = {each["externalId"]: 1.0 - each["distance"] for each in found}
    assert list(scores) == ["crimson.jpg", "scarlet.jpg"]
    assert 0.9 < scores["scarlet.jpg"] < scores["crimson.jpg"] <= 1
    assert session.delete(f"{samples}?externalId=crimson.jpg").status_code == 200
    found = ok(session.post(place, files={"data": picture(239)}))["searchSamples"]
    assert [each["externalId"] for each in found] == ["scarlet.jpg", "navy.jpg"]
