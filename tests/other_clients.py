"""Clients of Nyckel by others, as far as tests call through them: how they send, and what they take for an answer."""

import json
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
import requests
from running_server import RunningServer


def ok(answer: httpx.Response | requests.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


class Gonyckel:
    """The calls of the Go client; like Go, it takes no value of another type than the one declared."""

    LABEL: ClassVar[dict[str, type]] = {"id": str, "name": str, "description": str, "metadata": str}
    FUNCTION: ClassVar[dict[str, type]] = {"id": str, "name": str, "input": str, "output": str}
    SAMPLE: ClassVar[dict[str, type]] = {
        "id": str,
        "data": str,
        "externalId": str,
        "annotation": dict,
        "prediction": dict,
    }
    ANSWER: ClassVar[dict[str, type]] = {"labelName": str, "labelId": str, "confidence": float}

    def __init__(self, plain: httpx.Client, server: RunningServer) -> None:
        self.plain = plain
        form = {
            "client_id": server.client_id, "client_secret": server.client_secret,
            "grant_type": "client_credentials",
        }  # fmt: skip
        token = self._decoded(self._form("/connect/token", form, {}), {"token_type": str, "scope": str})
        assert float(token["expires_in"]) > 0
        self.authorization = {"Authorization": f"{token['token_type']} {token['access_token']}"}

    def create_function(self, name: str, input: str = "Text") -> dict[str, Any]:
        form = {"input": input, "name": name, "output": "Classification"}
        return self._decoded(self._form("/v1/functions", form, self.authorization), self.FUNCTION)

    def json(self, verb: str, place: str, body: dict[str, Any], kinds: dict[str, type]) -> Any:
        content = json.dumps(body, separators=(",", ":")) + "\n"  # as Go's encoder writes it
        headers = self.authorization | {"Content-Type": "application/json"}
        return self._decoded(self.plain.request(verb, place, content=content, headers=headers), kinds)

    def read(self, place: str, kinds: dict[str, type]) -> Any:
        return self._decoded(self.plain.get(place, headers=self.authorization), kinds)

    def delete(self, place: str) -> None:
        answer = self.plain.delete(place, headers=self.authorization)
        assert answer.status_code == 200
        assert answer.content == b""  # it has nowhere to put a body, and fails

    def file(
        self, place: str, parts: dict[str, str], image: bytes, file_last: bool, kinds: dict[str, type]
    ) -> Any:
        """Its forms with a file: the file's part is called filename, and the order is that of a map in Go, any."""
        fields: list[Any] = [(name, (None, value)) for name, value in parts.items()]
        file = ("filename", ("pictures/1.jpg", image, "application/octet-stream"))
        files = [*fields, file] if file_last else [file, *fields]
        return self._decoded(self.plain.post(place, files=files, headers=self.authorization), kinds)

    def _form(self, place: str, form: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        return self.plain.post(place, content=urlencode(sorted(form.items())), headers=headers)

    @staticmethod
    def _decoded(answer: httpx.Response, kinds: dict[str, type]) -> Any:
        content = ok(answer)
        for each in content if isinstance(content, list) else [content]:
            for name, kind in kinds.items():
                assert each.get(name) is None or isinstance(each[name], kind), name
        return content


class EdenAi:
    """The calls of edenai-apis; it goes by `status_code >= 400` and by words in messages."""

    def __init__(self, session: requests.Session, server: RunningServer) -> None:
        pair = {"client_id": server.client_id, "client_secret": server.client_secret}
        form = pair | {"grant_type": "client_credentials"}
        given = ok(session.post(f"{server.url}/connect/token", data=form))
        assert given["expires_in"] > 600
        session.headers.update({"authorization": "Bearer " + given["access_token"]})
        self.session, self.functions = session, f"{server.url}/v1/functions"

    def create_project(self, input: str) -> str:
        body = {"input": input, "output": "Classification", "name": "eden"}
        made = ok(self.session.post(self.functions, json=body))
        del made["projectId"]  # it takes this for granted
        return str(made["id"])

    def create_label(self, project: str, name: str) -> None:
        answer = self.session.post(
            f"{self.functions}/{project}/labels", json={"name": name, "description": ""}
        )
        assert answer.status_code < 400 or "already exists" in answer.json().get("message", "")
